package io.pilothouse.scheduler.core;

import io.pilothouse.api.v1.AgentPing;
import io.pilothouse.api.v1.AgentRegister;
import io.pilothouse.api.v1.AgentVolume;
import io.pilothouse.api.v1.AgentVolumes;
import io.pilothouse.api.v1.OfferAgent;
import io.pilothouse.api.v1.OfferableMachine;
import io.pilothouse.api.v1.PullOfferableReply;
import io.pilothouse.api.v1.SchedulerMessage;
import io.pilothouse.mesos.v1.TaskState;
import io.pilothouse.mesos.v1.TaskStatus.Reason;
import io.pilothouse.mesos.v1.master.Event.AgentRemoved;
import io.pilothouse.mesos.v1.scheduler.Event;
import io.pilothouse.scheduler.allocator.Allocator.Unavailability;
import io.pilothouse.scheduler.allocator.resources.Resources;
import io.pilothouse.scheduler.validation.ResourceCheck;
import io.pilothouse.scheduler.wire.AgentForm;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.PriorityQueue;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Agents come, come back, fall silent, and are taken by the Device Manager. */
final class Agents implements AgentRecord.Changes {
  private static final Logger log = LoggerFactory.getLogger(Agents.class);

  private final Tables tables;
  private final Offering offering;
  private final Statuses statuses;
  private final Registration registration;
  private final Roster roster;

  /** When each agent is to be looked at next. */
  private final PriorityQueue<Due> due =
      new PriorityQueue<>(Comparator.comparingLong(Due::at).thenComparingLong(Due::number));

  private long numbers;

  private record Due(long at, long number, Agent agent) {}

  Agents(
      Tables tables,
      Offering offering,
      Statuses statuses,
      Frameworks frameworks,
      List<OfferAgent> remembered) {
    this.tables = tables;
    this.offering = offering;
    this.statuses = statuses;
    this.roster = new Roster(tables, remembered, this);
    this.registration =
        new Registration(tables, roster, new Adoption(tables, statuses, frameworks), this);
  }

  void register(AgentLink link, AgentRegister register) {
    registration.register(link, register);
  }

  /** To be called now and then: see {@link Arrivals}. */
  void note() {
    registration.note();
  }

  void detached(AgentLink link) {
    @Nullable Agent agent = tables.byLink.get(link);
    if (agent != null) {
      log.info("Agent {} on {} is disconnected", agent.id, agent.machine);
      tables.byLink.remove(link);
      agent.link = null;
      offering.rescindAll(agent);
      judge(agent);
    }
  }

  void disconnect(Agent agent, String why) {
    @Nullable AgentLink link = agent.link;
    if (link != null) {
      tables.outbox.endAgent(link, why);
      tables.byLink.remove(link);
      agent.link = null;
    }
    offering.rescindAll(agent);
  }

  void look(Agent agent, long at) {
    due.add(new Due(at, numbers++, agent));
  }

  /** Asks the agents whose turn it is whether they live, and gives up those that do not say so. */
  void ask() {
    roster.giveUp();
    while (!due.isEmpty() && due.peek().at() <= tables.now) {
      Agent agent = due.remove().agent();
      if (tables.agents.get(agent.id) != agent) {
        continue;
      }
      if (tables.now - agent.heard >= tables.options.silence()) {
        if (tables.removals.take()) {
          unreachable(agent);
        } else {
          hush(agent);
        }
        continue;
      }
      if (agent.link != null) {
        tables.outbox.toAgent(
            agent.link,
            SchedulerMessage.newBuilder()
                .setPing(AgentPing.newBuilder().setSequence(agent.pings++))
                .build());
      }
      look(agent, tables.now + tables.options.ping());
    }
  }

  /** It is kept without an answer: whatever was offered of it is not any more. */
  private void hush(Agent agent) {
    if (agent.link != null) {
      disconnect(agent, "it does not answer");
      judge(agent);
    }
    look(agent, tables.now + tables.options.ping());
  }

  private void unreachable(Agent agent) {
    long seconds = (tables.now - agent.heard) / 1000;
    tables.unreachable.put(agent.id, tables.now);
    remove(agent, TaskState.TASK_UNREACHABLE, "it has not answered for " + seconds + " s");
  }

  /** Its tasks are UNREACHABLE (and may come back) or GONE. */
  void remove(Agent agent, TaskState state, String why) {
    log.warn("Agent {} on {} is removed: {}", agent.id, agent.machine, why);
    disconnect(agent, why);
    tables.inverse.rescind(agent);
    tables.allocator.removeAgent(agent.id);
    tables.agents.remove(agent.id);
    tables.byMachine.remove(agent.machine, agent);
    for (Task task : agent.tasks()) {
      task.holding = false;
      task.framework.tasks.remove(task.id(), task);
      if (task.isOver()) {
        // when it comes back it tells again what was not acknowledged
        task.framework.complete(task, tables.options.most().completedTasks());
        continue;
      }
      TaskState told = task.framework.orLost(state);
      statuses.tell(
          task,
          told,
          Reason.REASON_AGENT_REMOVED,
          "Agent %s on %s is %s: %s"
              .formatted(
                  agent.id,
                  agent.machine,
                  state == TaskState.TASK_GONE ? "gone" : "unreachable",
                  why));
      task.state = told;
      if (state == TaskState.TASK_UNREACHABLE) {
        task.framework.unreachable.put(task.id(), task);
      } else {
        task.framework.complete(task, tables.options.most().completedTasks());
      }
    }
    if (state != TaskState.TASK_GONE) {
      roster.forgetIfGone(agent.machine);
    }
    for (Framework framework : tables.frameworks.values()) {
      tables.tell(
          framework,
          Event.newBuilder()
              .setType(Event.Type.FAILURE)
              .setFailure(Event.Failure.newBuilder().setAgentId(agent.agentId())));
    }
    tables.tellOperators(
        io.pilothouse.mesos.v1.master.Event.newBuilder()
            .setType(io.pilothouse.mesos.v1.master.Event.Type.AGENT_REMOVED)
            .setAgentRemoved(AgentRemoved.newBuilder().setAgentId(agent.agentId())));
  }

  /** What the Device Manager says of machines. */
  void machines(PullOfferableReply reply) {
    Set<String> gone = new HashSet<>(reply.getGoneList());
    if (reply.getFull()) {
      gone.addAll(tables.machines.keySet());
      reply.getMachinesList().forEach(each -> gone.remove(each.getName()));
    }
    for (String name : gone.stream().sorted().toList()) {
      tables.machines.remove(name);
      view(name, null);
      roster.gone(name);
    }
    for (OfferableMachine each : reply.getMachinesList()) {
      Optional<String> objection = ResourceCheck.objection(each.getResourcesList());
      if (objection.isPresent()) {
        log.error("The Device Manager sets aside on {}: {}", each.getName(), objection.get());
        view(each.getName(), null);
        continue;
      }
      tables.machines.put(each.getName(), each);
      view(each.getName(), each);
    }
  }

  private void view(String machine, @Nullable OfferableMachine view) {
    @Nullable Agent agent = tables.byMachine.get(machine);
    if (agent == null) {
      return;
    }
    boolean sameWindow =
        view != null && agent.view != null && agent.view.getTakenAt() == view.getTakenAt();
    agent.view = view;
    if (view != null) {
      roster.keep(agent);
      Resources before = agent.total;
      agent.count();
      if (!before.equals(agent.total)) {
        offering.rescindAll(agent);
      }
      tables.allocator.updateAgent(
          AgentForm.of(agent.info, agent.total, Offering.attributes(agent)));
    }
    judge(agent);
    if (!sameWindow) {
      tables.inverse.rescind(agent);
      agent.emptied = false;
      setUnavailability(agent);
    }
  }

  void setUnavailability(Agent agent) {
    boolean taken = agent.view != null && agent.view.getTakenAt() > 0;
    tables.allocator.setUnavailability(
        agent.id,
        taken
            ? Optional.of(new Unavailability(agent.view.getTakenAt(), OptionalLong.empty()))
            : Optional.empty());
    tables.taken.remove(agent);
    if (taken) {
      tables.taken.add(agent);
    }
  }

  /** Whether it may be offered; when not, what of it was offered is withdrawn at once. */
  void judge(Agent agent) {
    Optional<String> why = withheld(agent);
    if (why.isPresent()) {
      offering.rescindAll(agent);
    } else if (agent.requireRecord().isPending()) {
      why = Optional.of(AgentRecord.PENDING); // for a moment; what was offered before stays so
    } else {
      tables.allocateSoon = true;
    }
    tables.allocator.setOfferable(agent.id, why);
  }

  @Override
  public void judge(AgentRecord record) {
    roster.agent(record).ifPresent(this::judge);
  }

  @Override
  public void volumes(AgentRecord record, List<AgentVolume> are, List<AgentVolume> destroyed) {
    roster.agent(record).ifPresent(agent -> tellVolumes(agent, are, destroyed));
  }

  void tellVolumes(Agent agent, List<AgentVolume> are, List<AgentVolume> destroyed) {
    if (agent.link != null) {
      tables.outbox.toAgent(
          agent.link,
          SchedulerMessage.newBuilder()
              .setVolumes(AgentVolumes.newBuilder().addAllVolumes(are).addAllDestroyed(destroyed))
              .build());
    }
  }

  /** Whatever was made of its resources and is not kept is as if it had never been. */
  @Override
  public void undo(AgentRecord record) {
    roster
        .agent(record)
        .ifPresent(
            agent -> {
              offering.rescindAll(agent);
              tables.allocator.removeAgent(agent.id);
              agent.count();
              tables.allocator.addAgent(
                  AgentForm.of(agent.info, agent.total, Offering.attributes(agent)), agent.used());
              setUnavailability(agent);
            });
  }

  private Optional<String> withheld(Agent agent) {
    if (agent.link == null) {
      return Optional.of("its agent is not connected");
    }
    if (agent.view == null) {
      return Optional.of("the Device Manager sets nothing of it aside");
    }
    if (!agent.view.getOfferable()) {
      return Optional.of(
          agent.view.getWhyNotCount() == 0
              ? "the Device Manager keeps it back"
              : agent.view.getWhyNot(0).getSentence());
    }
    return roster.objection(agent);
  }

  /** For so long nothing was looked at, so that nobody could be heard. */
  void paused(long millis) {
    for (Agent each : tables.agents.values()) {
      each.heard = Math.min(tables.now, each.heard + millis);
    }
    roster.paused(millis);
  }

  /** The time has come: what still runs there is ended, with its own grace. */
  void empty() {
    for (Agent agent : tables.taken) {
      if (agent.emptied
          || agent.link == null // told when it is back
          || agent.view == null
          || agent.view.getTakenAt() > tables.now
          || tables.agents.get(agent.id) != agent) {
        continue;
      }
      agent.emptied = true;
      for (Task task : agent.tasks()) {
        if (!task.isOver()) {
          statuses.kill(
              task,
              "machine %s is taken by %s".formatted(agent.machine, agent.view.getTakenBy()),
              Reason.REASON_AGENT_DRAINING_VALUE);
        }
      }
    }
    tables.taken.removeIf(agent -> agent.emptied || tables.agents.get(agent.id) != agent);
  }
}
