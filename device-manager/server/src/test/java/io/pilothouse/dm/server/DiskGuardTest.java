package io.pilothouse.dm.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.pilothouse.api.log.v1.ReplicaVitals;
import java.time.Duration;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

/** Of three replicas, of which the first leads. */
class DiskGuardTest {

  private static final long MIB = 1 << 20;

  private final TestClock clock = new TestClock();
  private final FakeLedger ledger = new FakeLedger(clock);
  private final DiskGuard guard = new DiskGuard(ledger, clock.clocks().nanos());

  private static ReplicaVitals has(String id, long mib) {
    return ReplicaVitals.newBuilder()
        .setReplica(id)
        .setDiskFree(mib * MIB)
        .setDiskSize(4_000 * MIB)
        .build();
  }

  private void heard(ReplicaVitals... vitals) {
    ledger.vitalsAre(vitals);
    clock.pass(Duration.ofSeconds(2));
  }

  private void assertTaken(ReplicaVitals... vitals) {
    heard(vitals);
    assertThat(guard.objection()).as(Arrays.toString(vitals)).isEmpty();
    assertThat(guard.hasRoomForTime()).as(Arrays.toString(vitals)).isTrue();
  }

  private StatusRuntimeException refusal(ReplicaVitals... vitals) {
    heard(vitals);
    StatusRuntimeException refusal = guard.objection().orElseThrow();
    assertThat(refusal.getStatus().getCode()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
    return refusal;
  }

  @Test
  void writesStopBeforeTheDisksOfTwoFollowersAreFullAndGoOnWhenOneHasRoom() {
    assertTaken(has("dm-1", 2_000), has("dm-2", 512), has("dm-3", 511));

    StatusRuntimeException refusal =
        refusal(has("dm-1", 2_000), has("dm-2", 300), has("dm-3", 511));
    assertThat(refusal.getStatus().getDescription())
        .contains("dm-2 and dm-3: too little is left on the disk")
        .contains("no majority of the 3 replicas");
    assertThat(EdgeHarness.remedy(refusal)).contains("make room on the disk of dm-2 and dm-3");
    assertThat(guard.hasRoomForTime()).isTrue();

    heard(has("dm-1", 2_000), has("dm-2", 255), has("dm-3", 300));
    assertThat(guard.objection()).isPresent();
    assertThat(guard.hasRoomForTime()).isTrue();

    heard(has("dm-1", 2_000), has("dm-2", 255), has("dm-3", 255));
    assertThat(guard.hasRoomForTime()).isFalse();

    assertTaken(has("dm-1", 2_000), has("dm-2", 255), has("dm-3", 600));
  }

  @Test
  void aFollowerWhoseDiskFillsIsNeededWhileTheOtherOneIsDown() {
    assertThat(refusal(has("dm-1", 2_000), has("dm-2", 300)).getStatus().getDescription())
        .contains("dm-2: too little");
  }

  @Test
  void whoWasNotHeardYetIsNotTakenForFull() {
    assertTaken();
    assertTaken(has("dm-1", 2_000));
    ReplicaVitals unknown = ReplicaVitals.newBuilder().setReplica("dm-2").build();
    assertTaken(has("dm-1", 2_000), unknown, has("dm-3", 100));
  }

  @Test
  void theLeadersOwnDiskIsSaidFirst() {
    assertThat(
            refusal(has("dm-1", 511), has("dm-2", 300), has("dm-3", 300))
                .getStatus()
                .getDescription())
        .contains("the disk of the leader dm-1 has 511 MiB left");
  }
}
