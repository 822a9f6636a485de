package io.pilothouse.dm.state;

import io.pilothouse.api.log.v1.ApplyVerdicts;
import io.pilothouse.api.log.v1.NoticeSilence;
import io.pilothouse.api.log.v1.ObserveMachine;
import io.pilothouse.api.log.v1.Refusal;
import io.pilothouse.api.log.v1.RegisterMachine;
import io.pilothouse.api.log.v1.VerdictReport;
import io.pilothouse.api.v1.AuditRecord;
import io.pilothouse.api.v1.Condition;
import io.pilothouse.api.v1.Lifecycle;
import io.pilothouse.api.v1.Machine;
import io.pilothouse.api.v1.Observed;
import io.pilothouse.api.v1.Severity;
import io.pilothouse.api.v1.Verdict;
import io.pilothouse.api.v1.VerdictKind;
import io.pilothouse.api.v1.WatchdogSpec;
import io.pilothouse.api.v1.WatchdogState;
import java.util.Optional;

/** What agents and watchdogs say, as far as it changes something. */
final class Reports {
  private static final int LONGEST_TEXT = 4096;

  private Reports() {}

  /**
   * An agent came up.
   *
   * @return the sequence that its reports must be above
   */
  static long register(Draft draft, RegisterMachine command) throws RefusedException {
    Machine machine = find(draft, command.getMachine());
    if (command.getKeySha256().isEmpty() || command.getBootId().isEmpty()) {
      throw new RefusedException(
          Refusal.Code.INVALID, "a registration needs a key and a boot id", "correct the agent");
    }
    if (!machine.getKeySha256().isEmpty()
        && !machine.getKeySha256().equals(command.getKeySha256())) {
      throw new RefusedException(
          Refusal.Code.NOT_ALLOWED,
          machine.getName() + " registered with another key before",
          "re-image or replace the machine: that clears its key");
    }
    boolean rebooted = !machine.getObserved().getBootId().equals(command.getBootId());
    Observed observed = command.getObserved().toBuilder().setBootId(command.getBootId()).build();
    Machine.Builder registered = machine.toBuilder().setObserved(observed);
    if (!Provision.awaitsInstaller(machine) || Provision.isInstaller(machine, observed)) {
      registered.setKeySha256(command.getKeySha256());
    }
    draft.put(registered.build());
    if (rebooted) {
      booted(draft, machine, command.getBootId());
    }
    if (!observed.getActive().equals(machine.getObserved().getActive())) {
      switched(draft, machine, observed);
    }
    return draft.verdicts(machine.getName()).stream()
        .filter(each -> each.getReporter().equals("machine/" + machine.getName()))
        .mapToLong(Verdict::getSequence)
        .max()
        .orElse(0);
  }

  private static void booted(Draft draft, Machine before, String bootId) {
    String old = before.getObserved().getBootId();
    draft.audit(
        AuditRecord.newBuilder()
            .setKind("LIFECYCLE")
            .setSubject(Texts.machine(before.getName()))
            .setMachine(before.getName())
            .setText(
                old.isEmpty() ? "booted, boot id " + bootId : "rebooted: " + old + " → " + bootId));
    Machine now = draft.machine(before.getName()).orElseThrow();
    if (now.hasProvisioning()) {
      Provision.booted(draft, now);
    } else if (now.getLifecycle() == Lifecycle.IN_SERVICE) {
      if (now.getCondition() == Condition.PROBATION) {
        Conditions.awaitReports(draft, now);
      }
      RepairWork.booted(draft, now);
    }
  }

  /** What a machine holds and runs has changed, or its installer got on. */
  static void observe(Draft draft, ObserveMachine command) throws RefusedException {
    Machine machine = find(draft, command.getMachine());
    if (!machine.getObserved().getBootId().equals(command.getBootId())) {
      throw new RefusedException(
          Refusal.Code.PRECONDITION,
          "%s is known with boot id \"%s\", the report is of \"%s\""
              .formatted(machine.getName(), machine.getObserved().getBootId(), command.getBootId()),
          "register again");
    }
    if (command.hasObserved()) {
      Observed observed = command.getObserved().toBuilder().setBootId(command.getBootId()).build();
      boolean switched = !observed.getActive().equals(machine.getObserved().getActive());
      draft.put(machine.toBuilder().setObserved(observed).build());
      if (switched) {
        switched(draft, machine, observed);
      }
    }
    if (command.getProvisioningToken() != 0) {
      Provision.installer(draft, command);
    }
  }

  private static void switched(Draft draft, Machine before, Observed observed) {
    draft.audit(
        AuditRecord.newBuilder()
            .setKind("ROLLOUT")
            .setSubject(Texts.machine(before.getName()))
            .setMachine(before.getName())
            .setFrom(Texts.ref(before.getObserved().getActive()))
            .setTo(Texts.ref(observed.getActive()))
            .setText("runs " + Texts.ref(observed.getActive())));
    Machine now = draft.machine(before.getName()).orElseThrow();
    if (now.getCondition() == Condition.PROBATION) {
      // what the watchdogs said of the version before does not count for this one
      Conditions.awaitReports(draft, now);
    }
  }

  /** Verdicts that differ from what is known. */
  static void verdicts(Draft draft, ApplyVerdicts command) {
    for (VerdictReport report : command.getReportsList()) {
      Optional<Machine> machine = draft.machine(report.getMachine());
      Optional<WatchdogSpec> spec = Policies.watchdog(draft, report.getWatchdog());
      boolean ofThisBoot =
          report.getBootId().isEmpty()
              || machine
                  .filter(each -> each.getObserved().getBootId().equals(report.getBootId()))
                  .isPresent();
      // a machine or watchdog may be gone, or rebooted, since the report was sent: then it is moot
      if (machine.isPresent() && spec.isPresent() && ofThisBoot) {
        verdict(draft, command.getReporter(), spec.get(), report);
      }
    }
  }

  private static void verdict(
      Draft draft, String reporter, WatchdogSpec spec, VerdictReport report) {
    Verdict before =
        draft
            .verdict(report.getMachine(), report.getWatchdog())
            .orElse(
                Verdict.newBuilder()
                    .setMachine(report.getMachine())
                    .setWatchdog(report.getWatchdog())
                    .setAwaiting(true)
                    .build());
    boolean older =
        before.getReporter().equals(reporter) && report.getSequence() <= before.getSequence();
    if (older || report.getKind() == VerdictKind.VERDICT_UNSPECIFIED) {
      return;
    }
    Severity severity =
        report.getKind() != VerdictKind.ERROR
            ? Severity.SEVERITY_UNSPECIFIED
            : report.getSeverity() != Severity.SEVERITY_UNSPECIFIED
                ? report.getSeverity()
                : spec.getSeverity();
    boolean changed =
        before.getSilent()
            || before.getKind() != report.getKind()
            || !before.getFault().equals(report.getFault())
            || before.getSeverity() != severity;
    if (!changed && !before.getAwaiting()) {
      return;
    }
    String text = report.getText();
    Verdict after =
        before.toBuilder()
            .setReporter(reporter)
            .setKind(report.getKind())
            .setFault(report.getFault())
            .setSeverity(severity)
            .setText(text.length() > LONGEST_TEXT ? text.substring(0, LONGEST_TEXT) : text)
            .setSequence(report.getSequence())
            .setSince(changed ? draft.nowMillis() : before.getSince())
            .setReportedAt(draft.nowMillis())
            .setSilent(false)
            .setAwaiting(false)
            .build();
    draft.put(after);
    if (changed) {
      audit(draft, before, after);
      score(draft, after);
    }
  }

  private static void score(Draft draft, Verdict verdict) {
    Optional<WatchdogState> state = draft.watchdog(verdict.getWatchdog());
    if (verdict.getKind() == VerdictKind.ERROR && state.isPresent()) {
      draft.put(state.get().toBuilder().setErrors(state.get().getErrors() + 1).build());
    }
  }

  /** The leader heard nothing for valid-for. */
  static void silence(Draft draft, NoticeSilence command) {
    for (NoticeSilence.Silent silent : command.getSilentList()) {
      Optional<Machine> machine = draft.machine(silent.getMachine());
      if (machine.isEmpty()
          || machine.get().getLifecycle() != Lifecycle.IN_SERVICE
          || Policies.watchdog(draft, silent.getWatchdog()).isEmpty()) {
        continue;
      }
      Verdict before =
          draft
              .verdict(silent.getMachine(), silent.getWatchdog())
              .orElse(
                  Verdict.newBuilder()
                      .setMachine(silent.getMachine())
                      .setWatchdog(silent.getWatchdog())
                      .setAwaiting(true)
                      .build());
      if (before.getSilent()) {
        continue;
      }
      Verdict after = before.toBuilder().setSilent(true).setSince(draft.nowMillis()).build();
      draft.put(after);
      audit(draft, before, after);
    }
  }

  private static void audit(Draft draft, Verdict before, Verdict after) {
    draft.audit(
        AuditRecord.newBuilder()
            .setKind("VERDICT")
            .setSubject("watchdog/" + after.getWatchdog())
            .setMachine(after.getMachine())
            .setFrom(kind(before))
            .setTo(kind(after))
            .setText(
                "%s: %s"
                    .formatted(
                        after.getWatchdog(),
                        after.getSilent() ? "no report in time" : after.getText())));
  }

  private static String kind(Verdict verdict) {
    if (verdict.getSilent()) {
      return "SILENT";
    }
    return verdict.getKind() == VerdictKind.VERDICT_UNSPECIFIED ? "" : verdict.getKind().name();
  }

  private static Machine find(Draft draft, String name) throws RefusedException {
    Optional<Machine> machine = draft.machine(name);
    if (machine.isEmpty()) {
      throw new RefusedException(
          Refusal.Code.NOT_FOUND,
          "no machine \"" + name + "\" is known",
          "name it in machines.csv and apply, or wait until provisioning discovers it");
    }
    return machine.get();
  }
}
