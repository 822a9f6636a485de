package io.pilothouse.agent;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.pilothouse.pki.Authority;
import io.pilothouse.pki.CertificateRequest;
import io.pilothouse.pki.EnrolmentFile;
import io.pilothouse.pki.EnrolmentToken;
import io.pilothouse.tls.HttpServers;
import io.pilothouse.tls.TlsDirectory;
import io.pilothouse.tls.TlsException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Collections;
import java.util.Deque;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** How a machine gets its certificate from an issuer that is not always what one would wish. */
@Timeout(30)
class EnrolmentTest {
  private static final Duration YEAR = Duration.ofDays(365);

  @TempDir Path dir;
  private volatile Authority authority;
  private HttpServer issuer;
  private Path file;
  private Path tls;

  /** What the issuer says before it signs: HTTP status codes. */
  private final Deque<Integer> trouble = new ArrayDeque<>();

  private final Set<String> keysSeen = Collections.synchronizedSet(new LinkedHashSet<>());
  private volatile String lastToken = "";
  private volatile Duration validity = YEAR;
  private volatile String lists = "";

  @BeforeEach
  void start() throws Exception {
    authority = Authority.create(dir.resolve("pki"), "west", YEAR);
    authority.issue(
        authority.name("satellite/provisioning-1"), YEAR, List.of(), dir.resolve("issuer"));
    issuer =
        HttpServers.createForNewcomers(
            new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
            TlsDirectory.open(dir.resolve("issuer")));
    issuer.createContext("/", this::answer);
    issuer.start();
    file = dir.resolve("chassis-enrolment");
    tls = dir.resolve("disk/tls");
  }

  @AfterEach
  void stop() {
    issuer.stop(0);
  }

  private synchronized void answer(HttpExchange exchange) throws IOException {
    try (exchange) {
      if (exchange.getRequestMethod().equals("GET")) {
        revocations(exchange);
        return;
      }
      lastToken = String.valueOf(exchange.getRequestHeaders().getFirst("Authorization"));
      String pem = new String(exchange.getRequestBody().readAllBytes(), UTF_8);
      CertificateRequest request = CertificateRequest.parse(pem);
      keysSeen.add(request.keySha256());
      int status = trouble.isEmpty() ? 200 : trouble.pop();
      String text =
          status == 200
              ? authority.certify(
                  authority.name("machine/web-03"), request.key(), validity, List.of())
              : "no\nask somebody else\n";
      exchange.sendResponseHeaders(status, 0);
      exchange.getResponseBody().write(text.getBytes(UTF_8));
    }
  }

  private void revocations(HttpExchange exchange) throws IOException {
    byte[] text = lists.getBytes(UTF_8);
    exchange.sendResponseHeaders(text.length == 0 ? 404 : 200, text.length == 0 ? -1 : text.length);
    exchange.getResponseBody().write(text);
  }

  private String give(String machine) throws IOException {
    EnrolmentToken token = EnrolmentToken.draw(machine);
    EnrolmentFile.of(
            token,
            List.of("127.0.0.1:1", "127.0.0.1:" + issuer.getAddress().getPort()),
            authority.dir())
        .write(file);
    return token.text();
  }

  private Enrolment web03() {
    return new Enrolment("web-03", tls, file);
  }

  private String serial() {
    return Files.exists(tls.resolve("cert.pem")) ? read(tls.resolve("cert.pem")) : "";
  }

  private static String read(Path path) {
    try {
      return Files.readString(path);
    } catch (IOException e) {
      throw new TlsException("unreadable", "", e);
    }
  }

  @Test
  void aTokenIsShownOnceAndGone() throws Exception {
    String token = give("web-03");
    web03().await();
    assertThat(TlsDirectory.open(tls).name().principal()).isEqualTo("machine/web-03");
    assertThat(lastToken).isEqualTo("Bearer " + token);
    assertThat(file).doesNotExist();
    assertThat(keysSeen).hasSize(1);
  }

  @Test
  void aTokenWhoseFileStaysIsNotShownAgain() throws Exception {
    String token = give("web-03");
    String text = Files.readString(file);
    web03().await();
    String before = serial();
    Files.writeString(file, text); // as a crash, or media that are read only, leave it
    lastToken = "";

    web03().await();

    assertThat(lastToken).as("refused for another key, that were an alarm").isEmpty();
    assertThat(serial()).isEqualTo(before);
    assertThat(file).doesNotExist();
    give("web-03");
    web03().await();
    assertThat(lastToken).isNotEmpty().isNotEqualTo("Bearer " + token);
  }

  @Test
  void aCertificateOfANewAuthorityDoesNotReplaceOneThatIsBelieved() throws Exception {
    validity = Duration.ofMinutes(10);
    give("web-03");
    web03().await();
    String before = serial();
    authority = Authority.create(dir.resolve("next"), "west", YEAR);

    web03().refresh(TlsDirectory.open(tls));

    assertThat(keysSeen).hasSize(2);
    assertThat(serial()).isEqualTo(before);
    assertThat(TlsDirectory.open(tls).name().principal()).isEqualTo("machine/web-03");
  }

  @Test
  void withoutATokenThereIsNothingToDo() {
    web03().await();
    assertThat(tls).doesNotExist();
  }

  @Test
  void whileTheIssuerCannotItIsTriedAgainWithTheSameKey() throws Exception {
    trouble.addAll(List.of(503, 500, 429));
    give("web-03");
    web03().await();
    assertThat(TlsDirectory.open(tls).name().principal()).isEqualTo("machine/web-03");
    assertThat(keysSeen).hasSize(1);
  }

  @Test
  void whoIsRefusedWaitsForAnotherToken() throws Exception {
    trouble.add(403);
    give("web-03");
    web03().await(); // refused first; the same file half a second later is let through
    assertThat(TlsDirectory.open(tls).name().principal()).isEqualTo("machine/web-03");
  }

  @Test
  void whoIsRefusedAndHasACertificateGoesOnWithThat() throws Exception {
    give("web-03");
    web03().await();
    String before = serial();
    trouble.add(403);
    give("web-03");
    web03().await();
    assertThat(serial()).isEqualTo(before);
    assertThat(file).as("an operator may want to look at it").exists();
  }

  @Test
  void anothersTokenOrABrokenFileIsNotShown() throws Exception {
    give("web-03");
    web03().await();
    keysSeen.clear();
    give("web-04");
    web03().await();
    Files.writeString(file, "half a fi");
    web03().await();
    assertThat(keysSeen).isEmpty();
  }

  @Test
  void aReinstalledMachineGetsAnotherKey() throws Exception {
    give("web-03");
    web03().await();
    String before = serial();
    give("web-03");
    web03().await();
    assertThat(serial()).isNotEqualTo(before);
    assertThat(keysSeen).hasSize(2);
  }

  @Test
  void aCertificateThatNearsItsEndIsRenewedWithoutAToken() throws Exception {
    validity = Duration.ofMinutes(10); // it was backdated by an hour: less than a third is left
    give("web-03");
    web03().await();
    TlsDirectory own = TlsDirectory.open(tls);
    assertThat(own.isNearItsEnd()).isTrue();
    validity = YEAR;

    trouble.add(503);
    web03().refresh(own);
    assertThat(own.isNearItsEnd()).isTrue();
    web03().refresh(own);

    assertThat(own.isNearItsEnd()).isFalse();
    assertThat(lastToken).isEqualTo("null");
    assertThat(keysSeen).hasSize(2);
    String now = serial();
    web03().refresh(own);
    assertThat(serial()).isEqualTo(now);
  }

  @Test
  void whatIsRevokedComesToTheMachineAndDoesNotGoAgain() throws Exception {
    give("web-03");
    web03().await();
    TlsDirectory own = TlsDirectory.open(tls);
    web03().refresh(own);
    assertThat(tls.resolve("crl.pem")).doesNotExist();

    var unused = authority.revoke(authority.name("satellite/provisioning-1"));
    String older = Files.readString(authority.dir().resolve("crl.pem"));
    lists = older;
    web03().refresh(own);
    assertThat(tls.resolve("crl.pem")).hasContent(older);

    lists = "half a list";
    web03().refresh(own); // the issuer itself is revoked now: nobody is asked any more
    assertThat(tls.resolve("crl.pem")).hasContent(older);
    assertThat(own.takeRevocations(older)).isFalse();
    Authority foreign = Authority.create(dir.resolve("foreign"), "west", YEAR);
    foreign.issue(foreign.name("dm/dm-1"), YEAR, List.of(), dir.resolve("dm"));
    var unusedToo = foreign.revoke(dir.resolve("dm/cert.pem"));
    String foreigns = Files.readString(foreign.dir().resolve("crl.pem"));
    assertThatThrownBy(() -> own.takeRevocations(foreigns))
        .hasMessageContaining("is not signed by an authority of ca.pem");
  }
}
