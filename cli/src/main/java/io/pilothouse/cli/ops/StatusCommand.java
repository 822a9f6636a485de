package io.pilothouse.cli.ops;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.pilothouse.api.v1.DomainHold;
import io.pilothouse.api.v1.HealthCode;
import io.pilothouse.api.v1.Incident;
import io.pilothouse.api.v1.ReplicaStatus;
import io.pilothouse.api.v1.Rollout;
import io.pilothouse.api.v1.StatusReply;
import io.pilothouse.cli.Command;
import io.pilothouse.cli.ExitCode;
import io.pilothouse.cli.Json;
import io.pilothouse.cli.Names;
import io.pilothouse.client.DmException;
import io.pilothouse.client.UnreachableException;
import java.util.List;
import picocli.CommandLine;
import picocli.CommandLine.Option;

/** One screen: is all well, and if not, what, how many, since when and what to do. */
@CommandLine.Command(
    name = "status",
    description = "One screen: health with reasons, machines, repairs, rollouts, quorum.")
final class StatusCommand extends Command {

  @Option(names = "--plugin", description = "speak the Nagios plugin protocol")
  boolean plugin;

  @Override
  protected ExitCode run() {
    if (plugin) {
      try {
        return plugin(status());
      } catch (UnreachableException | DmException e) {
        // the protocol knows no other exit codes than its own
        print("HEALTH_ERR - the Device Manager does not answer: " + e.getMessage());
        return ExitCode.USAGE;
      }
    }
    StatusReply status = status();
    show(() -> json(status), () -> screen(status), () -> List.of(status.getHealth()));
    return status.getHealth().equals("HEALTH_ERR") ? ExitCode.FAILED : ExitCode.DONE;
  }

  private ExitCode plugin(StatusReply status) {
    print(
        "%s - %d of %d machines healthy | healthy=%d;;;0;%d failure=%d probation=%d"
            .formatted(
                status.getHealth(),
                status.getHealthy(),
                status.getTotal(),
                status.getHealthy(),
                status.getTotal(),
                status.getFailure(),
                status.getProbation()));
    return switch (status.getHealth()) {
      case "HEALTH_OK" -> ExitCode.DONE;
      case "HEALTH_WARN" -> ExitCode.FAILED;
      // 2 is CRITICAL to a Nagios-style scheduler
      default -> ExitCode.USAGE;
    };
  }

  static ObjectNode json(StatusReply status) {
    ObjectNode root = Json.object().put("health", status.getHealth());
    ArrayNode codes = root.putArray("codes");
    for (HealthCode code : status.getCodesList()) {
      ObjectNode node = codes.addObject();
      node.put("code", code.getCode())
          .put("severity", code.getSeverity())
          .put("count", code.getCount())
          .put("scope", code.getScope());
      Json.time(node, "since", code.getSince());
      node.put("action", code.getAction()).put("see", code.getSee()).put("text", code.getText());
    }
    root.putObject("machines")
        .put("total", status.getTotal())
        .put("healthy", status.getHealthy())
        .put("failure", status.getFailure())
        .put("probation", status.getProbation())
        .put("out_of_service", status.getOutOfService());
    root.putObject("switches")
        .put("total", status.getSwitches())
        .put("healthy", status.getSwitchesHealthy());
    root.putObject("dm")
        .put("replicas", status.getReplicasCount())
        .put("up", up(status))
        .put("leader", status.getLeader())
        .put("quorum", status.getQuorum())
        .put("revision", status.getRevision());
    root.putObject("repairs")
        .put("waiting", status.getRepairsWaiting())
        .put("active", status.getRepairsActive())
        .put("frozen", status.getFreeze().getFrozen());
    root.put("access", status.getAccessOpen() ? "open" : "by role");
    root.putObject("rollouts").put("active", status.getRolloutsActive());
    ArrayNode open =
        root.putObject("incidents").put("open", status.getIncidentsOpen()).putArray("items");
    for (Incident incident : status.getOpenIncidentsList()) {
      ObjectNode node = open.addObject();
      node.put("id", incident.getId())
          .put("cause", IncidentView.cause(incident))
          .put("sentence", incident.getSentence());
      Json.time(node, "opened_at", incident.getOpenedAt());
    }
    return root;
  }

  private static long up(StatusReply status) {
    return status.getReplicasList().stream().filter(ReplicaStatus::getUp).count();
  }

  static String screen(StatusReply status) {
    StringBuilder text = new StringBuilder();
    text.append("fleet %s   %s%n".formatted(status.getFleet(), status.getHealth()));
    for (HealthCode code : status.getCodesList()) {
      text.append(
          "  %s %s  count %d  scope %s%s%n      %s%n"
              .formatted(
                  code.getSeverity(),
                  code.getCode(),
                  code.getCount(),
                  code.getScope(),
                  code.getSince() == 0 ? "" : "  since " + Names.at(code.getSince()),
                  code.getText()));
      text.append("      action: %s%n      see: %s%n".formatted(code.getAction(), code.getSee()));
    }
    text.append(
        "%nmachines   %d: %d healthy, %d failure, %d probation, %d out of service%n"
            .formatted(
                status.getTotal(),
                status.getHealthy(),
                status.getFailure(),
                status.getProbation(),
                status.getOutOfService()));
    if (status.getSwitches() > 0) {
      text.append(
          "switches   %d: %d healthy%n"
              .formatted(status.getSwitches(), status.getSwitchesHealthy()));
    }
    text.append(
        "repairs    %d waiting, %d active%s%n"
            .formatted(
                status.getRepairsWaiting(),
                status.getRepairsActive(),
                status.getFreeze().getFrozen()
                    ? " (FROZEN: " + status.getFreeze().getReason() + ")"
                    : ""));
    if (status.getIncidentsOpen() > 0) {
      text.append("incidents  %d open%n".formatted(status.getIncidentsOpen()));
      for (Incident incident : status.getOpenIncidentsList()) {
        text.append("           %s %s%n".formatted(incident.getId(), incident.getSentence()));
      }
    }
    for (DomainHold hold : status.getHoldsList()) {
      text.append(
          "held       %s by %s: %s%n"
              .formatted(
                  hold.getDomain(), hold.getHold().getPrincipal(), hold.getHold().getReason()));
    }
    text.append("rollouts   %d active%n".formatted(status.getRolloutsActive()));
    for (Rollout rollout : status.getActiveRolloutsList()) {
      text.append("           ").append(RolloutView.line(rollout)).append('\n');
    }
    text.append(
        "dm         %d of %d replicas up, leader %s, %s, revision %d%n"
            .formatted(
                up(status),
                status.getReplicasCount(),
                status.getLeader().isEmpty() ? "none" : status.getLeader(),
                status.getQuorum() ? "quorum" : "NO QUORUM",
                status.getRevision()));
    long deployments =
        status.getDeploymentsList().stream()
            .filter(io.pilothouse.api.v1.DeploymentReplica::getUp)
            .count();
    text.append(
        "deployment %d of %d replicas up".formatted(deployments, status.getDeploymentsCount()));
    if (status.getAccessOpen()) {
      text.append(
          "%naccess     open: every operator may do everything; write an access.yaml".formatted());
    }
    return text.toString();
  }
}
