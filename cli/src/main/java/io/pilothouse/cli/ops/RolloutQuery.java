package io.pilothouse.cli.ops;

import io.pilothouse.api.v1.ListRolloutsReply;
import io.pilothouse.api.v1.ListRolloutsRequest;
import io.pilothouse.api.v1.Rollout;
import io.pilothouse.api.v1.VersionRef;
import io.pilothouse.cli.CliException;
import io.pilothouse.cli.Command;
import io.pilothouse.cli.ExitCode;
import java.util.Comparator;

/** Commands that find rollouts. */
abstract class RolloutQuery extends Command {

  /** The rollout of that id; the newest one when the id is empty. */
  final Rollout find(String id) {
    ListRolloutsRequest request = ListRolloutsRequest.newBuilder().setId(id).build();
    ListRolloutsReply reply = ask("ListRollouts", request, ListRolloutsReply.parser());
    return reply.getItemsList().stream()
        .filter(each -> id.isEmpty() || each.getId().equals(id))
        .max(Comparator.comparingLong(Rollout::getOrder))
        .orElseThrow(
            () ->
                new CliException(
                    ExitCode.FAILED,
                    "NOT_FOUND",
                    id.isEmpty() ? "there has been no rollout" : "no rollout " + id,
                    "`pilot rollout list` shows those there are"));
  }

  /** Reads {@code web@1.1.0}. */
  static VersionRef version(String text) {
    int at = text.indexOf('@');
    if (at <= 0 || at == text.length() - 1) {
      throw CliException.usage(
          "\"" + text + "\" is not a version", "write NAME@VERSION, for example web@1.1.0");
    }
    return VersionRef.newBuilder()
        .setName(text.substring(0, at))
        .setVersion(text.substring(at + 1))
        .build();
  }
}
