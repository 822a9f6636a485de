package io.pilothouse.scheduler.core;

import io.pilothouse.api.v1.OfferAgent;
import io.pilothouse.mesos.v1.AgentID;
import io.pilothouse.mesos.v1.scheduler.Event;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
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
  private final AgentRecord.Changes changes;
  private final Map<String, AgentRecord> byMachine = new HashMap<>();

  /** Those whose machine was out of the fleet since they were written. */
  private final Set<AgentRecord> stale = new HashSet<>();

  /** Those of which the Device Manager was told that they are gone, if it thinks so, too. */
  private final Set<AgentRecord> forgotten = new HashSet<>();

  private long expectedBy;

  /**
   * @param remembered what an earlier leader wrote down; each has its time to come back
   * @param changes is told what becomes of what is written
   */
  Roster(Tables tables, List<OfferAgent> remembered, AgentRecord.Changes changes) {
    this.tables = tables;
    this.changes = changes;
    this.expectedBy = tables.now + tables.options.reregister();
    tables.listedBy = tables.now + tables.options.silence();
    for (OfferAgent each : remembered) {
      add(AgentRecord.remembered(tables, changes, each));
      tables.expected.put(each.getId(), each.getMachine());
    }
  }

  private void add(AgentRecord record) {
    byMachine.put(record.machine, record);
    tables.records.put(record.id, record);
  }

  private void remove(AgentRecord record) {
    byMachine.remove(record.machine, record);
    tables.records.remove(record.id, record);
    stale.remove(record);
    forgotten.remove(record);
    record.abandon();
    tables.operations.removeAgent(record.id);
  }

  /** It has registered: it is not waited for, nor is another one of its machine. */
  void arrived(Agent agent) {
    tables.expected.remove(agent.id);
    @Nullable AgentRecord known = byMachine.get(agent.machine);
    if (known != null) {
      tables.expected.remove(known.id);
      tables.unreachable.remove(known.id);
    }
    keep(agent);
  }

  /** Writes down what may be offered one day, unless it is there already. */
  void keep(Agent agent) {
    @Nullable AgentRecord known = byMachine.get(agent.machine);
    boolean same = known != null && known.id.equals(agent.id);
    if (same) {
      agent.record = known;
    }
    if (agent.view == null) {
      return;
    }
    if (known != null && same) {
      if (!known.isReadable()) {
        return;
      }
      boolean doubtful = stale.remove(known);
      forgotten.remove(known);
      if (doubtful) {
        known.doubt();
      }
      if (doubtful || !known.isSound()) {
        known.write();
      }
      return;
    }
    if (known != null) {
      remove(known);
    }
    AgentRecord added = new AgentRecord(tables, changes, agent.machine, agent.id);
    add(added);
    agent.record = added;
    added.write();
  }

  /** The agent that a record is of, if it is registered. */
  Optional<Agent> agent(AgentRecord record) {
    return Optional.ofNullable(tables.byMachine.get(record.machine))
        .filter(agent -> agent.record == record);
  }

  /** Why nothing of it may be offered yet, or ever. */
  Optional<String> objection(Agent agent) {
    return agent.record == null
        ? Optional.of("its agent is not written down yet")
        : agent.record.objection();
  }

  /** The Device Manager tells of this machine no more. */
  void gone(String machine) {
    @Nullable AgentRecord known = byMachine.get(machine);
    if (known != null) {
      stale.add(known);
      forgetIfGone(machine);
    }
  }

  /** Of a machine that is no longer in the fleet, once nothing is known or waited for there. */
  void forgetIfGone(String machine) {
    @Nullable AgentRecord known = byMachine.get(machine);
    if (known != null
        && !tables.machines.containsKey(machine)
        && !tables.byMachine.containsKey(machine)
        && !tables.expected.containsKey(known.id)) {
      if (known.isEmpty()) {
        remove(known);
      } else if (!forgotten.add(known)) {
        return; // the Device Manager may know better, and what is held, or may be, outlives that
      }
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
