package io.pilothouse.provisioning;

import io.pilothouse.api.v1.GetMachineRequest;
import io.pilothouse.api.v1.Machine;
import io.pilothouse.api.v1.OpenEnrolmentRequest;
import io.pilothouse.api.v1.OperatorGrpc;
import io.pilothouse.api.v1.PullProvisioningReply;
import io.pilothouse.api.v1.PullProvisioningRequest;
import io.pilothouse.api.v1.RedeemEnrolmentRequest;
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

  /** A token was made for a machine that is about to be booted into its installer. */
  void openEnrolment(OpenEnrolmentRequest request);

  /** Somebody shows a token; returns when it counts for this key. */
  void redeemEnrolment(RedeemEnrolmentRequest request);

  /** The machine of this name, as it stands. */
  Machine machine(String name);

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

    @Override
    public void openEnrolment(OpenEnrolmentRequest request) {
      client.leader(
          DEADLINE, channel -> SatelliteGrpc.newBlockingStub(channel).openEnrolment(request));
    }

    @Override
    public void redeemEnrolment(RedeemEnrolmentRequest request) {
      client.leader(
          DEADLINE, channel -> SatelliteGrpc.newBlockingStub(channel).redeemEnrolment(request));
    }

    @Override
    public Machine machine(String name) {
      GetMachineRequest request = GetMachineRequest.newBuilder().setName(name).build();
      return client
          .leader(DEADLINE, channel -> OperatorGrpc.newBlockingStub(channel).getMachine(request))
          .getMachine();
    }
  }
}
