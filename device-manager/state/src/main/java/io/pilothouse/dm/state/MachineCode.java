package io.pilothouse.dm.state;

import io.pilothouse.api.v1.Condition;
import io.pilothouse.api.v1.Lifecycle;
import io.pilothouse.api.v1.Machine;
import io.pilothouse.api.v1.Provisioning;

/**
 * The health codes that are about machines, in the order of the screen. Switches are few, and one
 * that fails takes its machines along: they have codes of their own.
 */
enum MachineCode {
  SWITCH_FAILURE("pilot explain machine %s", "switches in FAILURE"),
  SWITCH_AWAITING_REPLACEMENT(
      "pilot repair tickets; then pilot machine replaced %s", "switches waiting for a technician"),
  MACHINE_FAILURE("pilot explain machine %s", "in FAILURE"),
  MACHINE_PROBATION("pilot explain machine %s", "in Probation"),
  MACHINE_AWAITING_REPLACEMENT(
      "pilot repair tickets; then pilot machine replaced %s", "waiting for a technician"),
  MACHINE_AWAITING_OPERATOR("pilot explain machine %s", "could not be provisioned"),
  MACHINE_PROVISIONING("pilot machine show %s", "being provisioned"),
  MACHINE_EXPECTED("connect and switch on %s", "in the inventory, never seen"),
  MACHINE_NOT_IN_INVENTORY("add %s to machines.csv and apply", "seen, but in no inventory"),
  MACHINE_HELD("pilot machine unhold %s, when the reason is gone", "held by a person");

  private final String action;
  private final String text;

  /**
   * @param action for a person, with a place for the first machine's name
   * @param text behind their number
   */
  MachineCode(String action, String text) {
    this.action = action;
    this.text = text;
  }

  boolean isAbout(Machine machine) {
    return switch (this) {
      case SWITCH_FAILURE -> Switches.is(machine) && is(machine, Condition.FAILURE);
      case SWITCH_AWAITING_REPLACEMENT ->
          Switches.is(machine) && machine.getLifecycle() == Lifecycle.AWAITING_REPLACEMENT;
      case MACHINE_FAILURE -> !Switches.is(machine) && is(machine, Condition.FAILURE);
      case MACHINE_PROBATION -> !Switches.is(machine) && is(machine, Condition.PROBATION);
      case MACHINE_AWAITING_REPLACEMENT ->
          !Switches.is(machine) && machine.getLifecycle() == Lifecycle.AWAITING_REPLACEMENT;
      case MACHINE_AWAITING_OPERATOR -> counts(machine) && awaitsOperator(machine);
      case MACHINE_PROVISIONING ->
          counts(machine) && machine.hasProvisioning() && !awaitsOperator(machine);
      case MACHINE_EXPECTED ->
          !Switches.is(machine) && machine.getLifecycle() == Lifecycle.EXPECTED;
      case MACHINE_NOT_IN_INVENTORY ->
          !Switches.is(machine) && machine.getLifecycle() == Lifecycle.DISCOVERED;
      case MACHINE_HELD -> counts(machine) && machine.hasHold();
    };
  }

  String action() {
    return action;
  }

  String text() {
    return text;
  }

  /** Whether it is one of the fleet's machines; switches are counted by themselves. */
  static boolean counts(Machine machine) {
    return isPresent(machine) && !Switches.is(machine);
  }

  static boolean isPresent(Machine machine) {
    return machine.getLifecycle() != Lifecycle.DECOMMISSIONED;
  }

  /** Whether it is in service and of this condition. */
  static boolean is(Machine machine, Condition condition) {
    return machine.getLifecycle() == Lifecycle.IN_SERVICE && machine.getCondition() == condition;
  }

  private static boolean awaitsOperator(Machine machine) {
    return machine.getProvisioning().getStep() == Provisioning.Step.AWAITING_OPERATOR;
  }
}
