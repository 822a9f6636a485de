package io.pilothouse.cli.ops;

import io.pilothouse.cli.Pilot;
import io.pilothouse.cli.support.SupportCommand;
import java.util.Map;
import java.util.function.Supplier;
import picocli.CommandLine;

/** The list of operating commands. */
public final class OpsCommands {
  private OpsCommands() {}

  /** Adds each noun with how to build it. */
  public static void addTo(Map<String, Supplier<CommandLine>> nouns) {
    nouns.put("status", () -> new CommandLine(new StatusCommand()));
    nouns.put("top", () -> new CommandLine(new TopCommand()));
    nouns.put("machine", OpsCommands::machine);
    nouns.put("explain", () -> new CommandLine(new ExplainCommand()));
    nouns.put("rollout", OpsCommands::rollout);
    nouns.put("repair", OpsCommands::repair);
    nouns.put("incident", OpsCommands::incident);
    nouns.put("events", () -> new CommandLine(new EventsCommand()));
    nouns.put("audit", OpsCommands::audit);
    nouns.put("approval", OpsCommands::approval);
    nouns.put("support", () -> new CommandLine(new SupportCommand()));
  }

  private static CommandLine machine() {
    return Pilot.noun(
        "machine",
        "Machines: what they are, where they stand, and what people ask of them.",
        new MachineList(),
        new MachineShow(),
        new MachineHistory(),
        new MachineControl.Hold(),
        new MachineControl.Unhold(),
        new MachineControl.Replaced(),
        new MachineControl.Drain(),
        new MachineControl.Undrain(),
        new MachineControl.Decommission(),
        new MachineControl.RetryProvisioning(),
        new MachineEnrol());
  }

  private static CommandLine rollout() {
    return Pilot.noun(
        "rollout",
        "Rollouts: a version, scale unit by scale unit.",
        new RolloutPlanCommand(),
        new RolloutStart(),
        new RolloutList(),
        new RolloutShow(),
        new RolloutWatch(),
        new RolloutControl.Pause(),
        new RolloutControl.Resume(),
        new RolloutControl.Skip(),
        new RolloutControl.Rollback(),
        new RolloutControl.Abort());
  }

  private static CommandLine repair() {
    return Pilot.noun(
        "repair",
        "Repairs: what the Device Manager decided and what holds it back.",
        new RepairList(),
        new RepairShow(),
        new RepairTickets(),
        new RepairBudget(),
        new RepairDecide.Approve(),
        new RepairDecide.Deny(),
        new RepairHold.Hold(),
        new RepairHold.Unhold(),
        new RepairFreeze.Freeze(),
        new RepairFreeze.Unfreeze());
  }

  private static CommandLine audit() {
    return Pilot.noun(
        "audit",
        "The audit trail: who did what, and whether it is still what was written.",
        new AuditList(),
        new AuditExport(),
        new AuditVerify());
  }

  private static CommandLine approval() {
    return Pilot.noun(
        "approval",
        "Orders that concern many machines, and wait for a second person.",
        new OrderList(),
        new OrderShow(),
        new OrderDecide.Approve(),
        new OrderDecide.Deny());
  }

  private static CommandLine incident() {
    return Pilot.noun(
        "incident",
        "Incidents: errors that one cause explains, and what each holds back.",
        new IncidentList(),
        new IncidentShow(),
        new IncidentResolve());
  }
}
