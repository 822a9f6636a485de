package io.pilothouse.dm.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.grpc.Channel;
import io.grpc.ClientInterceptors;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.health.v1.HealthGrpc;
import io.grpc.stub.MetadataUtils;
import io.pilothouse.api.v1.GetStatusRequest;
import io.pilothouse.api.v1.MachineApiGrpc;
import io.pilothouse.api.v1.OperatorGrpc;
import io.pilothouse.api.v1.PullRequest;
import io.pilothouse.api.v1.StatusReply;
import io.pilothouse.client.DmClient;
import io.pilothouse.client.DmException;
import io.pilothouse.client.LightClient;
import io.pilothouse.client.PeerConnection;
import io.pilothouse.client.ServerAddress;
import io.pilothouse.client.UnreachableException;
import io.pilothouse.dm.raft.HostPort;
import io.pilothouse.dm.raft.Peer;
import io.pilothouse.dm.raft.ReplicaConfig;
import io.pilothouse.dm.record.RecordSettings;
import io.pilothouse.pki.Authority;
import io.pilothouse.tls.Peers;
import io.pilothouse.tls.TlsDirectory;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** One replica behind mutual TLS, for all tests: who is let in, and as whom. */
class TlsPortsTest {
  private static final Duration LONG = Duration.ofSeconds(20);
  private static final Duration SHORT = Duration.ofSeconds(3);

  @TempDir static Path dir;
  private static Authority authority;
  private static Peer self;
  private static DeviceManager dm;

  @BeforeAll
  static void starts() throws Exception {
    authority = Authority.create(dir.resolve("ca"), "test", Duration.ofDays(1));
    List<HostPort> free = new ArrayList<>();
    List<ServerSocket> held = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
      held.add(socket);
      free.add(new HostPort("127.0.0.1", socket.getLocalPort()));
    }
    for (ServerSocket socket : held) {
      socket.close();
    }
    self = new Peer("dm-1", free.get(0), free.get(1), free.get(2));
    dm =
        DeviceManager.start(
            new ReplicaConfig(
                "dm-1",
                "test",
                dir.resolve("dm-1"),
                List.of(self),
                RecordSettings.DEFAULT,
                Optional.of(of("dm/dm-1"))));
    var unused = status(of("operator/first")); // there is a leader
  }

  @AfterAll
  static void ends() {
    dm.close();
  }

  private static TlsDirectory of(String principal) {
    Path place = authority.place(authority.name(principal));
    if (!Files.exists(place)) {
      try {
        authority.issue(authority.name(principal), Duration.ofDays(1), List.of(), place);
      } catch (IOException e) {
        throw new AssertionError(e);
      }
    }
    return TlsDirectory.open(place);
  }

  private static StatusReply status(TlsDirectory tls) {
    return status(tls.name().principal(), Optional.of(tls), LONG);
  }

  private static StatusReply status(
      String principal, Optional<TlsDirectory> tls, Duration deadline) {
    return new LightClient(List.of(self.http().toString()), principal, tls)
        .call("GetStatus", GetStatusRequest.getDefaultInstance(), StatusReply.parser(), deadline);
  }

  private static <T> T grpc(
      String principal, Optional<TlsDirectory> tls, Duration deadline, Function<Channel, T> call) {
    try (DmClient client =
        new DmClient(List.of(self.grpc().toString()), principal, Optional::empty, tls)) {
      return client.leader(deadline, call);
    }
  }

  private static StatusReply askStatus(Channel channel) {
    return OperatorGrpc.newBlockingStub(channel).getStatus(GetStatusRequest.getDefaultInstance());
  }

  private static Channel withHeader(Channel channel, Metadata.Key<String> key, String value) {
    Metadata headers = new Metadata();
    headers.put(key, value);
    return ClientInterceptors.intercept(
        channel, MetadataUtils.newAttachHeadersInterceptor(headers));
  }

  @Test
  void anOperatorIsWhoTheCertificateSays() {
    TlsDirectory alice = of("operator/alice");
    assertThat(status(alice).getLeader()).isEqualTo("dm-1");
    assertThat(
            grpc("operator/alice", Optional.of(alice), LONG, TlsPortsTest::askStatus).getLeader())
        .isEqualTo("dm-1");
  }

  @Test
  void certificatesThatEndSoonAreInTheStatus() {
    TlsDirectory carol = of("operator/carol");
    StatusReply status = grpc("operator/carol", Optional.of(carol), LONG, TlsPortsTest::askStatus);
    assertThat(status.getCodesList())
        .filteredOn(each -> each.getCode().equals("CERTIFICATE_EXPIRES"))
        .singleElement()
        .satisfies(each -> assertThat(each.getCount()).isGreaterThanOrEqualTo(2));
    assertThat(status(carol).getHealth()).as("a day is left").isEqualTo("HEALTH_ERR");
  }

  @Test
  void aMachinesCertificateSpeaksForNoOther() {
    Optional<TlsDirectory> web01 = Optional.of(of("machine/web-01"));
    assertThatThrownBy(
            () ->
                grpc(
                    "machine/web-02",
                    web01,
                    LONG,
                    channel ->
                        MachineApiGrpc.newBlockingStub(channel)
                            .pull(PullRequest.newBuilder().setMachine("web-02").build())))
        .isInstanceOfSatisfying(
            DmException.class,
            e -> {
              assertThat(e.code()).isEqualTo("PERMISSION_DENIED");
              assertThat(e).hasMessageContaining("machine/web-01").hasMessageContaining("web-02");
            });
    assertThatThrownBy(() -> status("operator/alice", web01, LONG))
        .hasMessageContaining("the certificate is of machine/web-01")
        .hasMessageContaining("operator/alice");
  }

  @Test
  void whatOnlyTheHttpPortMaySayIsNotBelievedFromOutside() throws Exception {
    TlsDirectory web01 = of("machine/web-01");
    assertThatThrownBy(
            () ->
                grpc(
                    "machine/web-01",
                    Optional.of(web01),
                    LONG,
                    channel ->
                        askStatus(withHeader(channel, CallerIdentity.VERIFIED, "operator/root"))))
        .isInstanceOfSatisfying(
            DmException.class, e -> assertThat(e.code()).isEqualTo("PERMISSION_DENIED"));
    HttpResponse<String> answer =
        send(
            web01,
            HttpRequest.newBuilder(page("/pilothouse.v1.Operator/GetStatus"))
                .header("content-type", "application/json")
                .header(CallerIdentity.VERIFIED.name(), "operator/root")
                .POST(HttpRequest.BodyPublishers.ofString("{}")));
    assertThat(answer.statusCode()).isEqualTo(403);
    assertThat(answer.body()).contains("machine/web-01");
  }

  @Test
  void aKindThatCallsNothingIsTurnedAway() {
    assertThatThrownBy(() -> status(of("dm/dm-2")))
        .hasMessageContaining("the certificate is of dm/dm-2");
  }

  private static PeerConnection connection(String principal) {
    return new PeerConnection(
        new ServerAddress("127.0.0.1", self.grpc().port()),
        principal,
        Peers.DEVICE_MANAGER,
        Optional.of(of(principal)));
  }

  private static HealthGrpc.HealthBlockingStub health(PeerConnection by) {
    return HealthGrpc.newBlockingStub(by.channel())
        .withDeadlineAfter(LONG.toSeconds(), TimeUnit.SECONDS);
  }

  private static void checksHealth(PeerConnection by) {
    assertThat(health(by).check(HealthCheckRequest.getDefaultInstance()).getStatus())
        .isIn(ServingStatus.SERVING, ServingStatus.NOT_SERVING);
  }

  private static void watchesHealth(PeerConnection by) {
    // and goes on to
    assertThat(health(by).watch(HealthCheckRequest.getDefaultInstance()).next().getStatus())
        .isIn(ServingStatus.SERVING, ServingStatus.NOT_SERVING);
  }

  @Test
  void oneCertificateHasFewCallsOpenThatNeedNoRole() {
    try (PeerConnection many = connection("machine/web-03");
        PeerConnection other = connection("operator/dora")) {
      for (int i = 0; i < 16; i++) {
        watchesHealth(many);
      }

      StatusRuntimeException refused = EdgeHarness.refusal(() -> watchesHealth(many));

      assertThat(refused.getStatus().getCode()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
      assertThat(refused.getStatus().getDescription()).contains("16 by one certificate");
      watchesHealth(other);
    }
    try (PeerConnection again = connection("machine/web-03")) {
      EdgeHarness.until(() -> isTaken(() -> watchesHealth(again)));
    }
  }

  @Test
  void oneCertificateHasFewConnections() {
    List<PeerConnection> open = new ArrayList<>();
    try (PeerConnection tooMany = connection("machine/web-04");
        PeerConnection other = connection("machine/web-05")) {
      for (int i = 0; i < 16; i++) {
        open.add(connection("machine/web-04"));
        checksHealth(open.get(i));
      }

      StatusRuntimeException refused = EdgeHarness.refusal(() -> checksHealth(tooMany));

      assertThat(refused.getStatus().getCode()).isEqualTo(Status.Code.UNAVAILABLE);
      checksHealth(other);
      checksHealth(open.get(0));
    } finally {
      open.forEach(PeerConnection::close);
    }
    EdgeHarness.until(
        () -> {
          try (PeerConnection again = connection("machine/web-04")) {
            return isTaken(() -> checksHealth(again));
          }
        });
  }

  private static boolean isTaken(Runnable call) {
    try {
      call.run();
      return true;
    } catch (StatusRuntimeException e) {
      return false;
    }
  }

  @Test
  void pagesTellUntilWhenTheCertificateIsGood() throws Exception {
    TlsDirectory prometheus = of("operator/prometheus");
    assertThat(send(prometheus, HttpRequest.newBuilder(page("/metrics"))).body())
        .containsPattern("pilot_tls_certificate_expiry_seconds \\d{4,}");
    assertThat(send(prometheus, HttpRequest.newBuilder(page("/status"))).body())
        .contains("\"tls_principal\":\"dm/dm-1\"");
  }

  @Test
  void withoutACertificateNoPageIsShown() {
    assertThatThrownBy(
            () -> {
              try (HttpClient client =
                  HttpClient.newBuilder().sslContext(trustingOnly(of("operator/alice"))).build()) {
                client.send(
                    HttpRequest.newBuilder(page("/metrics")).build(),
                    HttpResponse.BodyHandlers.ofString());
              }
            })
        .isInstanceOf(IOException.class);
  }

  private static javax.net.ssl.SSLContext trustingOnly(TlsDirectory tls) throws Exception {
    javax.net.ssl.SSLContext context = javax.net.ssl.SSLContext.getInstance("TLSv1.3");
    context.init(
        null, new javax.net.ssl.TrustManager[] {tls.trustManager(Peers.DEVICE_MANAGER)}, null);
    return context;
  }

  @Test
  void plainClientsAreToldToUseTls() {
    assertThatThrownBy(() -> status("operator/alice", Optional.empty(), SHORT))
        .isInstanceOf(UnreachableException.class)
        .hasMessageContaining("the port speaks TLS: give --tls DIR");
    assertThatThrownBy(
            () -> grpc("operator/alice", Optional.empty(), SHORT, TlsPortsTest::askStatus))
        .isInstanceOf(UnreachableException.class)
        .hasMessageContaining("the port speaks TLS: give --tls DIR");
  }

  @Test
  void anotherAuthorityIsToldApart() throws IOException {
    Authority other = Authority.create(dir.resolve("other"), "test", Duration.ofDays(1));
    Path place = other.place(other.name("operator/alice"));
    other.issue(other.name("operator/alice"), Duration.ofDays(1), List.of(), place);
    Optional<TlsDirectory> stranger = Optional.of(TlsDirectory.open(place));
    assertThatThrownBy(() -> status("operator/alice", stranger, SHORT))
        .isInstanceOf(UnreachableException.class)
        .hasMessageContaining("no authority of ca.pem has issued it");
    assertThatThrownBy(() -> grpc("operator/alice", stranger, SHORT, TlsPortsTest::askStatus))
        .isInstanceOf(UnreachableException.class)
        .hasMessageContaining("no authority of ca.pem has issued it");
  }

  private static URI page(String path) {
    return URI.create("https://" + self.http() + path);
  }

  private static HttpResponse<String> send(TlsDirectory tls, HttpRequest.Builder request)
      throws IOException, InterruptedException {
    try (HttpClient client =
        HttpClient.newBuilder().sslContext(tls.client(Peers.DEVICE_MANAGER)).build()) {
      return client.send(request.timeout(LONG).build(), HttpResponse.BodyHandlers.ofString());
    }
  }
}
