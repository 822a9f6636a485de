package io.pilothouse.dm.server;

import static io.pilothouse.dm.server.EdgeHarness.refusal;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.pilothouse.api.v1.AcquireLeaseRequest;
import io.pilothouse.api.v1.FrameworkEnd;
import io.pilothouse.api.v1.OfferAgent;
import io.pilothouse.api.v1.OfferFramework;
import io.pilothouse.api.v1.ReadOffersReply;
import io.pilothouse.api.v1.ReadOffersRequest;
import io.pilothouse.api.v1.UpdateOffersRequest;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What a scheduler must not forget, over the wire. */
class OfferWritesTest {
  private final EdgeHarness dm = new EdgeHarness();
  private long token;

  @BeforeEach
  void fleet() {
    dm.fleet.apply();
    token = lease("scheduler-1");
  }

  @AfterEach
  void close() {
    dm.close();
  }

  private long lease(String holder) {
    return dm.satellite(holder)
        .acquireLease(
            AcquireLeaseRequest.newBuilder()
                .setRole("scheduler")
                .setHolder(holder)
                .setTtlMs(10_000)
                .setAddress("10.0.0.1:5051")
                .setApi("10.0.0.1:5050")
                .build())
        .getLease()
        .getToken();
  }

  private static OfferFramework framework(String id) {
    return OfferFramework.newBuilder()
        .setId(id)
        .setName("count")
        .setInfo(ByteString.copyFromUtf8("info"))
        .build();
  }

  private long writes(UpdateOffersRequest.Builder request) {
    return dm.satellite("scheduler-1").updateOffers(request.setToken(token).build()).getRevision();
  }

  private ReadOffersReply reads() {
    return dm.satellite("scheduler-1")
        .readOffers(ReadOffersRequest.newBuilder().setToken(token).build());
  }

  private StatusRuntimeException readRefused(String satellite, long under) {
    return refusal(
        () ->
            dm.satellite(satellite)
                .readOffers(ReadOffersRequest.newBuilder().setToken(under).build()));
  }

  @Test
  void oneThatWasTakenForEndedWritesAndReadsNothingMore() {
    long next =
        dm.satellite("scheduler-2")
            .acquireLease(
                AcquireLeaseRequest.newBuilder()
                    .setRole("scheduler")
                    .setHolder("scheduler-2")
                    .setTtlMs(10_000)
                    .setEnded(token)
                    .build())
            .getLease()
            .getToken();

    assertThat(next).isGreaterThan(token);
    assertThat(refusal(() -> writes(UpdateOffersRequest.newBuilder())).getStatus().getCode())
        .isEqualTo(Status.Code.ABORTED);
    assertThat(readRefused("scheduler-1", token).getStatus().getCode())
        .isEqualTo(Status.Code.ABORTED);
    assertThat(refusal(() -> lease("scheduler-1")).getStatus().getCode())
        .isEqualTo(Status.Code.FAILED_PRECONDITION);
  }

  @Test
  void whatIsWrittenIsRead() {
    assertThat(reads().getFrameworksList()).isEmpty();
    long at = dm.clock.now().toEpochMilli();
    long revision =
        writes(
            UpdateOffersRequest.newBuilder()
                .addFrameworks(framework("f-2"))
                .addFrameworks(framework("f-1"))
                .addAgents(
                    OfferAgent.newBuilder()
                        .setMachine("web-01")
                        .setId("a-1")
                        .setHeld(ByteString.copyFromUtf8("reserved")))
                .addAgents(OfferAgent.newBuilder().setMachine("web-02").setId("b-1")));
    var unused =
        writes(
            UpdateOffersRequest.newBuilder()
                .addFrameworksEnded(FrameworkEnd.newBuilder().setId("f-2").setWhy("torn down"))
                .addAgentsGone("web-02"));

    ReadOffersReply all = reads();

    assertThat(all.getRevision()).isGreaterThan(revision);
    assertThat(all.getFrameworksList())
        .extracting(OfferFramework::getId)
        .containsExactly("f-1", "f-2");
    assertThat(all.getFrameworks(0))
        .isEqualTo(framework("f-1").toBuilder().setSince(all.getFrameworks(0).getSince()).build());
    assertThat(all.getFrameworks(0).getSince()).isGreaterThanOrEqualTo(at);
    assertThat(all.getFrameworks(1).getEndedAt()).isPositive();
    assertThat(all.getFrameworks(1).getEndedWhy()).isEqualTo("torn down");
    assertThat(all.getAgentsList())
        .extracting(OfferAgent::getId)
        .as("what is said to be gone stays while its machine is in the fleet")
        .containsExactly("a-1", "b-1");
    assertThat(all.getAgents(0).getHeld().toStringUtf8()).isEqualTo("reserved");
  }

  @Test
  void aLeaderThatIsNoneAnyMoreNeitherWritesNorReads() {
    var unused = writes(UpdateOffersRequest.newBuilder().addFrameworks(framework("f-1")));
    dm.clock.pass(Duration.ofSeconds(11));
    assertThat(readRefused("scheduler-1", token).getStatus().getCode())
        .as("its lease ran out, and nobody has noted it yet")
        .isEqualTo(Status.Code.ABORTED);
    long next = lease("scheduler-2");

    StatusRuntimeException stale =
        refusal(() -> writes(UpdateOffersRequest.newBuilder().addFrameworks(framework("f-2"))));

    assertThat(stale.getStatus().getCode()).isEqualTo(Status.Code.ABORTED);
    assertThat(stale.getStatus().getDescription()).contains("scheduler-2 holds it");
    assertThat(readRefused("scheduler-1", token).getStatus().getCode())
        .isEqualTo(Status.Code.ABORTED);
    assertThat(
            dm.satellite("scheduler-2")
                .readOffers(ReadOffersRequest.newBuilder().setToken(next).build())
                .getFrameworksList())
        .hasSize(1);
  }

  @Test
  void aRefusalSaysWhatIsWrong() {
    StatusRuntimeException unknown =
        refusal(
            () ->
                writes(
                    UpdateOffersRequest.newBuilder()
                        .addAgents(OfferAgent.newBuilder().setMachine("web-77").setId("a"))));

    assertThat(unknown.getStatus().getCode()).isEqualTo(Status.Code.NOT_FOUND);
    assertThat(unknown.getStatus().getDescription()).contains("no machine \"web-77\" is known");
  }

  @Test
  void itIsReadFromTheLeaderAlone() {
    dm.ledger.leaderIs(Optional.of(FakeLedger.OTHER));

    assertThat(readRefused("scheduler-1", token).getStatus().getCode())
        .isEqualTo(Status.Code.UNAVAILABLE);
  }
}
