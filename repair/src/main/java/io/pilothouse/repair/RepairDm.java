package io.pilothouse.repair;

import io.pilothouse.api.v1.ClaimRepairRequest;
import io.pilothouse.api.v1.PullRepairsReply;
import io.pilothouse.api.v1.PullRepairsRequest;
import io.pilothouse.api.v1.ReportRepairRequest;
import io.pilothouse.api.v1.SatelliteGrpc;
import io.pilothouse.client.DmClient;
import java.time.Duration;

/** What this service asks of the Device Manager; writes return their revision. */
interface RepairDm {

  /** Answers with at least this revision, when there is news or the wait is over. */
  PullRepairsReply pull(long revision, Duration wait);

  long claim(ClaimRepairRequest claim);

  long report(ReportRepairRequest report);

  /** Over the network. */
  record Remote(DmClient client) implements RepairDm {
    private static final Duration DEADLINE = Duration.ofSeconds(10);
    private static final Duration BEYOND_WAIT = Duration.ofSeconds(3);

    @Override
    public PullRepairsReply pull(long revision, Duration wait) {
      PullRepairsRequest request =
          PullRepairsRequest.newBuilder().setRevision(revision).setWaitMs(wait.toMillis()).build();
      return client.any(
          wait.plus(DEADLINE),
          wait.plus(BEYOND_WAIT),
          channel -> SatelliteGrpc.newBlockingStub(channel).pullRepairs(request));
    }

    @Override
    public long claim(ClaimRepairRequest claim) {
      return client
          .leader(DEADLINE, channel -> SatelliteGrpc.newBlockingStub(channel).claimRepair(claim))
          .getRevision();
    }

    @Override
    public long report(ReportRepairRequest report) {
      return client
          .leader(DEADLINE, channel -> SatelliteGrpc.newBlockingStub(channel).reportRepair(report))
          .getRevision();
    }
  }
}
