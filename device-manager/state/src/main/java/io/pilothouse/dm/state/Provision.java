package io.pilothouse.dm.state;

import io.pilothouse.api.log.v1.ObserveMachine;
import io.pilothouse.api.log.v1.Refusal;
import io.pilothouse.api.log.v1.ReportProvisioning;
import io.pilothouse.api.v1.AuditRecord;
import io.pilothouse.api.v1.Image;
import io.pilothouse.api.v1.Lifecycle;
import io.pilothouse.api.v1.Machine;
import io.pilothouse.api.v1.MachineType;
import io.pilothouse.api.v1.Observed;
import io.pilothouse.api.v1.ProbationCause;
import io.pilothouse.api.v1.Provisioning;
import io.pilothouse.api.v1.ProvisioningPolicy;
import io.pilothouse.api.v1.VersionRef;
import java.util.List;
import java.util.Optional;

/**
 * Takes a machine from the network into service. Installs are assigned here, for that very machine,
 * under a fencing token that service and installer present; how many run is counted from these
 * assignments, not from what installers report back.
 */
final class Provision {

  private Provision() {}

  /** Starts over with step MATCHED. Puts the machine. */
  static void begin(Draft draft, Machine.Builder machine, String why) {
    Conditions.lifecycle(draft, machine, Lifecycle.PROVISIONING, why);
    Provisioning.Builder provisioning =
        Provisioning.newBuilder()
            .setStep(Provisioning.Step.MATCHED)
            .setStepSince(draft.nowMillis());
    draft.put(machine.setProvisioning(provisioning).clearError().build());
  }

  /**
   * Gives free install slots to matched machines, by name. Looks at those that changed, and at all
   * when a slot became free.
   */
  static void admit(Draft draft) {
    Agenda.Work work = draft.agenda().takeInstalls();
    ProvisioningPolicy policy = Policies.provisioning(draft);
    MachineIndex machines = draft.indexes().machines;
    boolean all = work.everything() || work.room();
    for (String name : List.copyOf(all ? machines.matched() : work.names())) {
      Optional<Machine> machine = draft.machine(name).filter(each -> isReady(draft, each));
      boolean full = machines.installing().size() >= policy.getMaxConcurrent();
      if (full && !work.everything() && !work.names().contains(name)) {
        continue; // it waits for a slot, as before
      }
      machine.ifPresent(each -> admit(draft, each, policy, full));
    }
  }

  private static boolean isReady(Draft draft, Machine machine) {
    return machine.getProvisioning().getStep() == Provisioning.Step.MATCHED
        && machine.getProvisioning().getRetryAt() <= draft.nowMillis()
        && !DomainHolds.isHeld(draft, machine);
  }

  private static void admit(Draft draft, Machine machine, ProvisioningPolicy policy, boolean full) {
    Optional<VersionRef> image = ImageSwitch.toInstall(draft, machine);
    if (image.isEmpty()) {
      noteReason(draft, machine, missingImage(draft, machine));
    } else if (Manifests.isOutOfReach(draft, image.get())) {
      noteReason(draft, machine, Manifests.notHeld(image.get()));
    } else if (full) {
      noteReason(
          draft, machine, "waits for one of %s install slots".formatted(policy.getMaxConcurrent()));
    } else {
      power(draft, machine, image.get(), policy);
    }
  }

  /** Whether the machine has an install slot. */
  static boolean installs(Machine machine) {
    return switch (machine.getProvisioning().getStep()) {
      case POWERING, BOOTING, IMAGING, BURNING_IN, VERIFIED -> true;
      case STEP_UNSPECIFIED, MATCHED, AWAITING_OPERATOR, UNRECOGNIZED -> false;
    };
  }

  private static String missingImage(Entities state, Machine machine) {
    String name = Policies.type(state, machine.getType()).map(MachineType::getImage).orElse("");
    String version = state.indexes().fleet.image(name).map(Image::getVersion).orElse("?");
    return "image %s@%s is not registered: pilot manifest add its directory"
        .formatted(name, version);
  }

  private static void noteReason(Draft draft, Machine machine, String reason) {
    Provisioning noted = machine.getProvisioning().toBuilder().setReason(reason).build();
    draft.put(machine.toBuilder().setProvisioning(noted).build());
  }

  private static void power(
      Draft draft, Machine machine, VersionRef image, ProvisioningPolicy policy) {
    Provisioning.Builder next =
        step(draft, machine, Provisioning.Step.POWERING, "to install " + Texts.ref(image));
    next.setImage(image)
        .setToken(draft.nextToken())
        .setAttempts(next.getAttempts() + 1)
        .setBootIdBefore(machine.getObserved().getBootId())
        .setRetryAt(0)
        .setReason("")
        .setDeadline(draft.nowMillis() + policy.getStepDeadlineMs());
    // the installer makes a key of its own: the disk with the old one is wiped
    draft.put(machine.toBuilder().setProvisioning(next).clearKeySha256().build());
  }

  /** The service reports what it did. */
  static void report(Draft draft, ReportProvisioning report) throws RefusedException {
    Leases.require(draft, "provisioning", report.getLeaseToken());
    Machine machine = find(draft, report.getMachine());
    requireToken(machine, report.getToken());
    Provisioning now = machine.getProvisioning();
    if (!report.getFailed().isEmpty()) {
      if (now.getStep() != report.getStep() || !installs(machine)) {
        throw new RefusedException(
            Refusal.Code.PRECONDITION,
            "%s is at %s, not %s".formatted(machine.getName(), now.getStep(), report.getStep()),
            "pull again");
      }
      fail(draft, machine, report.getFailed());
    } else if (report.getStep() == Provisioning.Step.POWERING
        && now.getStep() == Provisioning.Step.POWERING) {
      draft.put(
          machine.toBuilder()
              .setProvisioning(
                  withDeadline(
                      draft, step(draft, machine, Provisioning.Step.BOOTING, "power-cycled")))
              .build());
    }
    // anything else is a repeat, or was overtaken by the machine itself: nothing to do
  }

  /** The installer finished or failed a step. */
  static void installer(Draft draft, ObserveMachine report) throws RefusedException {
    Machine machine = find(draft, report.getMachine());
    requireToken(machine, report.getProvisioningToken());
    Provisioning.Step now = machine.getProvisioning().getStep();
    if (!report.getStepFailed().isEmpty()) {
      if (now == Provisioning.Step.IMAGING || now == Provisioning.Step.BURNING_IN) {
        fail(draft, machine, report.getStepFailed());
      }
      return;
    }
    if (report.getStepDone() != now) {
      return;
    }
    Machine.Builder next = machine.toBuilder();
    if (now == Provisioning.Step.IMAGING) {
      Provisioning.Builder step =
          step(draft, machine, Provisioning.Step.BURNING_IN, "the image is written and verified");
      Conditions.lifecycle(draft, next, Lifecycle.BURN_IN, "the image is written and verified");
      draft.put(next.setProvisioning(withDeadline(draft, step)).build());
    } else if (now == Provisioning.Step.BURNING_IN) {
      Provisioning.Builder step =
          step(draft, machine, Provisioning.Step.VERIFIED, "burn-in passed; next boots from disk")
              .setBootIdBefore(machine.getObserved().getBootId());
      draft.put(next.setProvisioning(withDeadline(draft, step)).build());
    }
  }

  /** A machine under installation came up. The machine is already put with its new boot id. */
  static void booted(Draft draft, Machine machine) {
    Provisioning now = machine.getProvisioning();
    String bootId = machine.getObserved().getBootId();
    if (bootId.equals(now.getBootIdBefore())) {
      return;
    }
    if (awaitsInstaller(machine) && isInstaller(machine, machine.getObserved())) {
      Provisioning.Builder step =
          step(draft, machine, Provisioning.Step.IMAGING, "the installer is up, boot " + bootId);
      draft.put(machine.toBuilder().setProvisioning(withDeadline(draft, step)).build());
    } else if (now.getStep() == Provisioning.Step.VERIFIED) {
      bootedFromDisk(draft, machine);
    }
  }

  /**
   * Whether the key was cleared for an installer that is still to come: what ran before it, and
   * registers once more, must not take its place.
   */
  static boolean awaitsInstaller(Machine machine) {
    Provisioning.Step step = machine.getProvisioning().getStep();
    return step == Provisioning.Step.POWERING || step == Provisioning.Step.BOOTING;
  }

  /** Whether what came up is the installer: a new boot, and not of an image on the disk. */
  static boolean isInstaller(Machine machine, Observed observed) {
    return !observed.getBootId().equals(machine.getProvisioning().getBootIdBefore())
        && observed.getImage().getName().isEmpty();
  }

  private static void bootedFromDisk(Draft draft, Machine machine) {
    VersionRef wanted = machine.getProvisioning().getImage();
    VersionRef found = machine.getObserved().getImage();
    if (!wanted.getDigest().equals(found.getDigest())) {
      fail(
          draft,
          machine,
          "booted %s (%s), should be %s (%s)"
              .formatted(
                  Texts.ref(found), found.getDigest(), Texts.ref(wanted), wanted.getDigest()));
      return;
    }
    String how =
        "booted %s from disk, boot id %s"
            .formatted(Texts.ref(found), machine.getObserved().getBootId());
    Machine.Builder next = machine.toBuilder();
    Conditions.lifecycle(draft, next, Lifecycle.IN_SERVICE, how);
    draft.put(next.clearProvisioning().build());
    boolean repaired = RepairWork.returned(draft, next, how);
    next.clearProvisioning();
    ImageSwitch.installed(draft, next, wanted);
    Rollouts.wantVersions(draft, next);
    ProbationCause switched = ImageSwitch.cause(machine, ProbationCause.CAUSE_JOINING);
    Conditions.enterProbation(
        draft,
        next,
        repaired ? ProbationCause.CAUSE_REPAIR : switched,
        repaired ? "back from repair: " + how : "enters service: " + how,
        List.of(how),
        "");
  }

  /** A step is past its deadline. */
  static boolean expire(Draft draft, Machine machine) {
    Provisioning now = machine.getProvisioning();
    boolean late =
        installs(machine) && now.getDeadline() != 0 && now.getDeadline() <= draft.nowMillis();
    if (late) {
      fail(draft, machine, "%s did not end before its deadline".formatted(now.getStep()));
    }
    return late;
  }

  /** When time next changes something; 0 = not by time. */
  static long due(Machine machine) {
    if (installs(machine)) {
      return machine.getProvisioning().getDeadline();
    }
    return machine.getProvisioning().getRetryAt();
  }

  private static void fail(Draft draft, Machine machine, String why) {
    ProvisioningPolicy policy = Policies.provisioning(draft);
    Provisioning now = machine.getProvisioning();
    boolean last = now.getAttempts() >= policy.getMaxAttempts();
    String reason = "%s: %s".formatted(now.getStep(), why);
    Provisioning.Builder next =
        step(
            draft,
            machine,
            last ? Provisioning.Step.AWAITING_OPERATOR : Provisioning.Step.MATCHED,
            "attempt %s of %s failed at %s"
                .formatted(now.getAttempts(), policy.getMaxAttempts(), reason));
    long backOff = policy.getRetryAfterMs() << Math.min(10, Math.max(0, now.getAttempts() - 1));
    next.setReason(reason).setDeadline(0).setRetryAt(last ? 0 : draft.nowMillis() + backOff);
    Machine.Builder failed = machine.toBuilder().setProvisioning(next);
    if (machine.getLifecycle() == Lifecycle.BURN_IN) {
      Conditions.lifecycle(draft, failed, Lifecycle.PROVISIONING, reason);
    }
    draft.put(failed.build());
    if (last) {
      ImageSwitch.failed(draft, failed.build());
    }
  }

  /** Starts over in the middle, because another image is wanted now. Puts the machine. */
  static void again(Draft draft, Machine.Builder machine, String why) {
    Provisioning.Step from = machine.getProvisioning().getStep();
    Provisioning.Builder next =
        from == Provisioning.Step.MATCHED
            ? machine.getProvisioning().toBuilder()
            : step(draft, machine.build(), Provisioning.Step.MATCHED, why);
    if (machine.getLifecycle() == Lifecycle.BURN_IN) {
      Conditions.lifecycle(draft, machine, Lifecycle.PROVISIONING, why);
    }
    next.setAttempts(0).setReason("").setDeadline(0).setRetryAt(0).clearToken();
    draft.put(machine.setProvisioning(next).build());
  }

  /** An operator has a machine that waits for one tried again. */
  static void retry(Draft draft, String name) throws RefusedException {
    Machine machine = find(draft, name);
    if (machine.getProvisioning().getStep() != Provisioning.Step.AWAITING_OPERATOR) {
      throw new RefusedException(
          Refusal.Code.PRECONDITION,
          "%s is not waiting for an operator, it is %s".formatted(name, machine.getLifecycle()),
          "pilot explain machine " + name);
    }
    Provisioning.Builder next =
        step(draft, machine, Provisioning.Step.MATCHED, "an operator has it tried again");
    draft.put(machine.toBuilder().setProvisioning(next.setAttempts(0).setReason("")).build());
  }

  private static Provisioning.Builder step(
      Draft draft, Machine machine, Provisioning.Step to, String text) {
    Provisioning.Step from = machine.getProvisioning().getStep();
    Transitions.PROVISIONING.check(from, to, machine.getName());
    draft.audit(
        AuditRecord.newBuilder()
            .setKind("PROVISIONING")
            .setSubject(Texts.machine(machine.getName()))
            .setMachine(machine.getName())
            .setFrom(from.name())
            .setTo(to.name())
            .setText(text));
    return machine.getProvisioning().toBuilder().setStep(to).setStepSince(draft.nowMillis());
  }

  private static Provisioning.Builder withDeadline(Draft draft, Provisioning.Builder step) {
    return step.setDeadline(draft.nowMillis() + Policies.provisioning(draft).getStepDeadlineMs());
  }

  private static Machine find(Draft draft, String name) throws RefusedException {
    Optional<Machine> machine = draft.machine(name);
    if (machine.isEmpty() || !machine.get().hasProvisioning()) {
      throw new RefusedException(
          Refusal.Code.PRECONDITION, name + " is not being provisioned", "pull again");
    }
    return machine.get();
  }

  static void requireToken(Machine machine, long token) throws RefusedException {
    if (machine.getProvisioning().getToken() != token) {
      throw new RefusedException(
          Refusal.Code.STALE_TOKEN,
          "%s is assigned under token %s, not %s"
              .formatted(machine.getName(), machine.getProvisioning().getToken(), token),
          "pull again; do not touch the machine");
    }
  }
}
