package io.pilothouse.scheduler.core;

import io.pilothouse.api.v1.AgentRegister;
import io.pilothouse.api.v1.AgentRegistered;
import io.pilothouse.api.v1.SchedulerMessage;
import io.pilothouse.mesos.v1.TaskState;
import io.pilothouse.mesos.v1.master.Event.AgentAdded;
import io.pilothouse.scheduler.allocator.Allocation;
import io.pilothouse.scheduler.allocator.resources.Resources;
import io.pilothouse.scheduler.wire.AgentForm;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** An agent's first message on a stream: what it is, and what it runs. */
final class Registration {
  private static final Logger log = LoggerFactory.getLogger(Registration.class);

  private final Tables tables;
  private final Roster roster;
  private final Adoption adoption;
  private final Agents agents;
  private final Arrivals arrivals = new Arrivals();

  Registration(Tables tables, Roster roster, Adoption adoption, Agents agents) {
    this.tables = tables;
    this.roster = roster;
    this.adoption = adoption;
    this.agents = agents;
  }

  void register(AgentLink link, AgentRegister register) {
    Optional<String> objection = RegistrationCheck.objection(tables, register);
    if (objection.isPresent()) {
      log.warn("An agent is refused: {}", objection.get());
      tables.outbox.endAgent(link, objection.get());
      return;
    }
    String id = register.getAgent().getId().getValue();
    String machine = register.getAgent().getHostname();
    @Nullable Agent other = tables.byMachine.get(machine);
    if (other != null && !other.id.equals(id)) {
      agents.remove(other, TaskState.TASK_GONE, "the machine was made anew as agent " + id);
    }
    @Nullable Agent agent = tables.agents.get(id);
    boolean added = agent == null;
    if (agent == null) {
      agent = new Agent(register.getAgent(), register.getVersion(), Resources.NONE, tables.now);
      tables.agents.put(id, agent);
      tables.byMachine.put(machine, agent);
      agents.look(agent, tables.now + tables.options.ping());
    } else {
      agents.disconnect(agent, "it has connected again");
      agent.info = register.getAgent();
      agent.version = register.getVersion();
      agent.reregistered = tables.now;
      agent.emptied = false; // what it was told may never have arrived
      tables.inverse.rescind(agent); // frameworks are asked anew
      tables.allocator.removeAgent(id);
    }
    agent.link = link;
    agent.heard = tables.now;
    tables.byLink.put(link, agent);
    agent.view = tables.machines.get(machine);
    roster.arrived(agent);
    agent.lent = Lending.read(agent, register.getOversubscribedList());
    agent.count();
    arrivals.add(agent);
    tables.outbox.toAgent(
        link,
        SchedulerMessage.newBuilder()
            .setRegistered(
                AgentRegistered.newBuilder()
                    .setPingEveryMs(tables.options.ping())
                    .setScheduler(tables.options.master().getId()))
            .build());
    if (agent.record != null
        && agent.record.objection().isEmpty()
        && agent.record.volumes().size() + register.getVolumesCount() > 0) {
      agents.tellVolumes(agent, agent.record.volumes(), List.of());
    }
    adoption.adopt(agent, register);
    List<Allocation> used = agent.used();
    recover(agent, register, used);
    tables.unreachable.remove(id);
    tables.allocator.addAgent(
        AgentForm.of(agent.info, agent.total, Offering.attributes(agent)), used);
    agents.judge(agent);
    agents.setUnavailability(agent);
    if (added && tables.outbox.operatorsListen()) {
      tables.tellOperators(
          io.pilothouse.mesos.v1.master.Event.newBuilder()
              .setType(io.pilothouse.mesos.v1.master.Event.Type.AGENT_ADDED)
              .setAgentAdded(AgentAdded.newBuilder().setAgent(AgentLook.of(agent).message())));
    }
  }

  /** To be called now and then: the log is told of those that came. */
  void note() {
    arrivals.note();
  }

  /** What runs there is not to lose its data because it was forgotten that it is reserved. */
  private void recover(Agent agent, AgentRegister register, List<Allocation> used) {
    Resources unheld = agent.unheld(used);
    if (agent.record == null || unheld.isEmpty() || !agent.record.isReadable()) {
      return;
    }
    log.warn("Agent {} on {} uses what is not written down: {}", agent.id, agent.machine, unheld);
    agent.record.become(
        agent
            .record
            .holdings()
            .recovering(unheld, register.getVolumesList(), () -> tables.nextId("V")));
    agent.count();
  }
}
