package io.pilothouse.cli.ops;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.pilothouse.api.v1.GetMachineReply;
import io.pilothouse.api.v1.GetMachineRequest;
import io.pilothouse.api.v1.Machine;
import io.pilothouse.api.v1.PastAction;
import io.pilothouse.api.v1.Verdict;
import io.pilothouse.api.v1.VersionRef;
import io.pilothouse.cli.Command;
import io.pilothouse.cli.ExitCode;
import io.pilothouse.cli.Json;
import io.pilothouse.cli.Names;
import io.pilothouse.cli.Table;
import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.Parameters;

/** Shows one machine in full. */
@CommandLine.Command(name = "show", description = "Shows one machine in full.")
final class MachineShow extends Command {

  @Parameters(paramLabel = "MACHINE")
  String machine = "";

  @Override
  protected ExitCode run() {
    GetMachineReply reply =
        ask(
            "GetMachine",
            GetMachineRequest.newBuilder().setName(machine).build(),
            GetMachineReply.parser());
    show(() -> json(reply), () -> text(reply), () -> List.of(reply.getMachine().getName()));
    return ExitCode.DONE;
  }

  /** What it has, and what it should have where that is another version. */
  private static void other(StringBuilder text, String what, VersionRef has, VersionRef wanted) {
    boolean differs = !wanted.getName().isEmpty() && !wanted.equals(has);
    line(
        text,
        what,
        differs ? "%s, wanted %s".formatted(Names.ref(has), Names.ref(wanted)) : Names.ref(has));
  }

  private static ObjectNode json(GetMachineReply reply) {
    ObjectNode root = Json.object();
    Machine m = reply.getMachine();
    MachineView.fill(m, root);
    root.put("wanted", Names.ref(m.getWantedActive()));
    root.put("firmware", m.getObserved().getFirmware());
    root.put("wanted_image", Names.ref(m.getWantedImage()));
    root.put("watchdog_set", Names.ref(m.getObserved().getWatchdogSet()));
    root.put("wanted_watchdog_set", Names.ref(m.getWantedWatchdogSet()));
    root.put("agent", Names.ref(m.getObserved().getAgent()));
    root.put("wanted_agent", Names.ref(m.getWantedAgent()));
    ArrayNode verdicts = root.putArray("verdicts");
    for (Verdict v : reply.getVerdictsList()) {
      ObjectNode node = verdicts.addObject();
      node.put("watchdog", v.getWatchdog())
          .put("verdict", verdict(v))
          .put("fault", v.getFault())
          .put("severity", v.getSeverity().name())
          .put("text", v.getText())
          .put("reporter", v.getReporter());
      Json.time(node, "since", v.getSince());
    }
    if (m.hasError()) {
      ObjectNode error = root.putObject("error");
      error
          .put("watchdog", m.getError().getWatchdog())
          .put("fault", m.getError().getFault())
          .put("text", m.getError().getText());
      Json.time(error, "since", m.getError().getSince());
    } else {
      root.putNull("error");
    }
    ArrayNode past = root.putArray("past_actions");
    for (PastAction each : m.getPastActionsList()) {
      ObjectNode node = past.addObject();
      Json.time(node, "at", each.getAt());
      node.put("action", Names.action(each.getAction()))
          .put("fault", each.getFault())
          .put("helped", each.getHelped())
          .put("repair", each.getRepairId());
    }
    return root.put("revision", reply.getRevision());
  }

  private static String verdict(Verdict verdict) {
    if (verdict.getAwaiting()) {
      return "AWAITING";
    }
    return verdict.getSilent() ? "SILENT" : verdict.getKind().name();
  }

  private static String text(GetMachineReply reply) {
    Machine m = reply.getMachine();
    StringBuilder text = new StringBuilder();
    line(text, "name", m.getName());
    line(text, "type", m.getType());
    line(
        text,
        "place",
        "unit %s, rack %s, switch %s, feed %s"
            .formatted(m.getScaleUnit(), m.getRack(), m.getSwitch(), m.getFeed()));
    line(
        text,
        "hardware",
        m.getModel()
            + ", mac "
            + m.getMac()
            + ", bmc "
            + m.getBmc()
            + ", generation "
            + m.getGeneration()
            + (m.getObserved().getFirmware().isEmpty()
                ? ""
                : ", firmware " + m.getObserved().getFirmware()));
    String condition = Names.condition(m.getCondition());
    line(
        text,
        "state",
        "%s%s since %s (%s)"
            .formatted(
                m.getLifecycle(),
                condition.isEmpty() ? "" : " " + condition,
                Names.at(m.getSince()),
                Names.ago(m.getSince())));
    line(text, "note", MachineView.note(m));
    line(text, "active", Names.ref(m.getObserved().getActive()));
    line(text, "wanted", Names.ref(m.getWantedActive()));
    line(
        text,
        "staged",
        String.join(", ", m.getObserved().getStagedList().stream().map(Names::ref).toList()));
    other(text, "image", m.getObserved().getImage(), m.getWantedImage());
    other(text, "watchdogs", m.getObserved().getWatchdogSet(), m.getWantedWatchdogSet());
    other(text, "agent", m.getObserved().getAgent(), m.getWantedAgent());
    line(text, "boot id", m.getObserved().getBootId());
    line(text, "address", MachineView.address(m));
    line(text, "repair", m.getRepairId());
    line(text, "rollout", m.getRolloutId());
    Table verdicts = new Table("WATCHDOG", "VERDICT", "FOR", "REPORTER", "TEXT");
    for (Verdict v : reply.getVerdictsList()) {
      verdicts.row(
          v.getWatchdog(), verdict(v), Names.ago(v.getSince()), v.getReporter(), v.getText());
    }
    text.append('\n').append(verdicts).append('\n');
    if (m.getPastActionsCount() > 0) {
      Table past = new Table("PAST ACTION", "AT", "FAULT", "HELPED", "REPAIR");
      for (PastAction each : m.getPastActionsList()) {
        past.row(
            Names.action(each.getAction()),
            Names.at(each.getAt()),
            each.getFault(),
            each.getHelped() ? "yes" : "no",
            each.getRepairId());
      }
      text.append('\n').append(past).append('\n');
    }
    text.append("\nwhy, and what comes next: pilot explain machine ").append(m.getName());
    return text.toString();
  }

  private static void line(StringBuilder text, String key, String value) {
    if (!value.isEmpty()) {
      text.append("%-10s %s%n".formatted(key, value));
    }
  }
}
