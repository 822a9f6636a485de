package io.pilothouse.cli.ops;

import io.pilothouse.api.v1.Action;
import io.pilothouse.api.v1.DecideRepairRequest;
import io.pilothouse.api.v1.WriteReply;
import io.pilothouse.cli.Command;
import io.pilothouse.cli.ExitCode;
import io.pilothouse.cli.Json;
import io.pilothouse.cli.Names;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.TypeConversionException;

/** A person's word on a repair that waits for one. */
abstract class RepairDecide extends Command {

  @Parameters(paramLabel = "ID")
  String id = "";

  abstract boolean deny();

  Action action() {
    return Action.ACTION_UNSPECIFIED;
  }

  @Override
  protected ExitCode run() {
    requireReason(deny() ? "a denial" : "an approval");
    DecideRepairRequest request =
        DecideRepairRequest.newBuilder()
            .setRepair(id)
            .setDeny(deny())
            .setAction(action())
            .setContext(writeContext())
            .build();
    WriteReply reply = ask("DecideRepair", request, WriteReply.parser());
    String done = (deny() ? "denied: " : "approved: ") + id;
    show(
        () -> {
          var node = Json.object().put("repair", id).put("approved", !deny());
          Json.strings(node, "lines", reply.getLinesList());
          return node.put("revision", reply.getRevision());
        },
        () ->
            reply.getLinesCount() == 0
                ? done
                : done + "\n" + String.join("\n", reply.getLinesList()),
        () -> List.of(id));
    return ExitCode.DONE;
  }

  /** Lets it go on. */
  @CommandLine.Command(
      name = "approve",
      description =
          "Lets a repair go on that waits for a person; --action decides an escalated one.")
  static final class Approve extends RepairDecide {
    @Option(
        names = "--action",
        paramLabel = "ACTION",
        converter = ActionName.class,
        description = "for an escalated repair: DoNothing, Reboot, ReImage or Replace")
    @Nullable Action action;

    @Override
    boolean deny() {
      return false;
    }

    @Override
    Action action() {
      Action given = action;
      return given == null ? Action.ACTION_UNSPECIFIED : given;
    }
  }

  /** Stops it. */
  @CommandLine.Command(
      name = "deny",
      description = "Closes a repair that waits for a person, and holds its machine.")
  static final class Deny extends RepairDecide {
    @Override
    boolean deny() {
      return true;
    }
  }

  /** Reads an action as people write it. */
  static final class ActionName implements ITypeConverter<Action> {
    private static final List<Action> KNOWN =
        List.of(Action.DO_NOTHING, Action.REBOOT, Action.RE_IMAGE, Action.REPLACE);

    @Override
    public Action convert(String value) {
      return KNOWN.stream()
          .filter(each -> Names.action(each).equalsIgnoreCase(value))
          .findFirst()
          .orElseThrow(
              () ->
                  new TypeConversionException(
                      "\"%s\" is not an action; use %s"
                          .formatted(
                              value,
                              String.join(", ", KNOWN.stream().map(Names::action).toList()))));
    }
  }
}
