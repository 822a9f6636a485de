package io.pilothouse.scheduler.allocator;

import static io.pilothouse.scheduler.allocator.Cluster.allocation;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

/** What is missing to guarantees and cannot come from what is free. */
class ShortfallsTest {
  private final Cluster cluster = new Cluster();

  private List<String> lacking() {
    return cluster.allocator.shortfalls().stream()
        .map(each -> each.role() + " " + each.missing())
        .toList();
  }

  private void used(String agent, String framework, String role, String resources) {
    Allocation all = allocation(framework, role, agent, resources);
    cluster.agent(agent, all.resources(), all);
  }

  @Test
  void whatOthersHaveIsMissingAndWhatIsFreeIsNot() {
    cluster.allocator.setQuota("a", Quota.guarantee("cpus:4"));
    cluster.framework("fa", "a").framework("fb", "b");
    used("m1", "fb", "b", "cpus:4;mem:100");
    assertThat(lacking()).containsExactly("a cpus:4");
    cluster.agent("m2", "cpus:3;mem:100").givesAllOf("fa", "a", "m2");
    assertThat(lacking()).containsExactly("a cpus:1");
    cluster.declines(cluster.only());
    assertThat(lacking()).as("it could have it").containsExactly("a cpus:1");
    cluster.offerable("m2", false);
    assertThat(lacking()).as("free where nothing is offered").containsExactly("a cpus:4");
  }

  @Test
  void whoWantsNothingLacksNothing() {
    cluster.allocator.setQuota("a", Quota.guarantee("cpus:4"));
    used("m1", "fb", "b", "cpus:4;mem:100");
    assertThat(lacking()).as("nobody is in it").isEmpty();
    cluster.framework("fa", "a/x");
    assertThat(lacking()).as("somebody below it").containsExactly("a cpus:4");
    cluster.allocator.suppress("fa", List.of());
    assertThat(lacking()).isEmpty();
    cluster.allocator.revive("fa", List.of());
    assertThat(lacking()).containsExactly("a cpus:4");
    cluster.allocator.deactivateFramework("fa");
    assertThat(lacking()).isEmpty();
  }

  @Test
  void whatTheOneBelowLacksIsNotSaidAgainOfTheOneAbove() {
    cluster.allocator.setQuota("a", Quota.guarantee("cpus:6"));
    cluster.allocator.setQuota("a/x", Quota.guarantee("cpus:4"));
    cluster.framework("fa", "a/x");
    used("m1", "fb", "b", "cpus:8;mem:100");
    assertThat(lacking()).containsExactly("a cpus:2", "a/x cpus:4");
  }

  @Test
  void ofTwoThatWaitTheSameIsNotFreeTwice() {
    cluster.allocator.setQuota("a", Quota.guarantee("cpus:2"));
    cluster.allocator.setQuota("b", Quota.guarantee("cpus:2"));
    cluster.framework("fc", "c");
    used("m1", "fc", "c", "cpus:4;mem:100");
    cluster.agent("m2", "cpus:3;mem:100");
    cluster.offerable("m2", false).framework("fa", "a").framework("fb", "b");
    cluster.allocator.setOfferable("m2", java.util.Optional.empty());
    assertThat(lacking()).containsExactly("b cpus:1");
  }
}
