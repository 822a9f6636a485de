package io.pilothouse.dm.server;

import io.pilothouse.api.log.v1.ReplicaVitals;
import io.pilothouse.api.v1.HealthCode;
import io.pilothouse.dm.raft.CommonLevel;
import io.pilothouse.dm.raft.PeerStatus;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** Whether an upgrade is under way, or was not finished. */
final class BuildHealth {

  private BuildHealth() {}

  /** What to say of it, as far as is known of the replicas. */
  static List<HealthCode> codes(
      List<PeerStatus> peers, Map<String, ReplicaVitals> vitals, int level) {
    List<HealthCode> codes = new ArrayList<>();
    long versions = vitals.values().stream().map(ReplicaVitals::getVersion).distinct().count();
    if (versions > 1) {
      codes.add(mixed(vitals));
    }
    CommonLevel.of(peers.stream().map(PeerStatus::peer).toList(), vitals)
        .highest()
        .filter(highest -> highest > level)
        .ifPresent(highest -> codes.add(notFinalised(level, highest)));
    return codes;
  }

  private static HealthCode mixed(Map<String, ReplicaVitals> vitals) {
    String builds =
        vitals.entrySet().stream()
            .map(each -> "%s runs %s".formatted(each.getKey(), each.getValue().getVersion()))
            .sorted()
            .collect(Collectors.joining(", "));
    return StatusReads.code("DM_MIXED_BUILDS", "WARN", vitals.size())
        .setScope("dm")
        .setAction("upgrade the others, or go back with those that were upgraded")
        .setText("replicas run different builds: " + builds)
        .build();
  }

  private static HealthCode notFinalised(int level, int possible) {
    return StatusReads.code("DM_NOT_FINALISED", "WARN", 1)
        .setScope("dm")
        .setAction("pilot dm finalise, once there is no wish to go back to the release before")
        .setText(
            "every replica applies feature level %d, and %d is in force".formatted(possible, level))
        .build();
  }
}
