package io.pilothouse.scheduler.allocator;

import org.junit.jupiter.api.Test;

/** Who gets the next agent. Cases with a name in capitals are those that Mesos was held to. */
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
}
