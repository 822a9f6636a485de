package io.pilothouse.dm.state;

import io.pilothouse.api.v1.Condition;
import io.pilothouse.api.v1.Lifecycle;
import io.pilothouse.api.v1.Machine;
import io.pilothouse.api.v1.Manifest;
import io.pilothouse.api.v1.ProbationCause;
import io.pilothouse.api.v1.Provisioning;
import io.pilothouse.api.v1.RepairPolicy;
import io.pilothouse.api.v1.Thing;
import io.pilothouse.api.v1.VersionRef;
import java.util.Optional;

/**
 * How a rollout changes an image: the machine goes through provisioning as for a ReImage, in
 * Probation and out of the budget's room from its first step until it is HEALTHY again.
 */
final class ImageSwitch {

  /** By what frameworks lose the machine meanwhile; the same until it is back. */
  static final String TAKER = "rollout";

  private ImageSwitch() {}

  /**
   * Sends a machine, which was put into Probation for it, through provisioning. Its processes and
   * the tasks of frameworks get the repair policy's time to end before its power is cut.
   *
   * @param heard whether it was heard of before, and can be asked to end them
   */
  static void begin(Draft draft, String name, String why, boolean heard) {
    Machine machine = draft.machine(name).orElseThrow();
    RepairPolicy policy = Policies.repair(draft, machine);
    boolean drains =
        heard
            && (RepairDrain.isNeeded(draft, machine) || OfferConsents.isWaitedFor(draft, machine));
    Provision.begin(draft, machine.toBuilder(), why);
    Machine begun = draft.machine(name).orElseThrow().toBuilder().clearConsent().build();
    draft.put(endingAt(begun, drains ? draft.nowMillis() + policy.getDrainMs() : 0).build());
  }

  /** The same with another end of its drain. */
  static Machine.Builder endingAt(Machine machine, long until) {
    Provisioning.Builder drains = machine.getProvisioning().toBuilder().setRetryAt(until);
    return machine.toBuilder().setProvisioning(drains);
  }

  /**
   * Has a machine that runs nothing any more wait no longer.
   *
   * @return whether it did
   */
  static boolean settle(Draft draft, Machine machine) {
    if (drainEnds(machine) <= draft.nowMillis()
        || !machine.getObserved().getActive().getName().isEmpty()
        || OfferConsents.isWaitedFor(draft, machine)) {
      return false;
    }
    draft.put(endingAt(machine, 0).build());
    return true;
  }

  /** Whether nothing was done to a machine yet that is out because of a rollout. */
  static boolean isBefore(Machine machine) {
    return isOut(machine)
        && machine.getProvisioning().getStep() == Provisioning.Step.MATCHED
        && machine.getProvisioning().getAttempts() == 0;
  }

  /** When its drain ends at the latest; 0 = it does not drain. */
  static long drainEnds(Machine machine) {
    return isBefore(machine) ? machine.getProvisioning().getRetryAt() : 0;
  }

  /** When what runs on a machine ends because of a rollout; 0 = it is not out. */
  static long takenAt(Machine machine) {
    return isOut(machine) ? Math.max(machine.getProbationSince(), drainEnds(machine)) : 0;
  }

  /** Whether the machine is being installed because of a rollout, not by a repair or to join. */
  static boolean isOut(Machine machine) {
    boolean installed =
        machine.getLifecycle() == Lifecycle.PROVISIONING
            || machine.getLifecycle() == Lifecycle.BURN_IN;
    return installed && machine.getCondition() == Condition.PROBATION;
  }

  /** Whether this rollout has the machine installed, or failed to. */
  static boolean isOut(Machine machine, String rollout) {
    return isOut(machine) && machine.getRolloutId().equals(rollout);
  }

  /** Whether its installation was given up, until a person or a rollout has it tried again. */
  static boolean isStuck(Machine machine) {
    return machine.getProvisioning().getStep() == Provisioning.Step.AWAITING_OPERATOR;
  }

  /** Why it enters Probation again when it is back. */
  static ProbationCause cause(Machine machine, ProbationCause otherwise) {
    return isOut(machine) ? machine.getCause() : otherwise;
  }

  /** The image to install on a machine now; empty when its version is not registered. */
  static Optional<VersionRef> toInstall(Entities state, Machine machine) {
    // on its way there or back: a rollout's own word counts before that of the unit
    Optional<VersionRef> wanted =
        isOut(machine) && !machine.getRolloutId().isEmpty()
            ? Optional.of(machine.getWantedImage())
            : Rollouts.wantedVersion(state, machine, Thing.THING_IMAGE);
    return wanted
        .filter(each -> !each.getName().isEmpty())
        .or(() -> UnitVersions.ofFiles(state, machine.getType()))
        .flatMap(each -> state.manifest(each.getName(), each.getVersion()))
        .map(Manifest::getRef);
  }

  /** A machine came up from the disk: from now on it has this image as its own. */
  static void installed(Entities state, Machine.Builder machine, VersionRef image) {
    boolean byRollout =
        UnitVersions.of(state, machine.build(), Thing.THING_IMAGE).isPresent()
            || !machine.getRolloutId().isEmpty();
    if (byRollout) {
      machine.setWantedImage(image);
    } else {
      machine.clearWantedImage();
    }
  }

  /** An installation was given up: for the rollout that wanted it the machine has failed. */
  static void failed(Draft draft, Machine machine) {
    boolean explained =
        draft
            .rollout(machine.getRolloutId())
            .filter(Rollouts::isOpen)
            .filter(each -> each.getThing() == Thing.THING_IMAGE && Things.wants(machine, each))
            .isPresent();
    if (isOut(machine) && explained) {
      Rollouts.machineFailed(draft, machine);
    }
  }

  /**
   * Installs anew, from the first step, whatever the installation had come to. What still runs
   * there keeps the time that it was given.
   */
  static void again(Draft draft, Machine machine, VersionRef image) {
    long until = drainEnds(machine);
    Machine.Builder next = machine.toBuilder().setWantedImage(image);
    Provision.again(draft, next, "to install " + Texts.ref(image));
    if (until > draft.nowMillis()) {
      draft.put(endingAt(draft.machine(machine.getName()).orElseThrow(), until).build());
    }
  }
}
