package io.pilothouse.dm.simulate;

import io.pilothouse.api.log.v1.Entry;
import io.pilothouse.api.log.v1.Event;
import io.pilothouse.api.v1.AuditRecord;
import io.pilothouse.api.v1.Condition;
import io.pilothouse.api.v1.Machine;
import io.pilothouse.api.v1.Repair;
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
 * What must hold after every log entry. Each step looks at what the entry changed and at what
 * refers to that, by counts kept here and not by those of the rules; the whole state is looked at
 * now and then, to see that nothing was overlooked.
 */
final class Checks {
  private static final String CONDITIONS = "4 one audit record a change of condition";

  private final State state;
  private final Agenda agenda;
  private final Map<String, Condition> images = new HashMap<>();
  private final Map<String, Condition> audited = new HashMap<>();
  private final Map<String, Integer> begun = new HashMap<>();
  private final Ledgers ledgers;
  private final References references = new References();
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
      references.saw(machine);
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
          references.saw(event.getMachine());
          changed.add(event.getMachine().getName());
        }
        case REPAIR -> {
          repair(event.getRepair());
          changed.add(event.getRepair().getMachine());
        }
        default -> {
          // nothing of these is held by an invariant about more than one state
        }
      }
    }
    changed.forEach(this::conditions);
    Set<String> concerned = references.concerned(changed, applied.events());
    fail(Invariants.checkChanged(state, concerned, applied.events()));
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
    fail(Invariants.check(state, usage));
    usage = Budget.usage(state);
    ledgers.compare(usage);
  }

  private static void fail(List<String> broken) {
    if (!broken.isEmpty()) {
      throw new Violation(
          broken.get(0), "%s are broken: %s".formatted(broken.size(), String.join("; ", broken)));
    }
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
    if (record.getFrom().equals("EXECUTING") && record.getTo().equals("WAITING")) {
      begun.remove(record.getSubject()); // it was not executed
    }
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
  }

  private void conditions(String machine) {
    Condition image = images.get(machine);
    Condition record = audited.get(machine);
    if (image != null && record != null && image != record) {
      throw new Violation(
          CONDITIONS, "%s is %s, the records say %s".formatted(machine, image, record));
    }
  }

  private void repair(Repair repair) {
    boolean acts = repair.getState() == Repair.State.EXECUTING;
    if (acts && repair.getToken() == 0) {
      throw new Violation("5 no action without a token", repair.getId());
    }
  }
}
