package io.pilothouse.scheduler.allocator;

import static io.pilothouse.scheduler.allocator.Cluster.allocation;
import static org.assertj.core.api.Assertions.assertThat;

import io.pilothouse.scheduler.allocator.Options.Order;
import io.pilothouse.scheduler.allocator.resources.Resources;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** Who gets the next agent. Cases with a name in front are those that Mesos was held to. */
class FairSharesTest {
  /** UnreservedDRF. */
  @Test
  void anAgentGoesToTheRoleWithTheLowestShareAndInItToTheFrameworkWithTheLowest() {
    Cluster cluster = new Cluster();
    cluster
        .agent("a1", "cpus:2;mem:1024")
        .framework("fw1", "role1")
        .givesAllOf("fw1", "role1", "a1");
    cluster.framework("fw2", "role2").givesNothing();
    cluster.agent("a2", "cpus:1;mem:512").givesAllOf("fw2", "role2", "a2");
    cluster.agent("a3", "cpus:3;mem:2048").givesAllOf("fw2", "role2", "a3");
    cluster.framework("fw3", "role1");
    cluster.agent("a4", "cpus:4;mem:4096").givesAllOf("fw3", "role1", "a4");
    cluster.framework("fw4", "role1");
    // fw4 has nothing, but its role has more than fw2's
    cluster.agent("a5", "cpus:1;mem:512").givesAllOf("fw2", "role2", "a5");
  }

  /** DRFWithFairnessExclusion. */
  @Test
  void aNameThatIsNotSharedChangesNobodysShare() {
    Cluster cluster = new Cluster(Options.DEFAULT.withNotShared(Set.of("gpus")));
    cluster
        .agent("a1", "cpus:2;mem:1024;gpus:1")
        .framework(Framework.of("fw1", "role1").with(Capability.GPU_RESOURCES))
        .givesAllOf("fw1", "role1", "a1");
    cluster.framework("fw2", "role2");
    cluster.agent("a2", "cpus:1;mem:512").givesAllOf("fw2", "role2", "a2");
    cluster.agent("a3", "cpus:3;mem:2048").givesAllOf("fw2", "role2", "a3");
    cluster.framework("fw3", "role1");
    cluster.agent("a4", "cpus:4;mem:4096").givesAllOf("fw3", "role1", "a4");
    cluster.framework("fw4", "role1");
    cluster.agent("a5", "cpus:1;mem:512").givesAllOf("fw2", "role2", "a5");
  }

  /** ReservedDRF. */
  @Test
  void whatIsReservedForARoleCountsAsItsShareWhenItHasIt() {
    Cluster cluster = new Cluster();
    cluster
        .agent("a1", "cpus:1;mem:512;cpus(role1):100;mem(role1):1024")
        .framework("fw1", "role1")
        .givesAllOf("fw1", "role1", "a1");
    cluster.framework("fw2", "role2");
    cluster.agent("a2", "cpus:2;mem:512").givesAllOf("fw2", "role2", "a2");
    cluster.agent("a3", "cpus:2;mem:512").givesAllOf("fw2", "role2", "a3");
    cluster.framework("fw3", "role1");
    cluster.agent("a4", "cpus(role1):2;mem(role1):1024").givesAllOf("fw3", "role1", "a4");
  }

  /** NestedRoleDRF. */
  @Test
  void rolesBelowOneAreServedFromItsShareTogether() {
    Cluster cluster = new Cluster();
    cluster.agent("a1", "cpus:2;mem:1024").framework("fw1", "a/b").givesAllOf("fw1", "a/b", "a1");
    cluster.framework("fw2", "a/c").framework("fw3", "d/e");
    cluster.agent("a2", "cpus:1;mem:512").givesAllOf("fw3", "d/e", "a2");
    cluster.framework("fw4", "d/f");
    cluster.agent("a3", "cpus:2;mem:1024").givesAllOf("fw4", "d/f", "a3");
  }

  /** SameShareFairness. */
  @Test
  void frameworksWithTheSameShareTakeTurns() {
    Cluster cluster = new Cluster();
    cluster.framework("fw1", "*").framework("fw2", "*").agent("a1", "cpus:2;mem:1024");
    Map<String, Integer> offers = new TreeMap<>();
    for (int round = 0; round < 10; round++) {
      Allocation offer = cluster.only();
      offers.merge(offer.framework(), 1, Integer::sum);
      cluster.declines(offer).batch();
    }
    assertThat(offers).isEqualTo(Map.of("fw1", 5, "fw2", 5));
  }

  /** CoarseGrained. */
  @Test
  void anAgentIsNotDividedAmongFrameworks() {
    Cluster cluster = new Cluster();
    cluster.agent("a1", "cpus:2;mem:1024").agent("a2", "cpus:2;mem:1024");
    cluster.framework("fw1", "role1").gives("fw1 role1 a1", "fw1 role1 a2");
    cluster.handedOut().forEach(cluster::declines);
    cluster.framework("fw2", "role2");
    assertThat(agentsByFramework(cluster)).isEqualTo(Map.of("fw1", 1, "fw2", 1));
  }

  /** UpdateWeight. */
  @Test
  void agentsAreSharedInTheProportionOfTheRolesWeights() {
    Cluster cluster = new Cluster();
    for (int i = 1; i <= 6; i++) {
      cluster.agent("a" + i, "cpus:2;mem:1024");
    }
    cluster.framework("fw1", "role1");
    cluster.handedOut().forEach(cluster::declines);
    cluster.allocator.addFramework(Framework.of("fw2", "role2"));
    cluster.batch();
    assertThat(agentsByFramework(cluster)).isEqualTo(Map.of("fw1", 3, "fw2", 3));
    cluster.handedOut().forEach(cluster::declines);
    cluster.allocator.setWeight("role2", 2);
    cluster.events().givesNothing();
    cluster.batch();
    assertThat(agentsByFramework(cluster)).isEqualTo(Map.of("fw1", 2, "fw2", 4));
    cluster.handedOut().forEach(cluster::declines);
    cluster.allocator.setWeight("role3", 3);
    cluster.framework("fw3", "role3");
    assertThat(agentsByFramework(cluster)).isEqualTo(Map.of("fw1", 1, "fw2", 2, "fw3", 3));
  }

  @Test
  void aRoleOfHigherPriorityIsServedWhateverItHas() {
    Cluster cluster = new Cluster();
    cluster.framework("fw1", "batch").framework("fw2", "web");
    cluster.allocator.setPriority("web", 1);
    for (int i = 1; i <= 3; i++) {
      cluster.agent("a" + i, "cpus:2;mem:1024").gives("fw2 web a" + i);
    }
    cluster.allocator.setPriority("web", 0);
    cluster.agent("a4", "cpus:2;mem:1024").gives("fw1 batch a4");
  }

  @Test
  void byLotEverybodyGetsAgentsInTheLongRunByWeight() {
    Cluster cluster = new Cluster(Options.DEFAULT.withOrder(Order.BY_LOT));
    cluster.allocator.setWeight("role2", 3);
    cluster.framework("fw1", "role1").framework("fw2", "role2").agent("a1", "cpus:2;mem:1024");
    cluster.declines(cluster.only());
    Map<String, Integer> offers = new TreeMap<>();
    for (int round = 0; round < 2000; round++) {
      cluster.batch();
      cluster.handedOut().forEach(one -> offers.merge(one.framework(), 1, Integer::sum));
      cluster.handedOut().forEach(cluster::declines);
    }
    assertThat(offers.get("fw2")).isBetween(1400, 1600);
  }

  /** RemoveSlaveRecoverResources. */
  @Test
  void whatWasOnAnAgentThatIsRemovedIsNobodysShareAnyMore() {
    Cluster cluster = new Cluster();
    cluster.agent("a1", "cpus:2;mem:200").framework("fw1", "role").gives("fw1 role a1");
    cluster.framework("fw2", "role").agent("a2", "cpus:1;mem:100").gives("fw2 role a2");
    cluster.allocator.removeAgent("a1");
    cluster.agent("a3", "cpus:1;mem:100").gives("fw1 role a3");
  }

  /** AddResourceProvider. */
  @Test
  void useThatTurnsUpLaterCountsForTheShare() {
    Cluster cluster = new Cluster();
    cluster.framework("fw1", "role1").framework("fw2", "role2");
    cluster.allocator.deactivateFramework("fw1");
    cluster.allocator.deactivateFramework("fw2");
    cluster.agent("a1", "cpus:1;mem:100;disk:10").givesNothing();
    cluster.allocator.updateAgent(new Agent("a1", Resources.parse("cpus:3;mem:300;disk:30")));
    cluster.allocator.addUse(allocation("fw1", "role1", "a1", "cpus:2;mem:200;disk:20"));
    cluster.allocator.activateFramework("fw2");
    cluster.events().gives("fw2", "role2", "a1", "cpus:1;mem:100;disk:10");
    cluster.allocator.activateFramework("fw1");
    cluster.agent("a2", "cpus:1;mem:100;disk:10").gives("fw2 role2 a2");
  }

  private static Map<String, Integer> agentsByFramework(Cluster cluster) {
    Map<String, Integer> agents = new TreeMap<>();
    cluster.handedOut().forEach(one -> agents.merge(one.framework(), 1, Integer::sum));
    return agents;
  }
}
