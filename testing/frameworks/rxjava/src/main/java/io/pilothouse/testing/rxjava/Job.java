package io.pilothouse.testing.rxjava;

import java.util.List;
import org.apache.mesos.v1.Protos.AgentID;
import org.apache.mesos.v1.Protos.CommandInfo;
import org.apache.mesos.v1.Protos.Offer;
import org.apache.mesos.v1.Protos.Resource;
import org.apache.mesos.v1.Protos.TaskID;
import org.apache.mesos.v1.Protos.TaskInfo;
import org.apache.mesos.v1.Protos.Value;

/** A command that is to run once, with half a processor and 64 MiB. */
record Job(String name, String command) {
  private static final double CPUS = 0.5;
  private static final double MEM_MIB = 64;
  private static final String ROLE = "*";

  static Job parse(String argument) {
    int equals = argument.indexOf('=');
    if (equals <= 0) {
      throw new IllegalArgumentException("not NAME=COMMAND: " + argument);
    }
    return new Job(argument.substring(0, equals), argument.substring(equals + 1));
  }

  /** How many of these an offer has room for. Frameworks of the time look at the role, too. */
  static int room(Offer offer) {
    return (int) Math.min(offered(offer, "cpus") / CPUS, offered(offer, "mem") / MEM_MIB);
  }

  private static double offered(Offer offer, String resource) {
    return offer.getResourcesList().stream()
        .filter(each -> each.getName().equals(resource) && each.getRole().equals(ROLE))
        .mapToDouble(each -> each.getScalar().getValue())
        .sum();
  }

  TaskInfo on(AgentID agent) {
    return TaskInfo.newBuilder()
        .setName(name)
        .setTaskId(TaskID.newBuilder().setValue(name))
        .setAgentId(agent)
        .setCommand(CommandInfo.newBuilder().setValue(command))
        .addAllResources(List.of(scalar("cpus", CPUS), scalar("mem", MEM_MIB)))
        .build();
  }

  private static Resource scalar(String resource, double amount) {
    return Resource.newBuilder()
        .setName(resource)
        .setRole(ROLE)
        .setType(Value.Type.SCALAR)
        .setScalar(Value.Scalar.newBuilder().setValue(amount))
        .build();
  }
}
