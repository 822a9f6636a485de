package io.pilothouse.client;

import static java.time.Duration.ofMillis;
import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.grpc.Channel;
import io.grpc.Status;
import io.pilothouse.api.v1.AcquireLeaseRequest;
import io.pilothouse.api.v1.SatelliteGrpc;
import java.io.IOException;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

final class DmClientTest {
  private FakeReplica one;
  private FakeReplica two;

  @BeforeEach
  void start() throws IOException {
    one = new FakeReplica();
    two = new FakeReplica();
  }

  @AfterEach
  void stop() {
    one.close();
    two.close();
  }

  private static long ask(Channel channel) {
    return SatelliteGrpc.newBlockingStub(channel)
        .acquireLease(AcquireLeaseRequest.getDefaultInstance())
        .getRevision();
  }

  private DmClient client() {
    return new DmClient(List.of(one.address(), two.address()), "satellite/repair-1");
  }

  @Test
  void saysWhoAsksUnderAFreshRequestId() {
    try (DmClient client =
        new DmClient(List.of(one.address()), "machine/web-03", () -> Optional.of("secret"))) {
      client.leader(ofSeconds(10), DmClientTest::ask);
      client.leader(ofSeconds(10), DmClientTest::ask);
    }
    assertThat(one.header(0, "pilot-principal")).isEqualTo("machine/web-03");
    assertThat(one.header(0, "pilot-key")).isEqualTo("secret");
    assertThat(one.header(0, "pilot-request-id"))
        .matches("[0-9a-f]{16}")
        .isNotEqualTo(one.header(1, "pilot-request-id"));
  }

  @Test
  void followsTheNamedLeaderAndKeepsToIt() {
    one.that(FakeReplica.isFollowerOf(two));
    two.that(FakeReplica.answers(7));
    try (DmClient client = client()) {
      assertThat(client.leader(ofSeconds(10), DmClientTest::ask)).isEqualTo(7);
      assertThat(client.leader(ofSeconds(10), DmClientTest::ask)).isEqualTo(7);
    }
    assertThat(one.calls).hasSize(1);
    assertThat(two.calls).hasSize(2);
    assertThat(two.header(0, "pilot-request-id")).isEqualTo(one.header(0, "pilot-request-id"));
  }

  @Test
  void findsALeaderThatIsNotInItsList() {
    one.that(FakeReplica.isFollowerOf(two));
    two.that(FakeReplica.answers(7));
    try (DmClient client = new DmClient(List.of(one.address()), "satellite/x")) {
      assertThat(client.leader(ofSeconds(10), DmClientTest::ask)).isEqualTo(7);
    }
  }

  @Test
  @Timeout(25)
  void aHungLeaderDoesNotEatTheDeadline() {
    one.that(FakeReplica.hangs());
    two.that(FakeReplica.answers(7));
    try (DmClient client = client()) {
      long revision = client.leader(ofSeconds(30), ofMillis(300), DmClientTest::ask);
      assertThat(revision).isEqualTo(7);
    }
  }

  @Test
  void aHungLeaderThatOthersStillNameIsNotFollowedAtOnce() {
    one.that(FakeReplica.hangs());
    two.that(FakeReplica.isFollowerOf(one));
    try (DmClient client = client()) {
      assertThatThrownBy(
              () -> client.leader(Duration.ofMillis(900), ofMillis(200), DmClientTest::ask))
          .isInstanceOf(UnreachableException.class);
    }
    // redirected without a pause it would be asked again and again within a millisecond
    assertThat(two.calls).hasSizeBetween(1, 15);
  }

  @Test
  void refusalsAreThrownWithTheirRemedyAndNotRetried() {
    one.that(
        FakeReplica.refuses(
            Status.FAILED_PRECONDITION.withDescription("repair-2 holds it"),
            "pilot-remedy",
            "wait"));
    try (DmClient client = client()) {
      DmException refused =
          catchThrowableOfType(
              DmException.class, () -> client.leader(ofSeconds(10), DmClientTest::ask));
      assertThat(refused).hasMessage("repair-2 holds it");
      assertThat(refused.code()).isEqualTo("FAILED_PRECONDITION");
      assertThat(refused.precondition()).isTrue();
      assertThat(refused.remedy()).isEqualTo("wait");
    }
    assertThat(one.calls).hasSize(1);
    assertThat(two.calls).isEmpty();
  }

  @Test
  void aBusyLeaderIsAskedAgainAfterTheTimeItNames() {
    one.that(FakeReplica.isBusy(2, 20, FakeReplica.answers(7)));
    long start = System.nanoTime();
    try (DmClient client = client()) {
      assertThat(client.leader(ofSeconds(30), DmClientTest::ask)).isEqualTo(7);
    }
    assertThat(Duration.ofNanos(System.nanoTime() - start)).isGreaterThan(ofMillis(40));
    assertThat(one.calls).hasSize(3);
    assertThat(two.calls).as("no other one leads").isEmpty();
  }

  @Test
  void whereAnyReplicaDoesAFreeOneIsAskedInPlaceOfABusyOne() {
    one.that(FakeReplica.isBusy(100, 60_000, FakeReplica.answers(6)));
    two.that(FakeReplica.answers(7));
    try (DmClient client = client()) {
      for (int i = 0; i < 4; i++) {
        assertThat(client.any(ofSeconds(30), DmClientTest::ask)).isEqualTo(7);
      }
    }
  }

  @Test
  void theSameWhicheverOfThemIsBusy() {
    one.that(FakeReplica.answers(7));
    two.that(FakeReplica.isBusy(100, 60_000, FakeReplica.answers(6)));
    for (int i = 0; i < 8; i++) {
      // each begins with one or the other
      try (DmClient client = client()) {
        assertThat(client.any(ofSeconds(30), DmClientTest::ask)).isEqualTo(7);
      }
    }
  }

  @Test
  void givesUpOnABusyDeviceManagerAfterSomeTriesAndSaysSo() {
    one.that(FakeReplica.isBusy(100, 1, FakeReplica.answers(7)));
    try (DmClient client = client()) {
      DmException busy =
          catchThrowableOfType(
              DmException.class, () -> client.leader(ofSeconds(30), DmClientTest::ask));
      assertThat(busy)
          .hasMessage("the Device Manager is busy, tried 6 times: 512 calls are under way");
      assertThat(busy.code()).isEqualTo("RESOURCE_EXHAUSTED");
    }
    assertThat(one.calls).hasSize(6);
  }

  @Test
  void doesNotWaitForATimeBeyondItsDeadline() {
    one.that(FakeReplica.isBusy(100, 3_600_000, FakeReplica.answers(7)));
    try (DmClient client = client()) {
      assertThatThrownBy(() -> client.leader(ofSeconds(30), DmClientTest::ask))
          .isInstanceOf(DmException.class)
          .hasMessage("512 calls are under way");
    }
    assertThat(one.calls).hasSize(1);
  }

  @Test
  void aRefusalForTheSizeOfARequestIsNotRetried() {
    one.that(
        FakeReplica.refuses(
            Status.RESOURCE_EXHAUSTED.withDescription("above 4 MiB"), "pilot-remedy", "less"));
    try (DmClient client = client()) {
      assertThatThrownBy(() -> client.leader(ofSeconds(30), DmClientTest::ask))
          .hasMessage("above 4 MiB");
    }
    assertThat(one.calls).hasSize(1);
  }

  @Test
  void saysWhomItTriedWhenNobodyAnswers() throws Exception {
    int free;
    try (ServerSocket socket = new ServerSocket(0)) {
      free = socket.getLocalPort();
    }
    one.that(
        FakeReplica.refuses(Status.UNAVAILABLE.withDescription("no quorum"), "pilot-leader", ""));
    try (DmClient client =
        new DmClient(List.of("127.0.0.1:" + free, one.address()), "satellite/x")) {
      assertThatThrownBy(() -> client.leader(ofMillis(600), DmClientTest::ask))
          .isInstanceOf(UnreachableException.class)
          .hasMessageContaining("127.0.0.1:" + free + " (")
          .hasMessageContaining("refused")
          .hasMessageContaining(one.address() + " (no quorum)");
    }
  }

  @Test
  void findsAServerThatComesBack() throws Exception {
    int port = one.port();
    try (DmClient client = new DmClient(List.of(one.address()), "satellite/x")) {
      client.any(ofSeconds(10), DmClientTest::ask);
      one.close();
      assertThatThrownBy(() -> client.any(ofMillis(400), DmClientTest::ask))
          .isInstanceOf(UnreachableException.class);
      one = new FakeReplica(port).that(FakeReplica.answers(9));
      long back = client.any(ofSeconds(10), DmClientTest::ask);
      assertThat(back).isEqualTo(9);
    }
  }

  @Test
  void anInterruptEndsTheCall() throws Exception {
    one.that(FakeReplica.hangs());
    try (DmClient client = new DmClient(List.of(one.address()), "satellite/x")) {
      Thread.currentThread().interrupt();
      assertThatThrownBy(() -> client.leader(ofSeconds(30), ofSeconds(30), DmClientTest::ask))
          .isInstanceOfSatisfying(
              DmException.class, e -> assertThat(e.code()).isEqualTo("CANCELLED"));
      assertThat(Thread.interrupted()).isTrue();
    }
  }

  @Test
  void refusesBadAddresses() {
    assertThatThrownBy(() -> new DmClient(List.of("nowhere"), "satellite/x"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("'nowhere'");
  }
}
