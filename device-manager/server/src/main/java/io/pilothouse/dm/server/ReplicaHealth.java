package io.pilothouse.dm.server;

import io.pilothouse.api.log.v1.ReplicaVitals;
import io.pilothouse.api.v1.HealthCode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** What is wrong with replicas that are up. */
final class ReplicaHealth {

  /** Half of the shortest election timeout: beyond, followers may believe the leader gone. */
  static final Duration SLOW_SYNC = Duration.ofMillis(500);

  private ReplicaHealth() {}

  static List<HealthCode> codes(Map<String, ReplicaVitals> vitals) {
    List<HealthCode> codes = new ArrayList<>();
    vitals.forEach(
        (id, each) -> {
          if (DiskGuard.isBelow(each, DiskGuard.WARN)) {
            codes.add(diskLow(id, each));
          }
          if (each.getSyncUs() > SLOW_SYNC.toNanos() / 1000) {
            codes.add(slowDisk(id, each));
          }
          if (!each.getDisagrees().isEmpty()) {
            codes.add(divergent(id, each));
          }
        });
    return codes;
  }

  private static HealthCode diskLow(String id, ReplicaVitals vitals) {
    boolean stopped = DiskGuard.isBelow(vitals, DiskGuard.FLOOR);
    return StatusReads.code("DM_DISK_LOW", stopped ? "ERR" : "WARN", 1)
        .setScope("dm/" + id)
        .setAction("make room on the disk of " + id + "'s data directory")
        .setText(
            ("the disk of replica %s has %d MiB left; below %d MiB no writes are taken while it"
                    + " leads or the majority needs it")
                .formatted(id, vitals.getDiskFree() >> 20, DiskGuard.FLOOR >> 20))
        .build();
  }

  private static HealthCode slowDisk(String id, ReplicaVitals vitals) {
    return StatusReads.code("DM_DISK_SLOW", "WARN", 1)
        .setScope("dm/" + id)
        .setAction("iostat -x 1 on the host of " + id)
        .setText(
            "a sync of the log of replica %s took %d ms within the last minute"
                .formatted(id, vitals.getSyncUs() / 1000))
        .build();
  }

  private static HealthCode divergent(String id, ReplicaVitals vitals) {
    return StatusReads.code("DM_DIVERGENT", "ERR", 1)
        .setScope("dm/" + id)
        .setAction("start the replicas that are down: a majority decides which state is right")
        .setText(vitals.getDisagrees())
        .build();
  }
}
