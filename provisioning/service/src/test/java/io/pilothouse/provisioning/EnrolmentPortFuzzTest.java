package io.pilothouse.provisioning;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.pilothouse.api.v1.Machine;
import io.pilothouse.api.v1.OpenEnrolmentRequest;
import io.pilothouse.api.v1.PullProvisioningReply;
import io.pilothouse.api.v1.RedeemEnrolmentRequest;
import io.pilothouse.api.v1.ReportDiscoveredRequest;
import io.pilothouse.api.v1.ReportProvisioningRequest;
import io.pilothouse.client.DmException;
import io.pilothouse.client.ServerAddress;
import io.pilothouse.pki.EnrolmentToken;
import io.pilothouse.pki.PendingKey;
import io.pilothouse.testing.fuzz.Fuzz;
import io.pilothouse.testing.fuzz.RawCall;
import io.pilothouse.testing.fuzz.Summary;
import io.pilothouse.testing.fuzz.Wording;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509TrustManager;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

/** The one port that strangers are let in at: each is answered, and never by an error of ours. */
class EnrolmentPortFuzzTest {
  private static final EnrolmentToken TOKEN = EnrolmentToken.draw("web-03");

  @TempDir Path dir;
  private final AtomicLong now = new AtomicLong();

  /** Knows one token, which counts always. */
  private static final class OneToken implements ProvisioningDm {
    @Override
    public void redeemEnrolment(RedeemEnrolmentRequest request) {
      if (!request.getTokenSha256().equals(TOKEN.sha256())) {
        throw new DmException("PERMISSION_DENIED", "the token is none that counts", "make one");
      }
    }

    @Override
    public Machine machine(String name) {
      return Machine.newBuilder().setName(name).build();
    }

    @Override
    public void openEnrolment(OpenEnrolmentRequest request) {
      throw new AssertionError("nobody makes tokens");
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

  /** Whoever is there. */
  private static final class Anybody implements X509TrustManager {
    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type) {}

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type) {}

    @Override
    public X509Certificate[] getAcceptedIssuers() {
      return new X509Certificate[0];
    }
  }

  @BeforeEach
  void silence() {
    log(Level.OFF);
  }

  @AfterEach
  void speak() {
    log(Level.INFO);
  }

  /** A line for each refused request would bury what other tests say. */
  private static void log(Level level) {
    if (LoggerFactory.getLogger("io.pilothouse.provisioning") instanceof Logger logger) {
      logger.setLevel(level);
    }
  }

  private Enrolment enrolment(EnrolmentLimits limits) throws IOException {
    return new Enrolment(
        TestIssuer.in(dir.resolve("pki")).issuer(),
        new OneToken(),
        limits,
        new SimpleMeterRegistry());
  }

  private static void both(Summary summary) {
    assertThat(summary.taken()).as(summary.toString()).isPositive();
    assertThat(summary.refused()).as(summary.toString()).isPositive();
  }

  private static byte[] request(String line, String body) {
    return RawCall.request(
        line, List.of("Authorization: Bearer " + TOKEN.text()), body.getBytes(ISO_8859_1));
  }

  @Test
  void requests() throws Exception {
    EnrolmentLimits limits = new EnrolmentLimits(now::get);
    TestIssuer site = TestIssuer.in(dir.resolve("ca"));
    Issuer issuer = site.issuer();
    String asked = PendingKey.of(dir.resolve("new"), "machine/web-03").request();
    Enrolment enrolment = new Enrolment(issuer, new OneToken(), limits, new SimpleMeterRegistry());
    try (EnrolmentPort port =
        new EnrolmentPort(new ServerAddress("127.0.0.1", 0), issuer.tls(), enrolment, limits)
            .start()) {
      SSLContext anybody = anybody();
      Summary summary =
          Fuzz.of("enrolment-port")
              .likely(
                  List.of(
                      request("POST /v1/enrol/web-03", asked),
                      request("POST /v1/renew", asked),
                      request("GET /v1/crl.pem", "")))
              .tokens("\r\n", "Transfer-Encoding: chunked\r\n", "Content-Length: -1\r\n", "\0")
              .tokens("%00", "%zz", "%2f", "?", "#", "//", "http://x:y", "*", "\u00ff", "\u001b[2J")
              .tokens("-----BEGIN CERTIFICATE REQUEST-----", "Expect: 100-continue\r\n", "web-04")
              .inputs(150)
              .run(
                  input -> {
                    now.addAndGet(Duration.ofMinutes(5).toNanos());
                    String answer = tls(anybody, port.port(), input);
                    int status = RawCall.status(answer);
                    assertThat(status).as(answer).isNotEqualTo(500);
                    if (status >= 400 && answer.contains("text/plain")) {
                      RawCall.text(answer).lines().forEach(Wording::check);
                    }
                    return status == 200;
                  });
      assertThat(summary.refused()).as(summary.toString()).isPositive();
      now.addAndGet(Duration.ofMinutes(5).toNanos());
      assertThat(answered(anybody, port.port(), request("POST /v1/enrol/web-03", asked)))
          .isEqualTo(200);
      Summary plain =
          Fuzz.of("enrolment-tls")
              .likely(List.of(request("GET /v1/crl.pem", ""), hello()))
              .tokens("\u0016\u0003\u0001", "\u0015\u0003\u0003", "\u00ff\u00ff", "\0\0", "\u0002")
              .inputs(60)
              .run(input -> RawCall.status(RawCall.of(port.port(), input)) == 200);
      assertThat(plain.refused()).as(plain.toString()).isPositive();
      assertThat(answered(anybody, port.port(), request("GET /v1/crl.pem", ""))).isEqualTo(404);
    }
  }

  @Test
  void whatAStrangerWritesMovesNoCursor() {
    Enrolment.Refused refused = new Enrolment.Refused(403, "of \u001b[2J\nx", "enrol \u0085");
    assertThat(refused).hasMessage("of ?[2J?x");
    assertThat(refused.remedy()).isEqualTo("enrol ?");
  }

  private static SSLContext anybody() throws GeneralSecurityException {
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(null, new TrustManager[] {new Anybody()}, null);
    return context;
  }

  /** As a client begins: the head of a record, and of a handshake in it. */
  private static byte[] hello() {
    byte[] record = new byte[200];
    byte[] head = {22, 3, 1, 0, (byte) 195, 1, 0, 0, (byte) 191, 3, 3};
    System.arraycopy(head, 0, record, 0, head.length);
    return record;
  }

  /** Its status: one that is closed without an answer, since we half close it, is made again. */
  private static int answered(SSLContext context, int port, byte[] request) {
    int status = 0;
    for (int i = 0; i < 5 && status == 0; i++) {
      status = RawCall.status(tls(context, port, request));
    }
    return status;
  }

  private static String tls(SSLContext context, int port, byte[] request) {
    try (SSLSocket socket =
        (SSLSocket)
            context.getSocketFactory().createSocket(InetAddress.getLoopbackAddress(), port)) {
      socket.setSoTimeout(20_000);
      socket.setTcpNoDelay(true);
      socket.startHandshake();
      socket.getOutputStream().write(request);
      socket.shutdownOutput();
      return new String(socket.getInputStream().readNBytes(1 << 20), ISO_8859_1);
    } catch (java.net.SocketTimeoutException e) {
      throw new AssertionError("it neither answers nor closes", e);
    } catch (IOException e) {
      return ""; // closed without an answer
    }
  }

  @Test
  void tokens() throws Exception {
    Enrolment enrolment = enrolment(new EnrolmentLimits(now::get));
    String asked = PendingKey.of(dir.resolve("new"), "machine/web-03").request();
    both(
        Fuzz.of("enrolment-tokens")
            .sound("web-03\n" + TOKEN.text() + "\n" + asked)
            .tokens("\n", ".", "web-04", "\0", "\u00ff", "\u001b[2J", "-----BEGIN", "=")
            .inputs(1_000)
            .allocating(8 << 20, 2_000)
            .run(
                input -> {
                  String[] said = new String(input, ISO_8859_1).split("\n", 3);
                  if (said.length < 3) {
                    return false;
                  }
                  try {
                    NewcomerRequest read = enrolment.read(said[0], said[1], said[2]);
                    assertThat(read.machine()).isEqualTo(said[0]);
                    return true;
                  } catch (Enrolment.Refused e) {
                    Wording.check(e.remedy());
                    assertThat(e.status()).isBetween(400, 499);
                    Wording.check(e.getMessage());
                    return false;
                  }
                }));
  }
}
