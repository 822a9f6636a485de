package io.pilothouse.dm.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.pilothouse.api.log.v1.ReplicaVitals;
import io.pilothouse.dm.state.Levels;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Replicas that are up and not well. */
class ReplicaHealthTest {

  private static final long GIB = 1 << 30;

  private final EdgeHarness dm = new EdgeHarness();

  @BeforeEach
  void load() {
    dm.fleet.apply();
    dm.fleet.serve("web-01", EdgeHarness.KEY);
  }

  @AfterEach
  void close() {
    dm.close();
  }

  private static ReplicaVitals.Builder replica(String id) {
    return ReplicaVitals.newBuilder().setReplica(id).setDiskFree(90 * GIB).setDiskSize(100 * GIB);
  }

  @Test
  void aLeaderWhoseDiskFillsTakesNoWritesAndGoesOnReading() {
    dm.ledger.vitalsAre(replica("dm-1").setDiskFree(511L << 20).build());
    dm.clock.pass(Duration.ofSeconds(2));
    int before = dm.ledger.submitted().size();

    StatusRuntimeException refused = EdgeHarness.refusal(() -> dm.hold("web-01"));

    assertThat(refused.getStatus().getCode()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
    assertThat(refused.getStatus().getDescription())
        .contains("the disk of the leader dm-1 has 511 MiB left");
    assertThat(EdgeHarness.remedy(refused)).contains("make room on the disk of dm-1");
    assertThat(dm.ledger.submitted()).hasSize(before);
    assertThat(dm.codes()).contains("DM_DISK_LOW");

    dm.ledger.vitalsAre(replica("dm-1").build());
    dm.clock.pass(Duration.ofSeconds(2));
    assertThat(dm.hold("web-01").getRevision()).isPositive();
    assertThat(dm.codes()).doesNotContain("DM_DISK_LOW");
  }

  @Test
  void anothersFullDiskIsAWarningOnly() {
    dm.ledger.vitalsAre(replica("dm-1").build(), replica("dm-2").setDiskFree(1023L << 20).build());
    dm.clock.pass(Duration.ofSeconds(2));

    assertThat(dm.codes()).contains("DM_DISK_LOW");
    assertThat(dm.hold("web-01").getRevision()).isPositive();
  }

  @Test
  void aDiskOfUnknownSizeIsNoTrouble() {
    dm.ledger.vitalsAre(ReplicaVitals.newBuilder().setReplica("dm-1").build());
    dm.clock.pass(Duration.ofSeconds(2));

    assertThat(dm.hold("web-01").getRevision()).isPositive();
    assertThat(dm.codes()).doesNotContain("DM_DISK_LOW", "DM_DISK_SLOW", "DM_DIVERGENT");
  }

  @Test
  void slowSyncsAndDisagreementsAreToldWithTheirReplica() {
    dm.ledger.vitalsAre(
        replica("dm-1").setSyncUs(600_000).build(),
        replica("dm-2").setDisagrees("the state at index 500 differs among [dm-1, dm-2]").build());

    assertThat(dm.codes()).contains("DM_DISK_SLOW", "DM_DIVERGENT");
  }

  @Test
  void anUpgradeThatIsUnderWayIsShown() {
    int newest = Levels.BUILD.max();
    dm.ledger.vitalsAre(
        replica("dm-1").setVersion("0.2.0").setMaxLevel(newest).build(),
        replica("dm-2").setVersion("0.1.0").setMaxLevel(newest).build());
    assertThat(dm.codes()).contains("DM_MIXED_BUILDS").doesNotContain("DM_NOT_FINALISED");
  }

  @Test
  void oneThatIsDoneAndNotFinalisedIsShownWhenAllReplicasAreKnown() {
    int later = Levels.BUILD.max() + 1;
    dm.ledger.vitalsAre(
        replica("dm-1").setMaxLevel(later).build(), replica("dm-2").setMaxLevel(later).build());
    assertThat(dm.codes()).doesNotContain("DM_NOT_FINALISED");
    dm.ledger.vitalsAre(
        replica("dm-1").setMaxLevel(later).build(),
        replica("dm-2").setMaxLevel(later).build(),
        replica("dm-3").setMaxLevel(later + 1).build());
    assertThat(dm.codes()).contains("DM_NOT_FINALISED").doesNotContain("DM_MIXED_BUILDS");
  }
}
