package io.pilothouse.dm.state;

import io.pilothouse.api.log.v1.ObserveMachine;
import io.pilothouse.api.log.v1.Refusal;
import io.pilothouse.api.log.v1.RegisterMachine;
import io.pilothouse.api.v1.AuditRecord;
import io.pilothouse.api.v1.Condition;
import io.pilothouse.api.v1.Lifecycle;
import io.pilothouse.api.v1.Machine;
import io.pilothouse.api.v1.Observed;
import io.pilothouse.api.v1.Thing;
import io.pilothouse.api.v1.Verdict;
import io.pilothouse.api.v1.VersionRef;
import java.util.Optional;

/** What agents say of their machines, as far as it changes something. */
final class Reports {
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
    switched(draft, machine);
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
      draft.put(machine.toBuilder().setObserved(observed).build());
      switched(draft, machine);
    }
    if (command.getProvisioningToken() != 0) {
      Provision.installer(draft, command);
    }
  }

  /** Notes what the machine runs now and did not before; an image is noted by provisioning. */
  private static void switched(Draft draft, Machine before) {
    Machine now = draft.machine(before.getName()).orElseThrow();
    boolean any = false;
    for (Thing thing : Things.STAGED) {
      VersionRef was = Things.observed(before, thing);
      VersionRef is = Things.observed(now, thing);
      if (!was.equals(is)) {
        any = true;
        String what = thing == Thing.THING_MANIFEST ? "" : "the " + Things.word(thing) + " ";
        draft.audit(
            AuditRecord.newBuilder()
                .setKind("ROLLOUT")
                .setSubject(Texts.machine(before.getName()))
                .setMachine(before.getName())
                .setFrom(Texts.ref(was))
                .setTo(Texts.ref(is))
                .setText("runs " + what + Texts.ref(is)));
      }
    }
    if (any && now.getCondition() == Condition.PROBATION) {
      // what the watchdogs said of the version before does not count for this one
      Conditions.awaitReports(draft, now);
    }
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
