package io.pilothouse.cli.ops;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.pilothouse.api.v1.ListRepairsReply;
import io.pilothouse.api.v1.ListRepairsRequest;
import io.pilothouse.api.v1.Repair;
import io.pilothouse.cli.CliException;
import io.pilothouse.cli.Command;
import io.pilothouse.cli.ExitCode;
import io.pilothouse.cli.Json;
import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.Parameters;

/** Shows one repair with evidence, rule and outcome. */
@CommandLine.Command(name = "show", description = "Shows one repair.")
final class RepairShow extends Command {

  @Parameters(paramLabel = "ID")
  String id = "";

  @Override
  protected ExitCode run() {
    ListRepairsRequest request = ListRepairsRequest.newBuilder().setId(id).build();
    Repair repair =
        ask("ListRepairs", request, ListRepairsReply.parser()).getItemsList().stream()
            .filter(each -> each.getId().equals(id))
            .findFirst()
            .orElseThrow(
                () ->
                    new CliException(
                        ExitCode.FAILED,
                        "NOT_FOUND",
                        "no repair " + id,
                        "`pilot repair list` shows those there are"));
    show(
        () -> {
          ObjectNode node = Json.object();
          RepairView.fill(repair, node);
          return node;
        },
        () -> text(repair),
        () -> List.of(repair.getId()));
    return ExitCode.DONE;
  }

  private static String text(Repair repair) {
    StringBuilder text = new StringBuilder(RepairView.table(List.of(repair)));
    repair.getEvidenceList().forEach(each -> text.append("\nevidence: ").append(each));
    repair.getConsideredList().forEach(each -> text.append("\nnot: ").append(each));
    if (repair.getBudgetThenCount() > 0) {
      text.append("\nbudget then: ").append(StandingView.line(repair.getBudgetThenList()));
    }
    if (repair.hasApproval()) {
      text.append(
          "\napproved by %s: %s"
              .formatted(repair.getApproval().getPrincipal(), repair.getApproval().getReason()));
    }
    if (repair.hasTicket()) {
      text.append("\nticket: ").append(repair.getTicket().getWhere());
    }
    if (!repair.getOutcome().isEmpty()) {
      text.append("\noutcome: ").append(repair.getOutcome());
    }
    return text.toString();
  }
}
