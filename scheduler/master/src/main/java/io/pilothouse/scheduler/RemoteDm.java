package io.pilothouse.scheduler;

import io.pilothouse.api.v1.CheckAccessReply;
import io.pilothouse.api.v1.CheckAccessRequest;
import io.pilothouse.api.v1.PullOfferableReply;
import io.pilothouse.api.v1.PullOfferableRequest;
import io.pilothouse.api.v1.ReadOffersReply;
import io.pilothouse.api.v1.ReadOffersRequest;
import io.pilothouse.api.v1.SatelliteGrpc;
import io.pilothouse.api.v1.UpdateOffersRequest;
import io.pilothouse.client.DmClient;
import io.pilothouse.client.RequestIds;
import io.pilothouse.scheduler.agents.Rights;
import java.time.Duration;
import org.slf4j.MDC;

/** The Device Manager, as far as a scheduler speaks to it. */
record RemoteDm(DmClient client)
    implements Leader.DeviceManager, OffersWriter.DeviceManager, Rights.Judge {
  private static final Duration WAIT = Duration.ofSeconds(10);
  private static final Duration CALL = Duration.ofSeconds(3);

  /** For all that is kept: the Device Manager bounds it to some 60 MB. */
  private static final Duration READ = Duration.ofSeconds(20);

  private static final int LARGEST_READ = 128 << 20;

  @Override
  public PullOfferableReply pull(long revision) {
    PullOfferableRequest request =
        PullOfferableRequest.newBuilder().setRevision(revision).setWaitMs(WAIT.toMillis()).build();
    return client.any(
        WAIT.plus(CALL),
        WAIT.plus(CALL),
        channel -> SatelliteGrpc.newBlockingStub(channel).pullOfferable(request));
  }

  @Override
  public void begin(long token, long core) {
    update(
        UpdateOffersRequest.newBuilder().setToken(token).setCore(core).build(), RequestIds.fresh());
  }

  @Override
  public ReadOffersReply read(long token) {
    ReadOffersRequest request = ReadOffersRequest.newBuilder().setToken(token).build();
    return client.leader(
        READ,
        READ.dividedBy(2),
        channel ->
            SatelliteGrpc.newBlockingStub(channel)
                .withMaxInboundMessageSize(LARGEST_READ)
                .readOffers(request));
  }

  @Override
  public CheckAccessReply check(String principal) {
    CheckAccessRequest request = CheckAccessRequest.newBuilder().setPrincipal(principal).build();
    return client.leader(
        CALL, channel -> SatelliteGrpc.newBlockingStub(channel).checkAccess(request));
  }

  @Override
  public void update(UpdateOffersRequest request, String requestId) {
    MDC.put(RequestIds.LOG_KEY, requestId);
    try {
      client.leader(CALL, channel -> SatelliteGrpc.newBlockingStub(channel).updateOffers(request));
    } finally {
      MDC.remove(RequestIds.LOG_KEY);
    }
  }
}
