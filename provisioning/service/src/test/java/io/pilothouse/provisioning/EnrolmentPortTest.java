package io.pilothouse.provisioning;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpServer;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.pilothouse.api.v1.Lifecycle;
import io.pilothouse.api.v1.Machine;
import io.pilothouse.api.v1.OpenEnrolmentRequest;
import io.pilothouse.api.v1.PullProvisioningReply;
import io.pilothouse.api.v1.RedeemEnrolmentRequest;
import io.pilothouse.api.v1.ReportDiscoveredRequest;
import io.pilothouse.api.v1.ReportProvisioningRequest;
import io.pilothouse.client.DmException;
import io.pilothouse.client.ServerAddress;
import io.pilothouse.client.UnreachableException;
import io.pilothouse.pki.EnrolmentFile;
import io.pilothouse.pki.EnrolmentToken;
import io.pilothouse.pki.PendingKey;
import io.pilothouse.tls.HttpConnections;
import io.pilothouse.tls.HttpServers;
import io.pilothouse.tls.PeerName;
import io.pilothouse.tls.Peers;
import io.pilothouse.tls.TlsDirectory;
import java.io.IOException;
import java.io.InputStream;
import java.net.HttpURLConnection;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** From a token to a certificate that others believe, over real sockets. */
final class EnrolmentPortTest {
  private static final Duration YEAR = Duration.ofDays(365);

  @TempDir Path dir;
  private final FakeDm dm = new FakeDm();
  private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
  private final AtomicLong now = new AtomicLong();
  private final List<AutoCloseable> open = new ArrayList<>();
  private TestIssuer site;
  private Issuer issuer;
  private EnrolmentPort port;

  /** What came back. */
  private record Answer(int status, String text) {}

  @BeforeEach
  void start() throws Exception {
    site = TestIssuer.in(dir.resolve("pki"));
    issuer = site.issuer();
    EnrolmentLimits limits = new EnrolmentLimits(now::get);
    port =
        new EnrolmentPort(
                new ServerAddress("127.0.0.1", 0),
                issuer.tls(),
                new Enrolment(issuer, dm, limits, meters),
                limits)
            .start();
    open.add(port);
  }

  @AfterEach
  void stop() throws Exception {
    for (AutoCloseable each : open) {
      each.close();
    }
  }

  private HttpConnections newcomer(EnrolmentFile given) {
    return HttpConnections.ofNewcomer(
        new PeerName(Optional.empty(), "machine", "web-03"),
        Peers.SATELLITE,
        given.certificates(),
        given.lists());
  }

  private Answer post(HttpConnections connections, String path, String token, String body)
      throws IOException {
    HttpURLConnection call = connections.open("127.0.0.1:" + port.port(), path);
    call.setRequestMethod("POST");
    call.setDoOutput(true);
    call.setReadTimeout(10_000);
    if (!token.isEmpty()) {
      call.setRequestProperty("Authorization", "Bearer " + token);
    }
    call.getOutputStream().write(body.getBytes(UTF_8));
    int status = call.getResponseCode();
    try (InputStream in = status == 200 ? call.getInputStream() : call.getErrorStream()) {
      return new Answer(status, in == null ? "" : new String(in.readAllBytes(), UTF_8));
    }
  }

  private Answer enrols(EnrolmentToken token, PendingKey key) throws IOException {
    return post(newcomer(issuer.file(token)), "/v1/enrol/web-03", token.text(), key.request());
  }

  private PendingKey key(String place) throws IOException {
    return PendingKey.of(dir.resolve(place), "machine/web-03");
  }

  private EnrolmentToken opened(String machine) {
    EnrolmentToken token = EnrolmentToken.draw(machine);
    dm.open.put(machine, token.sha256());
    return token;
  }

  private double count(String outcome) {
    return meters.counter("pilot.enrolments", "outcome", outcome).count();
  }

  @Test
  void aTokenLeadsToACertificateThatOthersBelieve() throws Exception {
    EnrolmentToken token = opened("web-03");
    PendingKey key = key("disk/tls");
    Answer answer = enrols(token, key);
    assertThat(answer.status()).as(answer.text()).isEqualTo(200);
    key.complete(answer.text(), issuer.file(token));

    TlsDirectory machine = TlsDirectory.open(dir.resolve("disk/tls"));
    HttpServer replica =
        HttpServers.create(
            new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
            Optional.of(site.tls("dm/dm-1", YEAR)));
    replica.createContext(
        "/",
        exchange -> {
          byte[] who = HttpServers.caller(exchange).orElseThrow().toString().getBytes(UTF_8);
          exchange.sendResponseHeaders(200, who.length);
          exchange.getResponseBody().write(who);
          exchange.close();
        });
    replica.start();
    open.add(() -> replica.stop(0));
    HttpURLConnection call =
        HttpConnections.to(Peers.DEVICE_MANAGER, Optional.of(machine))
            .open("127.0.0.1:" + replica.getAddress().getPort(), "/");
    assertThat(new String(call.getInputStream().readAllBytes(), UTF_8))
        .isEqualTo("machine/web-03 of cluster west");
    assertThat(count("issued")).isEqualTo(1);
  }

  @Test
  void aReplayOfTheTokenWithAnotherKeyIsRefusedAndCounted() throws Exception {
    EnrolmentToken token = opened("web-03");
    assertThat(enrols(token, key("a")).status()).isEqualTo(200);
    assertThat(enrols(token, key("a")).status()).as("the answer was lost").isEqualTo(200);

    Answer thief = enrols(token, key("b"));

    assertThat(thief.status()).isEqualTo(403);
    assertThat(thief.text()).isEqualTo("the token was used for another key\nrevoke it\n");
    assertThat(count("refused")).isEqualTo(1);
  }

  @Test
  void aTokenOfAnotherMachineIsCalledByItsName() throws Exception {
    Answer answer = enrols(opened("web-04"), key("a"));
    assertThat(answer.status()).isEqualTo(403);
    assertThat(answer.text())
        .startsWith("the token is of machine web-04, and the certificate of web-03 is asked for\n");
  }

  @Test
  void aRequestForAnotherNameSpendsNoToken() throws Exception {
    EnrolmentToken token = opened("web-03");
    PendingKey other = PendingKey.of(dir.resolve("x"), "operator/alice");
    Answer answer = enrols(token, other);
    assertThat(answer.status()).isEqualTo(400);
    assertThat(answer.text()).contains("asks for 'operator/alice'; expected");
    assertThat(dm.redeemed).isEmpty();
  }

  @Test
  void nonsenseIsRefused() throws Exception {
    EnrolmentToken token = opened("web-03");
    HttpConnections newcomer = newcomer(issuer.file(token));
    assertThat(post(newcomer, "/v1/enrol/web-03", token.text(), "hello").status()).isEqualTo(400);
    assertThat(post(newcomer, "/v1/enrol/web-03", "short", "hello").status()).isEqualTo(400);
    assertThat(post(newcomer, "/v1/enrol/web-03", "", "hello").status()).isEqualTo(401);
    assertThat(post(newcomer, "/v1/enrol/../x", token.text(), "hello").status())
        .isGreaterThanOrEqualTo(400);
    assertThat(post(newcomer, "/v1/other", token.text(), "hello").status()).isEqualTo(404);
    assertThat(post(newcomer, "/v1/enrol/web-03", token.text(), "x".repeat(20_000)).status())
        .isEqualTo(413);
    assertThat(dm.redeemed).isEmpty();
  }

  @Test
  void whileTheDeviceManagerIsSilentItIsToBeTriedAgain() throws Exception {
    dm.silent = true;
    Answer answer = enrols(opened("web-03"), key("a"));
    assertThat(answer.status()).isEqualTo(503);
    assertThat(count("failed")).isEqualTo(1);
    dm.silent = false;
    assertThat(enrols(opened("web-03"), key("a")).status()).isEqualTo(200);
  }

  @Test
  void whoAsksWithoutEndIsToldToComeLaterAndMachinesRenewMeanwhile() throws Exception {
    EnrolmentToken token = opened("web-03");
    HttpConnections newcomer = newcomer(issuer.file(token));
    int later = 0;
    for (int i = 0; i < 25; i++) {
      later += post(newcomer, "/v1/other", token.text(), "x").status() == 429 ? 1 : 0;
    }
    assertThat(later).isEqualTo(5);
    assertThat(enrols(token, key("a")).status()).isEqualTo(429);
    TlsDirectory own = site.tls("machine/web-03", Duration.ofMinutes(10));
    assertThat(renews(own).status()).isEqualTo(200);

    now.addAndGet(Duration.ofSeconds(1).toNanos());
    assertThat(enrols(token, key("a")).status()).isEqualTo(200);
  }

  private Answer renews(TlsDirectory own) throws IOException {
    return post(
        HttpConnections.to(Peers.SATELLITE, Optional.of(own)),
        "/v1/renew",
        "",
        key("next").request());
  }

  @Test
  void aCertificateThatHasMuchTimeLeftIsNotRenewed() throws Exception {
    Answer answer = renews(site.tls("machine/web-03", YEAR));
    assertThat(answer.status()).isEqualTo(403);
    assertThat(answer.text()).startsWith("the certificate of web-03 is renewed from ");
    assertThat(count("renewed")).isZero();
  }

  @Test
  void aMachineDoesNotFillTheRegister() throws Exception {
    EnrolmentToken token = opened("web-03");
    for (int i = 0; i < 5; i++) {
      assertThat(enrols(token, key("a")).status()).isEqualTo(200);
    }
    Answer sixth = enrols(token, key("a"));
    assertThat(sixth.status()).isEqualTo(429);
    assertThat(sixth.text()).startsWith("web-03 got 5 certificates within a short time");
    assertThat(renews(site.tls("machine/web-04", Duration.ofMinutes(10))).text())
        .as("others may")
        .doesNotContain("within a short time");
    now.addAndGet(Duration.ofMinutes(1).toNanos());
    assertThat(enrols(token, key("a")).status()).isEqualTo(200);
  }

  @Test
  void aStolenCertificateIsNotRenewedThoughItsRevocationHasNotComeToTheService() throws Exception {
    TlsDirectory stolen = site.tls("machine/web-03", Duration.ofMinutes(10));
    var unused = site.authority().revoke(site.authority().name("machine/web-03"));
    Files.delete(issuer.tls().dir().resolve("crl.pem"));

    Answer answer = renews(stolen);

    assertThat(answer.status()).isEqualTo(403);
    assertThat(answer.text()).startsWith("the certificate that was shown (serial ");
    assertThat(count("renewed")).isZero();
  }

  @Test
  void aNewcomerDoesNotShowItsTokenToOneWhoWasRevoked() throws Exception {
    EnrolmentToken token = opened("web-03");
    site.tls("dm/dm-1", YEAR);
    var unused = site.authority().revoke(site.authority().name("satellite/provisioning-1"));
    EnrolmentFile given = issuer.file(token);
    assertThat(given.lists()).hasSize(1);
    String request = key("a").request();
    assertThatThrownBy(() -> post(newcomer(given), "/v1/enrol/web-03", token.text(), request))
        .hasMessageContaining("was revoked at");
    assertThat(dm.redeemed).isEmpty();
  }

  @Test
  void anAuthorityThatMachinesWouldNotBelieveSignsNothingAndSpendsNoToken() throws Exception {
    EnrolmentToken token = opened("web-03");
    EnrolmentFile given = issuer.file(token);
    TestIssuer other = TestIssuer.in(dir.resolve("other"));
    Files.copy(
        other.authority().dir().resolve("ca.pem"),
        issuer.tls().dir().resolve("ca.pem"),
        StandardCopyOption.REPLACE_EXISTING);

    Answer answer = post(newcomer(given), "/v1/enrol/web-03", token.text(), key("a").request());

    assertThat(answer.status()).isEqualTo(503);
    assertThat(answer.text()).contains("the authority of --issuer", "is not in");
    assertThat(dm.redeemed).isEmpty();
    assertThatThrownBy(() -> issuer.file(token)).hasMessageContaining("is not in");
  }

  @Test
  void aMachineRenewsItsCertificateByTheOneThatItHas() throws Exception {
    TlsDirectory own = site.tls("machine/web-03", Duration.ofMinutes(10));
    assertThat(own.isNearItsEnd()).isTrue();
    PendingKey key = PendingKey.of(own.dir(), "machine/web-03");
    HttpConnections mine = HttpConnections.to(Peers.SATELLITE, Optional.of(own));

    Answer answer = post(mine, "/v1/renew", "", key.request());

    assertThat(answer.status()).as(answer.text()).isEqualTo(200);
    key.complete(answer.text());
    assertThat(own.isNearItsEnd()).isFalse();
    assertThat(count("renewed")).isEqualTo(1);

    PendingKey others = PendingKey.of(dir.resolve("x"), "machine/web-04");
    assertThat(post(mine, "/v1/renew", "", others.request()).status()).isEqualTo(400);
    dm.lifecycle = Lifecycle.DECOMMISSIONED;
    assertThat(post(mine, "/v1/renew", "", key("y").request()).text())
        .startsWith("web-03 is decommissioned");
  }

  @Test
  void whatIsRevokedIsToldToWhoAsks() throws Exception {
    HttpConnections newcomer = newcomer(issuer.file(opened("web-03")));
    HttpURLConnection call = newcomer.open("127.0.0.1:" + port.port(), "/v1/crl.pem");
    assertThat(call.getResponseCode()).isEqualTo(404);

    TlsDirectory stolen = site.tls("machine/web-09", YEAR);
    var unused = site.authority().revoke(stolen.dir().resolve("cert.pem"));

    call = newcomer.open("127.0.0.1:" + port.port(), "/v1/crl.pem");
    assertThat(new String(call.getInputStream().readAllBytes(), UTF_8))
        .isEqualTo(Files.readString(site.authority().dir().resolve("crl.pem")));
  }

  @Test
  void nobodyElseRenewsHere() throws Exception {
    HttpConnections alice =
        HttpConnections.to(Peers.SATELLITE, Optional.of(site.tls("operator/alice", YEAR)));
    assertThat(post(alice, "/v1/renew", "", key("a").request()).status()).isEqualTo(403);
    HttpConnections nobody = newcomer(issuer.file(opened("web-03")));
    assertThat(post(nobody, "/v1/renew", "", key("a").request()).status()).isEqualTo(401);
  }

  @Test
  void aNewcomerBelievesNobodyElse() throws Exception {
    TestIssuer other = TestIssuer.in(dir.resolve("other"));
    EnrolmentFile given =
        new EnrolmentFile(
            opened("web-03"),
            List.of(),
            Files.readString(other.authority().dir().resolve("ca.pem")),
            "");
    String request = key("a").request();
    assertThatThrownBy(
            () -> post(newcomer(given), "/v1/enrol/web-03", given.token().text(), request))
        .hasMessageContaining("no authority of ca.pem has issued it");
    assertThat(dm.redeemed).isEmpty();
  }

  /** Keeps to the state's rules as far as they are in question here. */
  private static final class FakeDm implements ProvisioningDm {
    final Map<String, String> open = new HashMap<>();
    final Map<String, String> redeemed = new HashMap<>();
    boolean silent;
    Lifecycle lifecycle = Lifecycle.IN_SERVICE;

    @Override
    public synchronized void redeemEnrolment(RedeemEnrolmentRequest request) {
      if (silent) {
        throw new UnreachableException("nobody answers");
      }
      if (!request.getTokenSha256().equals(open.get(request.getMachine()))) {
        throw new DmException("PERMISSION_DENIED", "the token is none that counts", "make one");
      }
      String first = redeemed.putIfAbsent(request.getTokenSha256(), request.getKeySha256());
      if (first != null && !first.equals(request.getKeySha256())) {
        throw new DmException(
            "PERMISSION_DENIED", "the token was used for another key", "revoke it");
      }
    }

    @Override
    public Machine machine(String name) {
      return Machine.newBuilder().setName(name).setLifecycle(lifecycle).build();
    }

    @Override
    public void openEnrolment(OpenEnrolmentRequest request) {
      throw new AssertionError("only installs make tokens");
    }

    @Override
    public PullProvisioningReply pull(long revision, Duration wait) {
      throw new AssertionError("nothing is installed here");
    }

    @Override
    public void discovered(ReportDiscoveredRequest report) {
      throw new AssertionError("nothing is discovered here");
    }

    @Override
    public long report(ReportProvisioningRequest report) {
      throw new AssertionError("nothing is installed here");
    }
  }
}
