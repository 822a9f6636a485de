package io.pilothouse.cli.dm;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.pilothouse.api.v1.GetMembersReply;
import io.pilothouse.api.v1.GetMembersRequest;
import io.pilothouse.api.v1.ReplicaMember;
import io.pilothouse.api.v1.SetFeatureLevelReply;
import io.pilothouse.api.v1.SetFeatureLevelRequest;
import io.pilothouse.cli.CliException;
import io.pilothouse.cli.Command;
import io.pilothouse.cli.ExitCode;
import io.pilothouse.cli.Json;
import io.pilothouse.cli.Table;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Option;

/** Which rules are in force in the Device Manager, and those of a new release. */
abstract class DmLevel extends Command {

  GetMembersReply members() {
    return ask(
        DmMembers.SERVICE + "GetMembers",
        GetMembersRequest.getDefaultInstance(),
        GetMembersReply.parser());
  }

  /** Raises it; 0: as far as all replicas can. */
  ExitCode raise(int level) {
    confirm(
        "builds that do not know the new feature level can never come back to this cluster.",
        "finalise");
    SetFeatureLevelRequest request =
        SetFeatureLevelRequest.newBuilder().setLevel(level).setContext(writeContext()).build();
    SetFeatureLevelReply reply =
        ask(DmMembers.SERVICE + "SetFeatureLevel", request, SetFeatureLevelReply.parser());
    int now = reply.getLevel();
    String sentence =
        now == reply.getBefore()
            ? "feature level %d is in force already".formatted(now)
            : "feature level %d is in force, after %d".formatted(now, reply.getBefore());
    show(
        () ->
            Json.object()
                .put("level", now)
                .put("before", reply.getBefore())
                .put("revision", reply.getRevision()),
        () -> sentence,
        () -> List.of(Integer.toString(now)));
    return ExitCode.DONE;
  }

  /** The end of an upgrade. */
  @CommandLine.Command(
      name = "finalise",
      description = {
        "Ends an upgrade: puts the newest rules that all replicas apply in force. Older builds cannot",
        "come back after that."
      })
  static final class Finalise extends DmLevel {
    @Override
    protected ExitCode run() {
      return raise(0);
    }
  }

  /** Where it stands. */
  @CommandLine.Command(
      name = "feature-level",
      description =
          "Shows which feature level is in force and which each replica's build applies; or sets it.")
  static final class Show extends DmLevel {
    @Option(names = "--set", paramLabel = "N", description = "puts this one in force, for good")
    @Nullable Integer set;

    @Override
    protected ExitCode run() {
      Integer wanted = set;
      if (wanted != null) {
        if (wanted < 1) {
          throw CliException.usage(
              "--set %d is no feature level".formatted(wanted), "give 1 or more");
        }
        return raise(wanted);
      }
      GetMembersReply members = members();
      show(
          () -> json(members),
          () -> text(members),
          () -> List.of(Integer.toString(members.getFeatureLevel())));
      return ExitCode.DONE;
    }

    private static String text(GetMembersReply members) {
      Table table = new Table("ID", "VERSION", "LEVELS");
      for (ReplicaMember each : members.getMembersList()) {
        table.row(
            each.getId(), each.getVersion(), each.getKnown() ? levels(each) : "does not answer");
      }
      return "%s%n%s".formatted(standing(members), table);
    }

    private static String levels(ReplicaMember member) {
      return member.getMaxLevel() == 0
          ? "1"
          : "%d to %d".formatted(member.getMinLevel(), member.getMaxLevel());
    }

    private static String standing(GetMembersReply members) {
      int level = members.getFeatureLevel();
      int possible = members.getPossibleLevel();
      if (possible == 0) {
        return "feature level %d is in force; not all replicas answer, so it stays"
            .formatted(level);
      }
      return possible > level
          ? "feature level %d is in force, all replicas apply %d: pilot dm finalise"
              .formatted(level, possible)
          : "feature level %d is in force, the newest that all replicas apply".formatted(level);
    }

    private static ObjectNode json(GetMembersReply members) {
      ObjectNode root =
          Json.object()
              .put("level", members.getFeatureLevel())
              .put("possible", members.getPossibleLevel());
      ArrayNode list = root.putArray("members");
      for (ReplicaMember each : members.getMembersList()) {
        ObjectNode node = list.addObject().put("id", each.getId());
        if (each.getKnown()) {
          node.put("version", each.getVersion())
              .put("min_level", Math.max(1, each.getMinLevel()))
              .put("max_level", Math.max(1, each.getMaxLevel()));
        }
      }
      return root;
    }
  }
}
