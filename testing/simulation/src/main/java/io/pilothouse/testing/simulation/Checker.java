package io.pilothouse.testing.simulation;

import com.google.protobuf.ByteString;
import io.pilothouse.api.log.v1.ApplyVerdicts;
import io.pilothouse.api.log.v1.Command;
import io.pilothouse.api.log.v1.Entry;
import io.pilothouse.api.log.v1.Event;
import io.pilothouse.api.log.v1.Reply;
import io.pilothouse.api.log.v1.Request;
import io.pilothouse.api.log.v1.VerdictReport;
import io.pilothouse.api.v1.AuditRecord;
import io.pilothouse.api.v1.Condition;
import io.pilothouse.api.v1.Lease;
import io.pilothouse.api.v1.Lifecycle;
import io.pilothouse.api.v1.Machine;
import io.pilothouse.dm.state.Applied;
import io.pilothouse.dm.state.Budget;
import io.pilothouse.dm.state.Entities;
import io.pilothouse.dm.state.Invariants;
import io.pilothouse.dm.state.State;
import io.pilothouse.manifests.audit.AuditChain;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;

/** What must hold after every log entry. Violations are thrown. */
public final class Checker {
  private static final int REPORTS_KEPT = 200;
  private static final String CONDITIONS = "4 one audit record a change of condition";

  private static final String CHAIN = "the audit trail's chain is unbroken";

  private record Answered(long sequence, Reply reply) {}

  private final State state;

  /** As the audit records have it, and as the machines' images have it. */
  private final Map<String, Condition> conditions = new HashMap<>();

  private final Map<String, Condition> images = new HashMap<>();
  private final Map<String, Map<String, String>> unitStates = new HashMap<>();
  private final Map<String, Long> tokens = new HashMap<>();
  private final Map<String, Integer> begun = new HashMap<>();
  private final Map<String, Integer> executed = new HashMap<>();
  private final Map<String, Answered> answered = new HashMap<>();
  private final List<Request> reports = new ArrayList<>();
  private Map<String, Budget.Usage> usage = Map.of();
  private ByteString trail = ByteString.EMPTY;
  private int entries;

  /** Of a state that has a past or none; what follows must go through {@link #check}. */
  public Checker(State state) {
    this.state = state;
    for (Machine each : state.machines()) {
      conditions.put(each.getName(), each.getCondition());
      images.put(each.getName(), each.getCondition());
    }
    for (Lease each : state.leases()) {
      tokens.put(each.getRole(), each.getToken());
    }
    usage = Budget.usage(state);
    trail = ByteString.copyFrom(HexFormat.of().parseHex(state.meta().getAuditHash()));
  }

  /** How many were checked. */
  public int entries() {
    return entries;
  }

  /** The state is the one after the entry. */
  public void check(Entry entry, Applied applied, long index) {
    entries++;
    stateItself();
    Map<String, Integer> changes = new HashMap<>();
    for (Event event : applied.events()) {
      if (event.hasAudit()) {
        chain(event.getAudit());
        audit(event.getAudit(), changes);
      } else if (event.hasMachine()) {
        image(event.getMachine(), changes);
      }
    }
    changes.forEach(
        (machine, unaudited) -> {
          if (unaudited != 0) {
            throw new Violation(
                CONDITIONS, "%s has %s changes without a record".formatted(machine, unaudited));
          }
        });
    if (!trail.isEmpty() && !hex(trail).equals(state.meta().getAuditHash())) {
      throw new Violation(CHAIN, "the state's head is not that of entry " + index);
    }
    conditions(index);
    NeededVersions.check(state, applied.events());
    boolean ticked = false;
    for (int i = 0; i < entry.getRequestsCount(); i++) {
      Request request = entry.getRequests(i);
      Reply reply = applied.replies().get(i);
      ticked |= request.getCommand().hasTick();
      if (!reply.hasRefusal()) {
        tokens(request.getCommand(), reply);
      }
      exactlyOnce(request, reply);
      remember(request);
    }
    Optional<Instant> due = state.nextDue();
    if (ticked && due.filter(each -> !each.isAfter(state.now())).isPresent()) {
      throw new Violation("no tick storm", "due at " + due.get() + ", ticked at " + state.now());
    }
  }

  /** What holds for any one state. */
  void stateItself() {
    List<String> broken = Invariants.check(state, usage);
    if (!broken.isEmpty()) {
      throw new Violation(
          broken.get(0),
          "%s invariants are broken: %s".formatted(broken.size(), String.join("; ", broken)));
    }
    usage = Budget.usage(state);
  }

  private void chain(AuditRecord record) {
    ByteString expected = AuditChain.hash(trail, record);
    if (!record.getHash().equals(expected)) {
      throw new Violation(CHAIN, "it breaks at " + record);
    }
    trail = expected;
  }

  private static String hex(ByteString bytes) {
    return HexFormat.of().formatHex(bytes.toByteArray());
  }

  private void audit(AuditRecord record, Map<String, Integer> changes) {
    switch (record.getKind()) {
      case "CONDITION" -> condition(record, changes);
      case "ACTION" -> action(record);
      case "ROLLOUT" -> unit(record);
      default -> {}
    }
  }

  private void image(Machine machine, Map<String, Integer> changes) {
    if (machine.getLifecycle() == Lifecycle.EXPECTED) {
      // a name that was decommissioned is used again: another machine, without a past
      conditions.remove(machine.getName());
      images.remove(machine.getName());
    }
    Condition before = images.put(machine.getName(), machine.getCondition());
    boolean known = before != null || machine.getCondition() != Condition.CONDITION_UNSPECIFIED;
    if (known && before != machine.getCondition()) {
      changes.merge(machine.getName(), 1, Integer::sum);
    }
  }

  private void condition(AuditRecord record, Map<String, Integer> changes) {
    Condition before =
        conditions.getOrDefault(record.getMachine(), Condition.CONDITION_UNSPECIFIED);
    String from = before == Condition.CONDITION_UNSPECIFIED ? "" : before.name();
    if (!record.getFrom().equals(from)) {
      throw new Violation(
          CONDITIONS,
          "%s was %s, the record says from %s".formatted(record.getMachine(), before, record));
    }
    if (record.getEvidenceCount() == 0 || record.getText().isBlank()) {
      throw new Violation(CONDITIONS, "no evidence in " + record);
    }
    conditions.put(record.getMachine(), Condition.valueOf(record.getTo()));
    if (!record.getFrom().equals(record.getTo())) {
      changes.merge(record.getMachine(), -1, Integer::sum);
    }
  }

  /** The records led from the condition before the entry to the one after. */
  private void conditions(long index) {
    for (Machine machine : state.machines()) {
      Condition audited =
          conditions.getOrDefault(machine.getName(), Condition.CONDITION_UNSPECIFIED);
      if (machine.getCondition() != audited) {
        throw new Violation(
            CONDITIONS,
            "%s is %s at index %s, the records say %s"
                .formatted(machine.getName(), machine.getCondition(), index, audited));
      }
    }
  }

  private void action(AuditRecord record) {
    if (record.getFrom().equals("EXECUTING") && record.getTo().equals("WAITING")) {
      begun.remove(record.getSubject()); // it was not executed
    }
    if (record.getTo().equals("EXECUTING")
        && begun.merge(record.getSubject(), 1, Integer::sum) > 1) {
      throw new Violation("5 no action twice", record.getSubject() + " began to execute again");
    }
  }

  /** A fake service touches a machine for a repair, under its token. */
  public void executes(String repair, long token) {
    if (executed.merge(repair, 1, Integer::sum) > 1) {
      throw new Violation("5 no action twice", repair + " was executed again");
    }
    long claimed = state.repair(repair).map(each -> each.getToken()).orElse(token);
    if (claimed != token) {
      throw new Violation(
          "5 no action under a stale token",
          "%s is claimed under %s and executed under %s".formatted(repair, claimed, token));
    }
  }

  /** "unit STATE" to "unit STATE": kept apart from the state, so that it checks it. */
  private void unit(AuditRecord record) {
    int space = record.getFrom().indexOf(' ');
    if (space < 0 || !record.getSubject().startsWith("rollout/")) {
      return;
    }
    String unit = record.getFrom().substring(0, space);
    String to = record.getTo().substring(record.getTo().indexOf(' ') + 1);
    Map<String, String> units =
        unitStates.computeIfAbsent(record.getSubject(), key -> new HashMap<>());
    if (to.equals("UNIT_ACTIVATING")) {
      String id = record.getSubject().substring("rollout/".length());
      for (var each : state.rollout(id).orElseThrow().getUnitsList()) {
        if (each.getName().equals(unit)) {
          break;
        }
        String before = units.getOrDefault(each.getName(), "PENDING");
        if (!before.equals("PASSED") && !before.equals("SKIPPED")) {
          throw new Violation(
              "2 no unit before the previous one passed",
              "%s of %s begins while %s is %s".formatted(unit, id, each.getName(), before));
        }
      }
    }
    units.put(unit, to);
  }

  private void tokens(Command command, Reply reply) {
    switch (command.getKindCase()) {
      case ACQUIRE_LEASE -> {
        long token = reply.getLease().getToken();
        Long before = tokens.put(command.getAcquireLease().getRole(), token);
        if (before != null && token < before) {
          throw new Violation("5 tokens rise", token + " was given after " + before);
        }
      }
      case CLAIM_REPAIR -> current("repair", command.getClaimRepair().getToken());
      case REPORT_REPAIR -> current("repair", command.getReportRepair().getToken());
      case REPORT_PROVISIONING ->
          current("provisioning", command.getReportProvisioning().getLeaseToken());
      case UPDATE_OFFERS -> current("scheduler", command.getUpdateOffers().getLeaseToken());
      default -> {}
    }
  }

  private void current(String role, long token) {
    if (tokens.getOrDefault(role, 0L) != token) {
      throw new Violation(
          "5 no action under a stale token",
          "%s was accepted, the lease %s is under %s".formatted(token, role, tokens.get(role)));
    }
  }

  private void exactlyOnce(Request request, Reply reply) {
    if (request.getClientId().isEmpty()) {
      return;
    }
    Answered before = answered.get(request.getClientId());
    boolean again = before != null && before.sequence() == request.getSequence();
    if (again && !before.reply().equals(reply)) {
      throw new Violation("exactly once", "the repeat of %s got %s".formatted(request, reply));
    }
    if (before == null || before.sequence() < request.getSequence()) {
      answered.put(request.getClientId(), new Answered(request.getSequence(), reply));
    }
  }

  private void remember(Request request) {
    if (request.getCommand().hasApplyVerdicts()) {
      if (reports.size() >= REPORTS_KEPT) {
        reports.remove(0);
      }
      reports.add(request);
    }
  }

  /** A report that is not newer than what the state knows of its reporter. */
  Optional<Request> olderReport(Random random) {
    if (reports.isEmpty()) {
      return Optional.empty();
    }
    Request request = reports.get(random.nextInt(reports.size()));
    ApplyVerdicts verdicts = request.getCommand().getApplyVerdicts();
    for (VerdictReport report : verdicts.getReportsList()) {
      boolean older =
          state
              .verdict(report.getMachine(), report.getWatchdog())
              .filter(each -> each.getReporter().equals(verdicts.getReporter()))
              .filter(each -> each.getSequence() >= report.getSequence())
              .isPresent();
      if (!older) {
        return Optional.empty();
      }
    }
    return Optional.of(request);
  }

  void expectRest(String invariant, Applied applied) {
    if (!applied.events().isEmpty()) {
      throw new Violation(invariant, "it changed " + applied.events());
    }
  }

  /** The newest records, oldest first. */
  public static String lastAudit(Entities state, int count) {
    List<AuditRecord> all = List.copyOf(state.audit());
    StringBuilder text = new StringBuilder();
    for (AuditRecord each : all.subList(Math.max(0, all.size() - count), all.size())) {
      text.append(
          "%n  %s.%s %s %s %s: %s → %s %s"
              .formatted(
                  each.getIndex(),
                  each.getOrdinal(),
                  Instant.ofEpochMilli(each.getAt()),
                  each.getKind(),
                  each.getSubject(),
                  each.getFrom(),
                  each.getTo(),
                  each.getText()));
    }
    return text.toString();
  }
}
