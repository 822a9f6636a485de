package io.pilothouse.cli.dm;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.pilothouse.api.v1.GetMembersReply;
import io.pilothouse.api.v1.GetMembersRequest;
import io.pilothouse.api.v1.JoiningReplica;
import io.pilothouse.api.v1.ReplicaMember;
import io.pilothouse.cli.Command;
import io.pilothouse.cli.ExitCode;
import io.pilothouse.cli.Json;
import io.pilothouse.cli.Table;
import picocli.CommandLine;

/** Who the replicas are, and how they are. */
@CommandLine.Command(
    name = "members",
    description =
        "The Device Manager's replicas: who leads, who is behind, and how their disks are.")
final class DmMembers extends Command {

  static final String SERVICE = "pilothouse.v1.Replicas/";

  @Override
  protected ExitCode run() {
    GetMembersReply members =
        ask(
            SERVICE + "GetMembers",
            GetMembersRequest.getDefaultInstance(),
            GetMembersReply.parser());
    show(
        () -> json(members),
        () -> table(members),
        () -> members.getMembersList().stream().map(ReplicaMember::getId).toList());
    return ExitCode.DONE;
  }

  private static String role(ReplicaMember member) {
    return member.getLeader() ? "leader" : member.getUp() ? "follower" : "DOWN";
  }

  private static long behind(GetMembersReply members, long matched) {
    return Math.max(0, members.getApplied() - matched);
  }

  private static String table(GetMembersReply members) {
    Table table =
        new Table(
            "ID",
            "ROLE",
            "PRIORITY",
            "BEHIND",
            "DISK FREE",
            "SLOWEST SYNC",
            "VERSION",
            "RAFT",
            "GRPC",
            "HTTP");
    for (ReplicaMember each : members.getMembersList()) {
      table.row(
          each.getId(),
          role(each),
          each.getPriority(),
          behind(members, each.getMatched()),
          each.getKnown() ? (each.getDiskFree() >> 20) + " MiB" : "",
          each.getKnown() ? each.getSyncUs() / 1000 + " ms" : "",
          each.getVersion(),
          each.getRaftAddress(),
          each.getGrpcAddress(),
          each.getHttpAddress());
    }
    for (JoiningReplica each : members.getJoiningList()) {
      table.row(
          each.getId(), "joining", "", behind(members, each.getMatched()), "", "", "", "", "", "");
    }
    StringBuilder text = new StringBuilder(table.toString());
    for (ReplicaMember each : members.getMembersList()) {
      if (!each.getDisagrees().isEmpty()) {
        text.append("%n%s: %s".formatted(each.getId(), each.getDisagrees()));
      }
    }
    return text.toString();
  }

  private static ObjectNode json(GetMembersReply members) {
    ObjectNode root =
        Json.object()
            .put("cluster", members.getCluster())
            .put("applied", members.getApplied())
            .put("changing", members.getChanging())
            .put("feature_level", members.getFeatureLevel());
    ArrayNode list = root.putArray("members");
    for (ReplicaMember each : members.getMembersList()) {
      ObjectNode node =
          list.addObject()
              .put("id", each.getId())
              .put("up", each.getUp())
              .put("leader", each.getLeader())
              .put("priority", each.getPriority())
              .put("behind", behind(members, each.getMatched()))
              .put("raft", each.getRaftAddress())
              .put("grpc", each.getGrpcAddress())
              .put("http", each.getHttpAddress());
      if (each.getKnown()) {
        node.put("version", each.getVersion())
            .put("disk_free", each.getDiskFree())
            .put("disk_size", each.getDiskSize())
            .put("slowest_sync_us", each.getSyncUs())
            .put("disagrees", each.getDisagrees());
      }
    }
    ArrayNode joining = root.putArray("joining");
    for (JoiningReplica each : members.getJoiningList()) {
      joining.addObject().put("id", each.getId()).put("behind", behind(members, each.getMatched()));
    }
    return root;
  }
}
