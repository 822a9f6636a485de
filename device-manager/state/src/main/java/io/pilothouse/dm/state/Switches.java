package io.pilothouse.dm.state;

import io.pilothouse.api.v1.Action;
import io.pilothouse.api.v1.DeviceKind;
import io.pilothouse.api.v1.Lifecycle;
import io.pilothouse.api.v1.Machine;
import io.pilothouse.api.v1.MachineType;
import io.pilothouse.api.v1.ProbationCause;
import io.pilothouse.api.v1.Repair;
import io.pilothouse.api.v1.Verdict;
import io.pilothouse.api.v1.VerdictKind;
import io.pilothouse.api.v1.WatchdogSpec;
import java.util.List;
import java.util.Optional;

/**
 * Network switches: watched from outside and repaired like machines, but never provisioned, never
 * re-imaged, and without a boot id to verify a Reboot by.
 */
final class Switches {

  private Switches() {}

  static boolean is(Machine machine) {
    return machine.getKind() == DeviceKind.DEVICE_SWITCH;
  }

  /** What the members of a type are. */
  static DeviceKind kind(Entities state, String type) {
    return Policies.type(state, type).map(MachineType::getDevice).orElse(DeviceKind.DEVICE_MACHINE);
  }

  /** The action that is possible in place of one that is not: there is no image for a switch. */
  static Action possible(Machine machine, Action action) {
    return is(machine) && action == Action.RE_IMAGE ? Action.REPLACE : action;
  }

  /** The rule's text, with what became of it for a switch. */
  static String rule(Machine machine, Action action, String rule) {
    return possible(machine, action) == action
        ? rule
        : rule + "; a switch is never re-imaged -> " + Texts.action(possible(machine, action));
  }

  /** Actions that a person may choose, as the command line names them. */
  static String choices(Machine machine) {
    return is(machine) ? "DoNothing|Reboot|Replace" : "DoNothing|Reboot|ReImage|Replace";
  }

  /** In the inventory is in service: it is cabled, or its watchdogs say that it is not. */
  static void enterService(Draft draft, Machine.Builder machine, ProbationCause cause, String why) {
    Conditions.lifecycle(draft, machine, Lifecycle.IN_SERVICE, why);
    Conditions.enterProbation(draft, machine, cause, why, List.of(why), "");
  }

  /** What was said before a Reboot says nothing of the switch after it. */
  static void rebooting(Draft draft, Machine machine) {
    if (is(machine)) {
      Conditions.awaitReports(draft, machine);
    }
  }

  /**
   * Whether every watchdog that counts has said OK of the switch since it was rebooted; names them.
   */
  static Optional<String> verified(Entities state, Machine machine, Repair repair) {
    boolean verifies =
        is(machine)
            && repair.getAction() == Action.REBOOT
            && repair.getState() == Repair.State.VERIFYING;
    List<String> required =
        Policies.requiredLive(state, machine).stream().map(WatchdogSpec::getName).toList();
    boolean ok =
        verifies
            && !required.isEmpty()
            && required.stream().allMatch(each -> isOk(state, machine, each));
    return ok
        ? Optional.of("OK since the reboot from " + String.join(", ", required))
        : Optional.empty();
  }

  private static boolean isOk(Entities state, Machine machine, String watchdog) {
    Optional<Verdict> verdict = state.verdict(machine.getName(), watchdog);
    return verdict
        .filter(each -> !each.getAwaiting() && !each.getSilent())
        .filter(each -> each.getKind() == VerdictKind.OK)
        .isPresent();
  }
}
