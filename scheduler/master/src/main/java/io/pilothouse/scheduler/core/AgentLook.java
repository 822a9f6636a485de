package io.pilothouse.scheduler.core;

import io.pilothouse.mesos.v1.AgentInfo;
import io.pilothouse.mesos.v1.Attribute;
import io.pilothouse.mesos.v1.Resource;
import io.pilothouse.mesos.v1.master.Response.GetAgents;
import io.pilothouse.scheduler.allocator.Allocation;
import io.pilothouse.scheduler.allocator.resources.Resources;
import io.pilothouse.scheduler.wire.ResourceForm;
import java.util.List;

/**
 * An agent as it was at one moment, to be written later and on another thread.
 *
 * @param used what tasks and executors have of it, each
 */
record AgentLook(
    AgentInfo info,
    List<Attribute> attributes,
    Resources total,
    Resources lent,
    boolean connected,
    boolean offerable,
    String version,
    long registered,
    long reregistered,
    List<Allocation> used,
    List<Offer> offers) {

  static AgentLook of(Agent agent) {
    return new AgentLook(
        agent.info,
        Offering.attributes(agent),
        agent.total,
        agent.lent,
        agent.link != null,
        agent.view != null && agent.view.getOfferable(),
        agent.version,
        agent.registered,
        agent.reregistered,
        agent.allocations().toList(),
        List.copyOf(agent.offers));
  }

  GetAgents.Agent message() {
    List<Resource> all = ResourceForm.FULL.write(total, "");
    AgentInfo own =
        info.toBuilder()
            .clearResources()
            .addAllResources(ResourceForm.FULL.write(total.minus(lent), ""))
            .clearAttributes()
            .addAllAttributes(attributes)
            .build();
    GetAgents.Agent.Builder message =
        GetAgents.Agent.newBuilder()
            .setAgentInfo(own)
            .setActive(connected)
            .setDeactivated(!offerable)
            .setVersion(version)
            .setRegisteredTime(Written.time(registered))
            .addAllTotalResources(all)
            .addAllAllocatedResources(Written.resources(used.stream()))
            .addAllOfferedResources(Written.resources(offers.stream().map(Offer::allocation)));
    if (reregistered > 0) {
      message.setReregisteredTime(Written.time(reregistered));
    }
    return message.build();
  }
}
