package io.pilothouse.dm.simulate;

import io.pilothouse.api.log.v1.Entry;
import io.pilothouse.api.log.v1.Event;
import io.pilothouse.api.v1.AuditRecord;
import io.pilothouse.api.v1.Condition;
import io.pilothouse.api.v1.Lifecycle;
import io.pilothouse.api.v1.Machine;
import io.pilothouse.api.v1.Repair;
import io.pilothouse.api.v1.Rollout;
import io.pilothouse.api.v1.RolloutUnit;
import io.pilothouse.dm.state.Applied;
import io.pilothouse.dm.state.Budget;
import io.pilothouse.dm.state.Invariants;
import io.pilothouse.dm.state.State;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * What must hold after every log entry. Each step looks at what the entry changed, by counts kept
 * here and not by those of the rules; the whole state is looked at now and then.
 */
final class Checks {
  private static final String CONDITIONS = "4 one audit record a change of condition";

  private final State state;
  private final Agenda agenda;
  private final Map<String, Condition> images = new HashMap<>();
  private final Map<String, Condition> audited = new HashMap<>();
  private final Map<String, Integer> begun = new HashMap<>();
  private final Ledgers ledgers;
  private long wholeEvery = Spans.HOUR;
  private long wholeAt;
  private Map<String, Budget.Usage> usage = Map.of();

  Checks(State state, Agenda agenda) {
    this.state = state;
    this.agenda = agenda;
    this.ledgers = new Ledgers(state);
  }

  /** The state as it is now is where the run begins. */
  void begin(long wholeEveryMillis) {
    wholeEvery = wholeEveryMillis;
    for (Machine machine : state.machines()) {
      images.put(machine.getName(), machine.getCondition());
      audited.put(machine.getName(), machine.getCondition());
    }
    ledgers.begin();
    whole();
  }

  boolean takes(String machine) {
    return ledgers.takes(machine);
  }

  void after(Entry entry, Applied applied) {
    Set<String> changed = new TreeSet<>();
    for (Event event : applied.events()) {
      switch (event.getKindCase()) {
        case AUDIT -> audit(event.getAudit());
        case MACHINE -> {
          machine(event.getMachine());
          changed.add(event.getMachine().getName());
        }
        case REPAIR -> {
          repair(event.getRepair());
          changed.add(event.getRepair().getMachine());
        }
        case ROLLOUT -> rollout(event.getRollout());
        default -> {
          // nothing of these is held by an invariant of its own
        }
      }
    }
    for (String name : changed) {
      conditions(name);
      unattended(name);
    }
    ledgers.after(changed);
    boolean ticked = entry.getRequestsList().stream().anyMatch(r -> r.getCommand().hasTick());
    if (ticked && state.nextDue().filter(due -> !due.isAfter(state.now())).isPresent()) {
      throw new Violation("a tick fires all that is due", "still due at " + state.nextDue().get());
    }
    if (agenda.now() >= wholeAt) {
      whole();
    }
  }

  /** Every invariant of the state itself, over all of it. */
  void whole() {
    wholeAt = agenda.now() + wholeEvery;
    List<String> broken = Invariants.check(state, usage);
    if (!broken.isEmpty()) {
      throw new Violation(
          broken.get(0), "%s are broken: %s".formatted(broken.size(), String.join("; ", broken)));
    }
    usage = Budget.usage(state);
    ledgers.compare(usage);
  }

  /** A repair is carried out under a token. */
  void acts(Repair repair, long token) {
    long claimed = state.repair(repair.getId()).map(Repair::getToken).orElse(token);
    if (claimed > token) {
      throw new Violation(
          "5 no action under a stale token",
          "%s is claimed under %s and executed under %s".formatted(repair.getId(), claimed, token));
    }
  }

  private void audit(AuditRecord record) {
    if (record.getKind().equals("ACTION")
        && record.getTo().equals("EXECUTING")
        && begun.merge(record.getSubject(), 1, Integer::sum) > 1) {
      throw new Violation("5 no action executes twice", record.getSubject() + " began again");
    }
    if (!record.getKind().equals("CONDITION") || record.getFrom().equals(record.getTo())) {
      return;
    }
    Condition before = audited.get(record.getMachine());
    boolean follows =
        before == null
            || record.getFrom().equals(before.name())
            || (before == Condition.CONDITION_UNSPECIFIED && record.getFrom().isEmpty());
    if (!follows) {
      throw new Violation(
          CONDITIONS, "%s was %s, the record: %s".formatted(record.getMachine(), before, record));
    }
    if (record.getEvidenceCount() == 0 || record.getText().isBlank()) {
      throw new Violation(CONDITIONS, "no evidence in " + record);
    }
    audited.put(record.getMachine(), Condition.valueOf(record.getTo()));
  }

  private void machine(Machine machine) {
    images.put(machine.getName(), machine.getCondition());
    boolean unstaged =
        machine.getLifecycle() == Lifecycle.IN_SERVICE
            && !machine.getObserved().getActive().getName().isEmpty()
            && !machine.getObserved().getStagedList().contains(machine.getObserved().getActive());
    if (unstaged) {
      throw new Violation("6 the active version is fully staged", machine.getName());
    }
  }

  private void conditions(String machine) {
    Condition image = images.get(machine);
    Condition record = audited.get(machine);
    if (image != null && record != null && image != record) {
      throw new Violation(
          CONDITIONS, "%s is %s, the records say %s".formatted(machine, image, record));
    }
  }

  /** A failure has a repair, or a rollout that answers for it: the whole check says which. */
  private void unattended(String name) {
    state
        .machine(name)
        .filter(each -> each.getLifecycle() == Lifecycle.IN_SERVICE)
        .filter(each -> each.getCondition() == Condition.FAILURE)
        .filter(each -> each.getRepairId().isEmpty() && each.getRolloutId().isEmpty())
        .ifPresent(
            each -> {
              throw new Violation(
                  "no failure is forgotten", name + " has neither repair nor rollout");
            });
  }

  private void repair(Repair repair) {
    boolean acts = repair.getState() == Repair.State.EXECUTING;
    if (acts && repair.getToken() == 0) {
      throw new Violation("5 no action without a token", repair.getId());
    }
  }

  private static void rollout(Rollout rollout) {
    boolean earlierOpen = false;
    for (RolloutUnit unit : rollout.getUnitsList()) {
      if (unit.getSwitchedCount() > 0 && earlierOpen) {
        throw new Violation(
            "2 no unit before the previous one passed",
            "%s of %s".formatted(unit.getName(), rollout.getId()));
      }
      earlierOpen |=
          unit.getState() == RolloutUnit.State.PENDING
              || unit.getState() == RolloutUnit.State.UNIT_ACTIVATING
              || unit.getState() == RolloutUnit.State.UNIT_VERIFYING
              || unit.getState() == RolloutUnit.State.UNIT_FAILED;
    }
  }
}
