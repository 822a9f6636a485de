package io.pilothouse.cli.fleet;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.pilothouse.api.v1.Fleet;
import io.pilothouse.api.v1.GetFleetReply;
import io.pilothouse.api.v1.GetFleetRequest;
import io.pilothouse.api.v1.RepairPolicy;
import io.pilothouse.cli.CliException;
import io.pilothouse.cli.Command;
import io.pilothouse.cli.ExitCode;
import io.pilothouse.cli.Json;
import io.pilothouse.manifests.pattern.Near;
import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.Parameters;

/** Shows one repair policy with what holds where it says nothing. */
@CommandLine.Command(
    name = "show",
    description = "Shows a repair policy in words, with the defaults filled in.")
final class PolicyShow extends Command {

  @Parameters(paramLabel = "NAME")
  String name = "";

  @Override
  protected ExitCode run() {
    Fleet fleet =
        ask("GetFleet", GetFleetRequest.getDefaultInstance(), GetFleetReply.parser()).getFleet();
    RepairPolicy policy = find(fleet, name);
    show(
        () -> {
          ObjectNode node = Json.object();
          PolicyView.fill(fleet, policy, node);
          return node;
        },
        () -> text(fleet, policy),
        () -> List.of(policy.getName()));
    return ExitCode.DONE;
  }

  static RepairPolicy find(Fleet fleet, String name) {
    List<RepairPolicy> all = PolicyView.all(fleet);
    return all.stream()
        .filter(each -> each.getName().equals(name))
        .findFirst()
        .orElseThrow(
            () ->
                new CliException(
                    ExitCode.FAILED,
                    "NOT_FOUND",
                    "no repair policy \"%s\"%s"
                        .formatted(
                            name,
                            Near.hint(name, all.stream().map(RepairPolicy::getName).toList())),
                    "`pilot policy list` shows those there are"));
  }

  private static String text(Fleet fleet, RepairPolicy policy) {
    List<String> types = PolicyView.types(fleet, policy.getName());
    StringBuilder text = new StringBuilder("repair policy " + policy.getName());
    text.append(types.isEmpty() ? ", of no machine type" : ", of " + String.join(", ", types));
    PolicyView.numbers(policy)
        .forEach((key, value) -> text.append("\n  %-17s %s".formatted(key, value)));
    text.append(
        policy.getRulesCount() == 0
            ? "\nit has no rules, so the ladder holds; the first rule that matches decides:"
            : "\nthe first rule that matches decides:");
    PolicyView.rules(policy).forEach(each -> text.append("\n  ").append(each));
    return text.append("\n  no rule matches -> Escalate").toString();
  }
}
