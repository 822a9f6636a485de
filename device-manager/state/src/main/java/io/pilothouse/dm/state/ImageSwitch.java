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

  private ImageSwitch() {}

  /**
   * Sends a machine, which was put into Probation for it, through provisioning. Its processes get
   * the repair policy's time to stop before its power is cut.
   */
  static void begin(Draft draft, String name, String why) {
    Machine machine = draft.machine(name).orElseThrow();
    RepairPolicy policy = Policies.repair(draft, machine);
    long until = RepairDrain.isNeeded(draft, machine) ? draft.nowMillis() + policy.getDrainMs() : 0;
    Provision.begin(draft, machine.toBuilder(), why);
    Machine begun = draft.machine(name).orElseThrow();
    draft.put(
        begun.toBuilder()
            .setProvisioning(begun.getProvisioning().toBuilder().setRetryAt(until))
            .build());
  }

  /**
   * Has a machine whose processes have stopped wait no longer for them.
   *
   * @return whether it did
   */
  static boolean settle(Draft draft, Machine machine) {
    Provisioning now = machine.getProvisioning();
    boolean drains =
        isOut(machine)
            && now.getStep() == Provisioning.Step.MATCHED
            && now.getAttempts() == 0
            && now.getRetryAt() > draft.nowMillis();
    if (!drains || !machine.getObserved().getActive().getName().isEmpty()) {
      return false;
    }
    draft.put(machine.toBuilder().setProvisioning(now.toBuilder().setRetryAt(0)).build());
    return true;
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

  /** Installs anew, from the first step, whatever the installation had come to. */
  static void again(Draft draft, Machine machine, VersionRef image) {
    Machine.Builder next = machine.toBuilder().setWantedImage(image);
    Provision.again(draft, next, "to install " + Texts.ref(image));
  }
}
