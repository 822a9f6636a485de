package io.pilothouse.cli.ops;

import io.pilothouse.api.v1.ListManifestsReply;
import io.pilothouse.api.v1.ListManifestsRequest;
import io.pilothouse.api.v1.ListRolloutsReply;
import io.pilothouse.api.v1.ListRolloutsRequest;
import io.pilothouse.api.v1.Rollout;
import io.pilothouse.api.v1.VersionRef;
import io.pilothouse.cli.CliException;
import io.pilothouse.cli.Command;
import io.pilothouse.cli.ExitCode;
import io.pilothouse.cli.content.Replicas;
import io.pilothouse.cli.content.VersionChange;
import io.pilothouse.client.DmException;
import io.pilothouse.client.UnreachableException;
import java.util.Comparator;
import java.util.List;

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

  /**
   * How a version differs from those that machines have. That may not be known, which keeps nobody
   * from planning or rolling out.
   */
  final List<VersionChange> changes(List<VersionRef> active, VersionRef to)
      throws InterruptedException {
    List<VersionRef> from = active.stream().distinct().filter(each -> !each.equals(to)).toList();
    ListManifestsReply known;
    try {
      known =
          ask(
              "ListManifests",
              ListManifestsRequest.newBuilder().setName(to.getName()).build(),
              ListManifestsReply.parser());
    } catch (DmException | UnreachableException e) {
      return from.stream()
          .<VersionChange>map(
              each -> new VersionChange.Unknown(each, String.valueOf(e.getMessage())))
          .toList();
    }
    return VersionChange.of(from, to, new Replicas(known.getReplicasList(), contents()));
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
