package io.pilothouse.provisioning;

import io.pilothouse.api.v1.PullProvisioningReply;
import io.pilothouse.api.v1.PullProvisioningRequest;
import io.pilothouse.api.v1.ReportDiscoveredRequest;
import io.pilothouse.api.v1.ReportProvisioningRequest;
import io.pilothouse.api.v1.SatelliteGrpc;
import io.pilothouse.client.DmClient;
import java.time.Duration;

/** What this service asks of the Device Manager. */
interface ProvisioningDm {

  /** Answers with at least this revision, when there is news or the wait is over. */
  PullProvisioningReply pull(long revision, Duration wait);

  void discovered(ReportDiscoveredRequest report);

  /** Returns the revision at which the report is in effect. */
  long report(ReportProvisioningRequest report);

  /** Over the network. */
  record Remote(DmClient client) implements ProvisioningDm {
    private static final Duration DEADLINE = Duration.ofSeconds(10);
    private static final Duration BEYOND_WAIT = Duration.ofSeconds(3);

    @Override
    public PullProvisioningReply pull(long revision, Duration wait) {
      PullProvisioningRequest request =
          PullProvisioningRequest.newBuilder()
              .setRevision(revision)
              .setWaitMs(wait.toMillis())
              .build();
      return client.any(
          wait.plus(DEADLINE),
          wait.plus(BEYOND_WAIT),
          channel -> SatelliteGrpc.newBlockingStub(channel).pullProvisioning(request));
    }

    @Override
    public void discovered(ReportDiscoveredRequest report) {
      client.leader(
          DEADLINE, channel -> SatelliteGrpc.newBlockingStub(channel).reportDiscovered(report));
    }

    @Override
    public long report(ReportProvisioningRequest report) {
      return client
          .leader(
              DEADLINE,
              channel -> SatelliteGrpc.newBlockingStub(channel).reportProvisioning(report))
          .getRevision();
    }
  }
}
