package io.pilothouse.scheduler.core;

import io.pilothouse.api.v1.OfferAgent;
import io.pilothouse.mesos.v1.AgentID;
import io.pilothouse.mesos.v1.scheduler.Event;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Which agent each machine has, as it is written down. Nothing of an agent is offered before it is:
 * so a task on an agent that is not in the list is none, and the next leader can say so.
 */
final class Roster {
  private static final Logger log = LoggerFactory.getLogger(Roster.class);

  private final Tables tables;
  private final Consumer<Agent> judge;
  private final Map<String, Entry> byMachine = new HashMap<>();
  private long expectedBy;

  /** An agent of a machine, on its way to be written down or there. */
  private static final class Entry {
    final String id;
    boolean written;

    /** Its machine was out of the fleet, and what was written may have gone with it. */
    boolean stale;

    @Nullable String refusal;

    Entry(String id) {
      this.id = id;
    }
  }

  /**
   * @param remembered what an earlier leader wrote down; each has its time to come back
   * @param judge is told of agents that may be offered now, or never
   */
  Roster(Tables tables, List<OfferAgent> remembered, Consumer<Agent> judge) {
    this.tables = tables;
    this.judge = judge;
    this.expectedBy = tables.now + tables.options.reregister();
    tables.listedBy = tables.now + tables.options.silence();
    for (OfferAgent each : remembered) {
      Entry entry = new Entry(each.getId());
      entry.written = true;
      byMachine.put(each.getMachine(), entry);
      tables.expected.put(each.getId(), each.getMachine());
    }
  }

  /** It has registered: it is not waited for, nor is another one of its machine. */
  void arrived(Agent agent) {
    tables.expected.remove(agent.id);
    @Nullable Entry entry = byMachine.get(agent.machine);
    if (entry != null) {
      tables.expected.remove(entry.id);
    }
    keep(agent);
  }

  /** Writes down what may be offered one day, unless it is there already. */
  void keep(Agent agent) {
    @Nullable Entry known = byMachine.get(agent.machine);
    boolean same =
        known != null && known.id.equals(agent.id) && known.refusal == null && !known.stale;
    if (same || agent.view == null) {
      return;
    }
    Entry entry = new Entry(agent.id);
    byMachine.put(agent.machine, entry);
    tables.writes.write(
        new Write.KeepAgent(
            OfferAgent.newBuilder()
                .setMachine(agent.machine)
                .setId(agent.id)
                .setSince(tables.now)
                .build()),
        () -> {
          entry.written = true;
          judgeAgain(agent.machine, entry);
        },
        why -> {
          log.error("Agent {} on {} is not kept: {}", agent.id, agent.machine, why);
          entry.refusal = why;
          judgeAgain(agent.machine, entry);
        });
  }

  private void judgeAgain(String machine, Entry entry) {
    @Nullable Agent agent = tables.byMachine.get(machine);
    if (agent != null && agent.id.equals(entry.id) && byMachine.get(machine) == entry) {
      judge.accept(agent);
    }
  }

  /** Why nothing of it may be offered yet, or ever. */
  Optional<String> objection(Agent agent) {
    @Nullable Entry entry = byMachine.get(agent.machine);
    if (entry != null && entry.id.equals(agent.id)) {
      if (entry.written) {
        return Optional.empty();
      }
      if (entry.refusal != null) {
        return Optional.of("the Device Manager does not keep its agent: " + entry.refusal);
      }
    }
    return Optional.of("its agent is not written down yet");
  }

  /** The Device Manager tells of this machine no more. */
  void gone(String machine) {
    @Nullable Entry entry = byMachine.get(machine);
    if (entry != null) {
      entry.stale = true;
      forgetIfGone(machine);
    }
  }

  /** Of a machine that is no longer in the fleet, once nothing is known or waited for there. */
  void forgetIfGone(String machine) {
    @Nullable Entry entry = byMachine.get(machine);
    if (entry != null
        && !tables.machines.containsKey(machine)
        && !tables.byMachine.containsKey(machine)
        && !tables.expected.containsKey(entry.id)) {
      byMachine.remove(machine);
      tables.writes.behind(new Write.ForgetMachine(machine));
    }
  }

  /** For so long nobody could come. */
  void paused(long millis) {
    expectedBy += millis;
    tables.listedBy += millis;
  }

  /** Those that are not back in time are unreachable; they may still come. */
  void giveUp() {
    if (tables.expected.isEmpty() || tables.now < expectedBy) {
      return;
    }
    List<Map.Entry<String, String>> late = List.copyOf(tables.expected.entrySet());
    for (Map.Entry<String, String> each : late) {
      if (!tables.removals.take()) {
        return;
      }
      tables.expected.remove(each.getKey());
      log.warn(
          "Agent {} on {} did not come back to this scheduler", each.getKey(), each.getValue());
      tables.unreachable.put(each.getKey(), tables.now);
      Event.Failure failure =
          Event.Failure.newBuilder()
              .setAgentId(AgentID.newBuilder().setValue(each.getKey()))
              .build();
      for (Framework framework : tables.frameworks.values()) {
        tables.tell(framework, Event.newBuilder().setType(Event.Type.FAILURE).setFailure(failure));
      }
      forgetIfGone(each.getValue());
    }
  }
}
