package io.pilothouse.cli.ops;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.pilothouse.api.v1.ExplainFrameworkReply;
import io.pilothouse.api.v1.ExplainFrameworkRequest;
import io.pilothouse.api.v1.ExplainRequest;
import io.pilothouse.api.v1.ExplainTaskReply;
import io.pilothouse.api.v1.ExplainTaskRequest;
import io.pilothouse.api.v1.Explanation;
import io.pilothouse.api.v1.Incident;
import io.pilothouse.api.v1.IncidentRow;
import io.pilothouse.api.v1.ListIncidentsReply;
import io.pilothouse.api.v1.ListIncidentsRequest;
import io.pilothouse.api.v1.ListRolloutsReply;
import io.pilothouse.api.v1.ListRolloutsRequest;
import io.pilothouse.api.v1.Veto;
import io.pilothouse.cli.CliException;
import io.pilothouse.cli.ExitCode;
import io.pilothouse.cli.Json;
import io.pilothouse.cli.Names;
import io.pilothouse.cli.offers.OfferExplanations;
import io.pilothouse.cli.offers.SchedulerCommand;
import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Why something is as it is, what holds it back, what comes next and when. */
@CommandLine.Command(
    name = "explain",
    description = {
      "Why a machine, repair, rollout or incident is where it is, and what comes next; why a",
      "framework is offered what it is offered, and what happened to a task."
    })
final class ExplainCommand extends SchedulerCommand {
  private static final List<String> KINDS =
      List.of("machine", "repair", "rollout", "incident", "framework", "task");

  @Parameters(
      index = "0",
      paramLabel = "KIND",
      description = "machine, repair, rollout, incident, framework or task")
  String kind = "";

  @Parameters(
      index = "1",
      arity = "0..1",
      paramLabel = "NAME",
      description = "its name or id; for a rollout or incident, the newest when left out")
  String name = "";

  @Option(
      names = "--role",
      paramLabel = "ROLE",
      description = "of a framework: only what it gets in this role")
  String role = "";

  @Option(
      names = "--framework",
      paramLabel = "F",
      description = "of a task: whose, when several have one of this id")
  String framework = "";

  @Override
  protected ExitCode run() {
    if (!KINDS.contains(kind)) {
      throw CliException.usage(
          "\"" + kind + "\" cannot be explained",
          "use machine, repair, rollout, incident, framework or task");
    }
    belongs("--role", role, "framework");
    belongs("--framework", framework, "task");
    return switch (kind) {
      case "framework" -> explainFramework();
      case "task" -> explainTask();
      default -> explainFleet();
    };
  }

  private void belongs(String option, String given, String to) {
    if (!given.isEmpty() && !kind.equals(to)) {
      throw CliException.usage(
          "%s says nothing of a %s".formatted(option, kind),
          "leave it out; it belongs to `pilot explain " + to + "`");
    }
  }

  private ExitCode explainFramework() {
    requireName();
    ExplainFrameworkRequest request =
        ExplainFrameworkRequest.newBuilder().setFramework(name).setRole(role).build();
    ExplainFrameworkReply why = scheduler(stub -> stub.explainFramework(request));
    show(
        () -> OfferExplanations.json(why),
        () -> OfferExplanations.text(why),
        () -> List.of(why.getFramework().getId()));
    return ExitCode.DONE;
  }

  private ExitCode explainTask() {
    requireName();
    ExplainTaskRequest request =
        ExplainTaskRequest.newBuilder().setTask(name).setFramework(framework).build();
    ExplainTaskReply why = scheduler(stub -> stub.explainTask(request));
    show(
        () -> OfferExplanations.json(why),
        () -> OfferExplanations.text(why),
        () -> List.of(why.getTask().getId()));
    return ExitCode.DONE;
  }

  private void requireName() {
    if (name.isEmpty()) {
      throw CliException.usage("which " + kind + "?", "pilot explain " + kind + " NAME");
    }
  }

  private ExitCode explainFleet() {
    if (name.isEmpty()) {
      name = kind.equals("incident") ? newestIncident() : newestRollout();
    }
    ExplainRequest request = ExplainRequest.newBuilder().setKind(kind).setName(name).build();
    Explanation why = ask("Explain", request, Explanation.parser());
    show(() -> json(why), () -> text(why), () -> List.of(why.getSubject()));
    return ExitCode.DONE;
  }

  private String newestRollout() {
    if (!kind.equals("rollout")) {
      requireName();
    }
    ListRolloutsReply reply =
        ask("ListRollouts", ListRolloutsRequest.getDefaultInstance(), ListRolloutsReply.parser());
    return reply.getItemsList().stream()
        .max((a, b) -> Long.compare(a.getOrder(), b.getOrder()))
        .map(io.pilothouse.api.v1.Rollout::getId)
        .orElseThrow(
            () ->
                new CliException(
                    ExitCode.FAILED,
                    "NOT_FOUND",
                    "there has been no rollout",
                    "pilot rollout plan"));
  }

  private String newestIncident() {
    ListIncidentsReply reply =
        ask(
            "ListIncidents",
            ListIncidentsRequest.getDefaultInstance(),
            ListIncidentsReply.parser());
    return reply.getItemsList().stream()
        .map(IncidentRow::getIncident)
        .max((a, b) -> Long.compare(a.getOrder(), b.getOrder()))
        .map(Incident::getId)
        .orElseThrow(
            () ->
                new CliException(
                    ExitCode.FAILED,
                    "NOT_FOUND",
                    "there has been no incident",
                    "nothing is to be explained: `pilot status`"));
  }

  private static ObjectNode json(Explanation why) {
    ObjectNode root =
        Json.object().put("subject", why.getSubject()).put("sentence", why.getSentence());
    Json.strings(root, "evidence", why.getEvidenceList());
    root.put("rule", why.getRule());
    Json.strings(root, "considered", why.getConsideredList());
    StandingView.fill(root.putArray("budget_then"), why.getBudgetThenList());
    StandingView.fill(root.putArray("budget_now"), why.getBudgetNowList());
    ArrayNode vetoes = root.putArray("vetoes");
    for (Veto veto : why.getVetoesList()) {
      vetoes
          .addObject()
          .put("kind", veto.getKind())
          .put("domain", veto.getDomain())
          .put("limit", veto.getLimit())
          .put("taken", veto.getTaken())
          .put("lost", veto.getLost())
          .put("sentence", veto.getSentence());
      Json.time((ObjectNode) vetoes.get(vetoes.size() - 1), "until", veto.getUntil());
    }
    ObjectNode next = root.putObject("next").put("what", why.getNextWhat());
    Json.time(next, "at", why.getNextAt());
    return root;
  }

  private static String text(Explanation why) {
    StringBuilder text = new StringBuilder(why.getSubject()).append(": ").append(why.getSentence());
    why.getEvidenceList().forEach(each -> text.append("\n  evidence  ").append(each));
    if (!why.getRule().isEmpty()) {
      text.append("\n  rule      ").append(why.getRule());
    }
    why.getConsideredList().forEach(each -> text.append("\n  not       ").append(each));
    if (why.getBudgetThenCount() > 0) {
      text.append("\n  then      ").append(StandingView.line(why.getBudgetThenList()));
    }
    if (why.getBudgetNowCount() > 0) {
      text.append("\n  now       ").append(StandingView.line(why.getBudgetNowList()));
    }
    why.getVetoesList().forEach(veto -> text.append("\n  held back ").append(veto.getSentence()));
    if (!why.getNextWhat().isEmpty()) {
      text.append("\n  next      ").append(why.getNextWhat());
      if (why.getNextAt() != 0) {
        text.append(" ").append(Names.when(why.getNextAt()));
      }
    }
    return text.toString();
  }
}
