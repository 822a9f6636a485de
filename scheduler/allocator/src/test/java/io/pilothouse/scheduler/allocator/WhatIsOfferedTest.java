package io.pilothouse.scheduler.allocator;

import static io.pilothouse.scheduler.allocator.Cluster.allocation;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pilothouse.scheduler.allocator.Agent.Place;
import io.pilothouse.scheduler.allocator.resources.Entry;
import io.pilothouse.scheduler.allocator.resources.Kind;
import io.pilothouse.scheduler.allocator.resources.Quantities;
import io.pilothouse.scheduler.allocator.resources.Resources;
import io.pilothouse.scheduler.allocator.resources.Value;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

/** What of an agent a framework is offered at all. Named cases are those of Mesos. */
class WhatIsOfferedTest {
  private final Cluster cluster = new Cluster();

  // ---- how much

  @Test
  void aRoleHasAsManyLevelsAsFitIntoItsLength() {
    String deep = "a/".repeat(127) + "b";
    cluster.framework("fw", deep);
    cluster.agent("a1", "cpus:1;mem:64").givesAllOf("fw", deep, "a1");
    assertThat(cluster.allocator.roles()).as("it and all above").hasSize(128);
    cluster.allocator.removeFramework("fw");
    cluster.allocator.removeAgent("a1");
    assertThat(cluster.allocator.roles()).as("none is left when nobody has anything").isEmpty();
    String deeper = "a/".repeat(30_000) + "b";
    assertThatThrownBy(() -> Framework.of("fw", deeper))
        .hasMessage("role 'a/a/a/a/a/a/a/a/a/a/…' of 60001 characters: expected at most 255");
    assertThatThrownBy(() -> cluster.allocator.setWeight(deeper, 2))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> cluster.agent("a2", "cpus(" + "a/".repeat(127) + "bb):1;mem:64"))
        .isInstanceOf(IllegalArgumentException.class);
  }

  /** Allocatable. */
  @Test
  void crumbsAreNotOffered() {
    cluster.framework("fw", "role1");
    cluster.agent("a1", "cpus:0.005;mem:16;disk:128").givesNothing();
    cluster.agent("a2", "cpus:0.01;mem:16;disk:128").givesAllOf("fw", "role1", "a2");
    cluster.agent("a3", "cpus:0.005;mem:32;disk:128").givesAllOf("fw", "role1", "a3");
    cluster
        .agent("a4", "cpus:0.015;mem:16;cpus(role1):0.015;mem(role1):16;disk:128")
        .givesAllOf("fw", "role1", "a4");
  }

  /** FrameworkMinAllocatable. */
  @Test
  void aFrameworkSaysItselfHowLittleIsEnough() {
    Framework framework = Framework.of("fw", "role1");
    cluster.framework(framework).agent("a1", "cpus:0.005;mem:16;disk:128").givesNothing();
    cluster.allocator.updateFramework(
        framework.wantingAtLeast("role1", List.of(Quantities.parse("cpus:0.003"))));
    cluster.batch().givesAllOf("fw", "role1", "a1");
  }

  /** FrameworkEmptyMinAllocatable. */
  @Test
  void withAnEmptyMinimumAnythingIsOffered() {
    cluster.framework(Framework.of("fw", "role1").wantingAtLeast("role1", List.of()));
    cluster.agent("a1", "cpus:0.005;mem:16;disk:128").givesAllOf("fw", "role1", "a1");
  }

  @Test
  void theMinimumOfARoleIsNotThatOfAnother() {
    Framework framework = Framework.of("fw", "role1", "role2");
    cluster.framework(
        framework.wantingAtLeast("role1", List.of(Quantities.parse("cpus:8;mem:64"))));
    cluster.agent("a1", "cpus:4;mem:128").gives("fw role2 a1");
  }

  // ---- for whom

  /** Reservations. */
  @Test
  void whatIsReservedIsForItsRoleOnly() {
    cluster.agent("a1", "cpus(role1):2;mem(role1):1024");
    cluster.agent("a2", "cpus(role2):2;mem(role2):1024;cpus:1;mem:1024");
    cluster.agent("a3", "cpus(role3):1;mem(role3):1024");
    cluster
        .framework("fw1", "role1")
        .gives("fw1 role1 a1", "fw1 role1 a2")
        .gives("fw1", "role1", "a2", "cpus:1;mem:1024");
    cluster.framework("fw2", "role2").gives("fw2", "role2", "a2", "cpus(role2):2;mem(role2):1024");
  }

  /** OfferAncestorReservationsToDescendantChild. */
  @Test
  void whatIsReservedForARoleIsForThoseBelowItToo() {
    cluster.framework("fw", "a/b/c");
    cluster.agent("a1", "cpus(a):1;mem(a):512").givesAllOf("fw", "a/b/c", "a1");
    cluster
        .agent("a2", "cpus:2;mem:1024;cpus(a/b):4;mem(a/b):2048")
        .givesAllOf("fw", "a/b/c", "a2");
    cluster.agent("a3", "cpus(ab):1;mem(ab):512").givesNothing();
  }

  /** RecoverResources. */
  @Test
  void whatIsGivenBackIsOfferedAgain() {
    cluster.agent("a1", "cpus(role1):1;mem(role1):200;cpus:1;mem:200");
    cluster.framework("fw", "role1").givesAllOf("fw", "role1", "a1");
    Allocation reserved = allocation("fw", "role1", "a1", "cpus(role1):1;mem(role1):200");
    cluster.declines(reserved).batch();
    assertThat(cluster.only()).isEqualTo(reserved);
    Allocation rest = allocation("fw", "role1", "a1", "cpus:1;mem:200");
    cluster.declines(rest).batch();
    assertThat(cluster.only()).isEqualTo(rest);
  }

  /** FrameworkLoopMESOS_9554. */
  @Test
  void whoCannotTakeAnythingDoesNotKeepTheNextFromIt() {
    Framework refining = Framework.of("fw1", "parent/child");
    cluster.framework(refining.with(Capability.RESERVATION_REFINEMENT));
    cluster.agent("a1", "cpus:1;mem:100").gives("fw1 parent/child a1");
    cluster.framework("fw2", "parent/child").givesNothing();
    cluster
        .agent("a2", "cpus(parent,parent/child):1;mem(parent,parent/child):100")
        .givesAllOf("fw1", "parent/child", "a2");
  }

  /** NonScalarReservationTrackingMESOS_9555. */
  @Test
  void reservedPortsComeAndGoWithTheirAgents() {
    String total = "cpus:1;mem:1;disk:1;ports(role):[1-2]";
    cluster.agent("a1", total).agent("a2", total);
    cluster.allocator.removeAgent("a1");
    cluster.allocator.removeAgent("a2");
    cluster.framework("fw", "role").batch().givesNothing();
  }

  /** DontOfferOldAgentToMultiRoleFramework and UpdateSlaveCapabilities. */
  @Test
  void anAgentThatCannotTellRolesApartIsNotForFrameworksOfSeveral() {
    Agent agent = new Agent("a1", Resources.parse("cpus:1;mem:100"));
    Agent old = new Agent("a1", "a1", agent.total(), List.of(), Optional.empty(), true);
    cluster.framework(Framework.of("fw", "foo").with(Capability.MULTI_ROLE));
    cluster.allocator.addAgent(old, List.of());
    cluster.batch().givesNothing();
    cluster.allocator.updateAgent(agent);
    cluster.events().gives("fw foo a1");
  }

  @Test
  void anAgentOfAnotherRegionIsForThoseWhoKnowOfRegions() {
    Optional<Place> far = Optional.of(new Place("r2", "z1", true));
    Agent agent = new Agent("a1", "a1", Resources.parse("cpus:1;mem:100"), List.of(), far);
    cluster.framework("fw1", "role");
    cluster.allocator.addAgent(agent, List.of());
    cluster.events().givesNothing();
    cluster.framework(Framework.of("fw2", "role").with(Capability.REGION_AWARE));
    cluster.gives("fw2 role a1");
  }

  @Test
  void anAgentWithGpusIsForThoseWhoKnowOfGpus() {
    cluster.framework("fw1", "role").agent("a1", "cpus:4;mem:1024;gpus:1").givesNothing();
    cluster.framework(Framework.of("fw2", "role").with(Capability.GPU_RESOURCES));
    cluster.givesAllOf("fw2", "role", "a1");
  }

  // ---- revocable

  private static Resources revocable(long cpus) {
    return Resources.of(new Entry(Kind.of("cpus").revoke(), new Value.Scalar(cpus * 1000)));
  }

  /** UpdateSlaveOversubscribedResources. */
  @Test
  void revocableResourcesComeAndGo() {
    Resources own = Resources.parse("cpus:100;mem:100;disk:100");
    cluster.agent("a1", own);
    cluster.framework(Framework.of("fw", "role1").with(Capability.REVOCABLE_RESOURCES));
    cluster.givesAllOf("fw", "role1", "a1");
    cluster.allocator.updateAgent(new Agent("a1", own.plus(revocable(10))));
    cluster.events().gives("fw", "role1", "a1", revocable(10));
    cluster.allocator.updateAgent(new Agent("a1", own.plus(revocable(12))));
    cluster.events().gives("fw", "role1", "a1", revocable(2));
    cluster.allocator.updateAgent(new Agent("a1", own.plus(revocable(5))));
    cluster.events().givesNothing();
  }

  /** OversubscribedNotAllocated. */
  @Test
  void revocableResourcesAreForThoseWhoSaySo() {
    Resources own = Resources.parse("cpus:100;mem:100;disk:100");
    cluster.agent("a1", own).framework("fw", "role1").givesAllOf("fw", "role1", "a1");
    cluster.allocator.updateAgent(new Agent("a1", own.plus(revocable(10))));
    cluster.events().givesNothing();
  }

  /** RecoverOversubscribedResources. */
  @Test
  void revocableResourcesGivenBackAreOfferedAgain() {
    Resources own = Resources.parse("cpus:100;mem:100;disk:100");
    cluster.agent("a1", own.plus(revocable(10)));
    cluster.framework(Framework.of("fw", "role1").with(Capability.REVOCABLE_RESOURCES));
    Allocation part =
        new Allocation("fw", "role1", "a1", revocable(6).plus(Resources.parse("cpus:2")));
    cluster.declines(part).batch();
    assertThat(cluster.only()).isEqualTo(part);
  }

  // ---- agents

  /** Whitelist. */
  @Test
  void aWithheldAgentIsNotOfferedUntilItMayBe() {
    cluster.allocator.addAgent(new Agent("a1", Resources.parse("cpus:2;mem:1024")), List.of());
    cluster.offerable("a1", false);
    cluster.framework("fw", "*").batch().givesNothing();
    cluster.offerable("a1", true).gives("fw * a1");
  }

  /** UpdateSlaveTotalResources. */
  @Test
  void anAgentMayHaveLessThanIsAllocatedOnIt() {
    cluster.agent("a1", "cpus:100;mem:100;disk:100").framework("fw", "role1");
    Resources total = cluster.total("a1");
    cluster.allocator.updateAgent(new Agent("a1", total.plus(Resources.parse("cpus:12"))));
    cluster.events().gives("fw", "role1", "a1", "cpus:12");
    Resources half = Resources.parse("cpus:50;mem:50;disk:50");
    cluster.allocator.updateAgent(new Agent("a1", half));
    cluster.events().givesNothing();
    cluster.declines(allocation("fw", "role1", "a1", "cpus:112;mem:100;disk:100"));
    cluster.batch().gives("fw", "role1", "a1", half);
    cluster.allocator.updateAgent(new Agent("a1", total));
    cluster.events().gives("fw", "role1", "a1", half);
  }

  /** AddResourceProviderOverallocated. */
  @Test
  void useThatTurnsUpIsNotOffered() {
    cluster.framework("fw", "role");
    cluster.allocator.deactivateFramework("fw");
    cluster.agent("a1", "cpus:2;mem:200;disk:20");
    cluster.allocator.addUse(allocation("fw", "role", "a1", "cpus:1;mem:100;disk:10"));
    cluster.allocator.activateFramework("fw");
    cluster.batch().gives("fw", "role", "a1", "cpus:1;mem:100;disk:10");
  }

  /** AddAgentWithUnknownFrameworkAndMaintenance. */
  @Test
  void anAgentMayBeBackBeforeTheFrameworksOnIt() {
    Allocation used = allocation("unknown", "role", "a1", "cpus:2;mem:1024");
    cluster.agent("a1", used.resources(), used);
    cluster.allocator.setUnavailability(
        "a1", Optional.of(new Allocator.Unavailability(1_000_000, OptionalLong.empty())));
    assertThat(cluster.allocator.inverseOffers(0)).isEmpty();
    cluster.framework("fw", "role").agent("a2", "cpus:2;mem:1024").gives("fw role a2");
    // it comes back, and has what it had
    cluster.framework("unknown", "role").givesNothing();
    assertThat(cluster.allocator.allocated("unknown", "role", "a1")).isEqualTo(used.resources());
    assertThat(cluster.allocator.inverseOffers(0)).hasSize(1);
    cluster.declines(used).batch().gives("unknown role a1");
  }

  /** DeactivateAndReactivateFramework. */
  @Test
  void whoSuppressedAndWasDisconnectedIsOfferedToAgainOnceItRevives() {
    cluster.agent("a1", "cpus:2;mem:1024").framework("fw", "role1");
    cluster.declines(cluster.only());
    cluster.allocator.suppress("fw", List.of());
    cluster.allocator.deactivateFramework("fw");
    cluster.batch().givesNothing();
    cluster.allocator.activateFramework("fw");
    cluster.events().givesNothing();
    cluster.allocator.revive("fw", List.of());
    cluster.events().givesAllOf("fw", "role1", "a1");
  }

  @Test
  void whatARemovedFrameworkHasIsItsUntilItIsGivenBack() {
    cluster.agent("a1", "cpus:2;mem:1024").framework("fw1", "role1").gives("fw1 role1 a1");
    Allocation late = cluster.only();
    cluster.allocator.removeFramework("fw1");
    cluster.framework("fw2", "role2").batch().givesNothing();
    assertThat(cluster.allocator.roles())
        .filteredOn(each -> each.role().equals("role1"))
        .as("it counts for its role")
        .singleElement()
        .satisfies(each -> assertThat(each.consumed().get("cpus")).isEqualTo(2000));
    cluster.declines(late);
    cluster.batch().gives("fw2 role2 a1");
    // what is told once more changes nothing
    cluster.declines(late);
    assertThat(cluster.allocator.free("a1")).isEqualTo(Resources.NONE);
  }

  @Test
  void aRoleThatAFrameworkLeavesKeepsWhatItHas() {
    Framework framework = Framework.of("fw", "role1");
    cluster.framework(framework).agent("a1", "cpus:2;mem:1024").gives("fw role1 a1");
    cluster.allocator.updateFramework(framework.in(List.of("role2")));
    cluster.agent("a2", "cpus:2;mem:1024").gives("fw role2 a2");
    cluster.declines(allocation("fw", "role1", "a1", "cpus:2;mem:1024"));
    cluster.batch().gives("fw role2 a1");
  }

  @Test
  void whoIsNotKnownIsNamed() {
    assertThatThrownBy(() -> cluster.allocator.suppress("fw", List.of()))
        .hasMessage("unknown framework 'fw'");
    assertThatThrownBy(() -> cluster.allocator.removeAgent("a1")).hasMessage("unknown agent 'a1'");
    cluster.framework("fw", "role1");
    assertThatThrownBy(() -> cluster.allocator.revive("fw", List.of("role2")))
        .hasMessage("framework 'fw' is not in role 'role2': expected one of [role1]");
    assertThatThrownBy(() -> cluster.framework("fw", "role1")).hasMessageStartingWith("framework");
    assertThatThrownBy(() -> cluster.framework("fw2", "a//b"))
        .hasMessageStartingWith("role 'a//b': expected names");
  }

  @Test
  void anAgentThatCannotBeTakenIsNotTakenByHalf() {
    Agent agent = new Agent("a1", Resources.parse("cpus:1;cpus(a//b):1"));
    assertThatThrownBy(() -> cluster.allocator.addAgent(agent, List.of()))
        .hasMessageStartingWith("role 'a//b': expected names");
    Agent sound = new Agent("a1", Resources.parse("cpus:1;mem:64"));
    Allocation used = allocation("fw", "-x", "a1", "cpus:1");
    assertThatThrownBy(() -> cluster.allocator.addAgent(sound, List.of(used)))
        .hasMessageStartingWith("role '-x': expected names");
    cluster.framework("fw", "role").agent("a1", sound.total()).gives("fw role a1");
    assertThat(cluster.allocator.explain("fw", "role", 0).share()).isEqualTo(1);
  }
}
