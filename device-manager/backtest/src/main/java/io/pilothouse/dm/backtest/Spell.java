package io.pilothouse.dm.backtest;

import io.pilothouse.api.v1.Action;
import io.pilothouse.api.v1.Machine;
import io.pilothouse.api.v1.PastAction;
import io.pilothouse.api.v1.Repair;
import io.pilothouse.api.v1.RepairPolicy;
import io.pilothouse.api.v1.Severity;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * One bad time of a machine: from the first error while it was HEALTHY, until it was HEALTHY and
 * without error again. Filled in as the replay goes on.
 */
final class Spell {

  /** How it ended. */
  enum End {
    /** The record ends, or has a gap, before it did. */
    OPEN,
    /** The errors went away. */
    HEALTHY,
    /** The machine left the fleet or its service. */
    LEFT
  }

  /** An action that was chosen, the machine as it was then, and what was done before to it. */
  static final class Decision {
    final Machine machine;
    final List<PastAction> past;
    final long at;
    final Action action;
    final String rule;
    final String watchdog;
    Repair repair;
    boolean executed;
    long quietAt;

    Decision(
        Machine machine,
        List<PastAction> past,
        long at,
        Action action,
        String rule,
        String watchdog,
        Repair repair) {
      this.machine = machine;
      this.past = List.copyOf(past);
      this.at = at;
      this.action = action;
      this.rule = rule;
      this.watchdog = watchdog;
      this.repair = repair;
    }

    /** What came of it: an action whose errors went before it was executed becomes DoNothing. */
    Action became() {
      return repair.getAction() == Action.ACTION_UNSPECIFIED ? action : repair.getAction();
    }
  }

  final Machine machine;
  final RepairPolicy policy;
  final long since;
  final String fault;
  final String watchdog;
  final Severity severity;
  final List<Decision> decisions = new ArrayList<>();
  final SortedSet<String> incidents = new TreeSet<>();
  boolean quarantined;
  End end = End.OPEN;
  long endedAt;

  Spell(Machine machine, RepairPolicy policy, long since) {
    this.machine = machine;
    this.policy = policy;
    this.since = since;
    this.fault = machine.getError().getFault();
    this.watchdog = machine.getError().getWatchdog();
    this.severity = machine.getError().getSeverity();
  }

  /** The action after which the machine was HEALTHY; null when the record does not show one. */
  @Nullable Action cure() {
    if (end != End.HEALTHY) {
      return null;
    }
    return decisions.isEmpty() ? Action.DO_NOTHING : decisions.get(decisions.size() - 1).became();
  }

  /** Whether the errors went away without anything that touched the machine. */
  boolean clearedByItself() {
    return cure() == Action.DO_NOTHING && decisions.stream().noneMatch(each -> each.executed);
  }

  /** Why an action stronger than DoNothing was likely wrong; empty when it was not. */
  String wrongWhy() {
    if (!incidents.isEmpty()) {
      return "incident";
    }
    if (quarantined) {
      return "quarantined";
    }
    return clearedByItself() ? "cleared" : "";
  }
}
