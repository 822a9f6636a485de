package io.pilothouse.scheduler.allocator;

import static io.pilothouse.scheduler.allocator.Cluster.allocation;
import static org.assertj.core.api.Assertions.assertThat;

import io.pilothouse.scheduler.allocator.resources.Resources;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What was declined is not offered again for a while. Named cases are those of Mesos. */
class FiltersTest {
  private final Cluster cluster = new Cluster();

  private Allocation offered() {
    cluster.framework("fw", "role").agent("a1", "cpus:1;mem:512").givesAllOf("fw", "role", "a1");
    return cluster.only();
  }

  /** OfferFilter. */
  @Test
  void aDeclinedAgentIsOfferedAgainWhenTheTimeIsOver() {
    cluster.declines(offered(), 2000);
    cluster.batch().givesNothing();
    cluster.batch().givesAllOf("fw", "role", "a1");
  }

  /** SmallOfferFilterTimeout. */
  @Test
  void howeverShortItHoldsForTheNextBatch() {
    cluster.framework("fw1", "role").framework("fw2", "role");
    Allocation used = allocation("fw1", "role", "a1", "cpus:1;mem:512");
    cluster.agent("a1", used.resources(), used);
    cluster.agent("a2", "cpus:1;mem:512").gives("fw2 role a2");
    cluster.declines(cluster.only(), 10).later(5000);
    // fw2 has less, but declined it
    cluster.batch().gives("fw1 role a2");
    cluster.declines(cluster.only()).batch().gives("fw2 role a2");
  }

  @Test
  void noTimeMeansNoFilter() {
    cluster.declines(offered(), 0).batch().givesAllOf("fw", "role", "a1");
  }

  @Test
  void aFilterForEverDoesNotOverflow() {
    cluster.later(1_000_000).declines(offered(), Cluster.FOREVER);
    cluster.batch().batch().givesNothing();
  }

  /** ReviveOffers. */
  @Test
  void whoRevivesIsOfferedWhatItDeclined() {
    cluster.declines(offered(), Cluster.FOREVER).batch().givesNothing();
    cluster.allocator.revive("fw", List.of());
    cluster.events().givesAllOf("fw", "role", "a1");
  }

  /** SuppressAndReviveOffers. */
  @Test
  void whoSuppressesIsOfferedNothingUntilItRevives() {
    Allocation offer = offered();
    cluster.allocator.revive("fw", List.of());
    cluster.events().givesNothing();
    cluster.declines(offer);
    cluster.allocator.suppress("fw", List.of());
    cluster.batch().givesNothing();
    cluster.allocator.revive("fw", List.of());
    cluster.events().givesAllOf("fw", "role", "a1");
  }

  /** SuppressAndReviveOffersWithMultiRole. */
  @Test
  void eachRoleIsSuppressedAndRevivedByItself() {
    cluster.framework(Framework.of("fw", "role1", "role2").with(Capability.MULTI_ROLE));
    cluster.allocator.suppress("fw", List.of("role1"));
    cluster.agent("a1", "cpus:2;mem:1024").gives("fw role2 a1");
    cluster.declines(cluster.only());
    cluster.allocator.suppress("fw", List.of("role2"));
    cluster.batch().givesNothing();
    cluster.allocator.revive("fw", List.of("role1"));
    cluster.events().gives("fw role1 a1");
    cluster.declines(cluster.only());
    cluster.allocator.suppress("fw", List.of("role1"));
    cluster.allocator.revive("fw", List.of());
    cluster.events();
    assertThat(cluster.only().framework()).isEqualTo("fw");
  }

  /** RemoveFilters. */
  @Test
  void anAgentOfWhichSomethingElseIsSaidIsOfferedAgain() {
    cluster.declines(offered(), Cluster.FOREVER).batch().givesNothing();
    Agent agent = new Agent("a1", cluster.total("a1"));
    cluster.allocator.updateAgent(agent);
    cluster.events().givesNothing();
    cluster.allocator.updateAgent(agent.with(Agent.Attribute.text("foo", "bar")));
    cluster.events().givesAllOf("fw", "role", "a1");
  }

  @Test
  void onlyWhatIsAPartOfTheDeclinedIsHidden() {
    cluster.framework("fw", "role");
    Allocation half = allocation("fw", "role", "a1", "cpus:1;mem:512");
    cluster.agent("a1", Resources.parse("cpus:2;mem:1024"), half);
    cluster.declines(cluster.only(), Cluster.FOREVER).batch().givesNothing();
    // more is free now than was declined
    cluster.declines(half).batch().givesAllOf("fw", "role", "a1");
    // now it declines both: less is hidden as well
    cluster.declines(cluster.only(), Cluster.FOREVER).batch().givesNothing();
  }

  @Test
  void whatOneDeclinesAnotherIsOffered() {
    cluster.declines(offered(), Cluster.FOREVER);
    cluster.framework("fw2", "role").gives("fw2 role a1");
    cluster.declines(cluster.only(), Cluster.FOREVER).batch().givesNothing();
    cluster.framework("fw3", "other").gives("fw3 other a1");
  }

  @Test
  void severalDifferentDeclinesHoldSideBySide() {
    cluster.framework("fw", "role").agent("a1", "cpus:4;mem:400").givesAllOf("fw", "role", "a1");
    Allocation cpus = allocation("fw", "role", "a1", "cpus:4");
    Allocation mem = allocation("fw", "role", "a1", "mem:400");
    cluster.declines(cpus, 5000).batch().givesNothing();
    Allocation other = allocation("other", "other", "a1", "cpus:4");
    cluster.allocator.addUse(other);
    cluster.declines(mem, 2000).batch().givesNothing();
    cluster.batch().gives("fw", "role", "a1", "mem:400");
    cluster.declines(mem, Cluster.FOREVER);
    cluster.allocator.addUse(allocation("other", "other", "a1", "mem:400"));
    cluster.declines(other).batch().givesNothing();
    cluster.batch().gives("fw", "role", "a1", "cpus:4");
  }

  @Test
  void whoIsDisconnectedForgetsWhatItDeclined() {
    cluster.declines(offered(), Cluster.FOREVER);
    cluster.allocator.deactivateFramework("fw");
    cluster.batch().givesNothing();
    cluster.allocator.activateFramework("fw");
    cluster.events().givesAllOf("fw", "role", "a1");
  }
}
