package io.pilothouse.cli;

import io.pilothouse.api.v1.ExplainFrameworkReply;
import io.pilothouse.api.v1.FrameworkView;
import io.pilothouse.api.v1.RoleExplanation;
import io.pilothouse.api.v1.RoleView;
import io.pilothouse.api.v1.TaskView;
import io.pilothouse.api.v1.WithheldAgents;
import io.pilothouse.mesos.v1.Resource;
import io.pilothouse.mesos.v1.Value;

/** A framework, a role and a task as a scheduler tells of them. */
final class OfferViews {
  private OfferViews() {}

  static Resource scalar(String name, double amount) {
    return Resource.newBuilder()
        .setName(name)
        .setType(Value.Type.SCALAR)
        .setScalar(Value.Scalar.newBuilder().setValue(amount))
        .build();
  }

  static FrameworkView.Builder batch() {
    return FrameworkView.newBuilder()
        .setId("m-0001")
        .setName("batch")
        .setUser("job")
        .addRoles("ads/prod")
        .setState("ACTIVE")
        .setSince(1_772_352_000_000L)
        .setTasks(3)
        .setOffers(1)
        .addUsed(scalar("cpus", 1.5))
        .addUsed(scalar("cpus", 1.5))
        .addOffered(scalar("mem", 512));
  }

  static RoleView.Builder prod() {
    return RoleView.newBuilder()
        .setName("ads/prod")
        .setWeight(2)
        .setPriority(1)
        .addGuarantee(scalar("cpus", 4))
        .addLimit(scalar("cpus", 8))
        .addAllocated(scalar("cpus", 3))
        .addReserved(scalar("disk", 100))
        .setShare(0.25)
        .setDominant("cpus")
        .addFrameworks("m-0001");
  }

  static TaskView.Builder t1() {
    return TaskView.newBuilder()
        .setId("t1")
        .setName("sort")
        .setFramework("m-0001")
        .setRole("ads/prod")
        .setMachine("web-03")
        .setAgentId("a1")
        .setState("TASK_RUNNING")
        .setSince(1_772_352_000_000L)
        .addResources(scalar("cpus", 1));
  }

  static ExplainFrameworkReply why() {
    return ExplainFrameworkReply.newBuilder()
        .setFramework(batch())
        .addRoles(
            RoleExplanation.newBuilder()
                .setRole(prod())
                .setRoleRank(2)
                .setRank(1)
                .setFrameworkShare(0.125)
                .addConsumed(scalar("cpus", 3))
                .addHeadroom(scalar("cpus", 1))
                .setOffersEver(17)
                .addWithheld(
                    WithheldAgents.newBuilder()
                        .setRule("NOT_OFFERABLE")
                        .setText("the fleet keeps them back")
                        .setAgents(12)
                        .addReasons("12: its agent is not connected")
                        .setRemedy("ask of each why"))
                .addWithheld(
                    WithheldAgents.newBuilder()
                        .setRule("OTHERS_FIRST")
                        .setText("nothing keeps them back")
                        .setAgents(1)))
        .setLeftOut(4)
        .build();
  }
}
