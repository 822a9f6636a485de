package io.pilothouse.pki;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pilothouse.tls.Peers;
import io.pilothouse.tls.TlsDirectory;
import io.pilothouse.tls.TlsException;
import io.pilothouse.tls.Troubles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Two programs meet. */
class HandshakeTest {
  @TempDir Path temporary;
  private Site site;

  @BeforeEach
  void foundTheAuthority() {
    site = Site.of(temporary.resolve("ca"), "blue");
  }

  private static String trouble(int port, TlsDirectory client, Peers expected) {
    try (SSLSocket unexpected = Greeter.connect(port, client, expected)) {
      throw new AssertionError("it let in " + unexpected.getSession());
    } catch (IOException e) {
      return Troubles.explain(e, client).orElseThrow(() -> new AssertionError(e));
    }
  }

  @Test
  void programsOfOneClusterMeetWhateverTheAddress() throws IOException {
    try (Greeter dm = new Greeter(Optional.of(site.open("dm/dm-1")));
        SSLSocket call =
            Greeter.connect(dm.port(), site.open("machine/web-03"), Peers.DEVICE_MANAGER)) {
      assertThat(Greeter.serverOf(call)).isEqualTo("dm/dm-1");
      assertThat(call.getSession().getProtocol()).isEqualTo("TLSv1.3");
    }
  }

  @Test
  void aRenewedCertificateIsUsedForTheNextConnectionAndTheOldOnesGoOn() throws IOException {
    Path dir = site.issue("dm/dm-1");
    TlsDirectory server = TlsDirectory.open(dir);
    TlsDirectory client = site.open("machine/web-03");
    try (Greeter dm = new Greeter(Optional.of(server));
        SSLSocket before = Greeter.connect(dm.port(), client, Peers.DEVICE_MANAGER)) {
      Instant first = server.notAfter();
      site.authority().renew(dir, Site.YEAR.multipliedBy(2));
      try (SSLSocket after = Greeter.connect(dm.port(), client, Peers.DEVICE_MANAGER)) {
        assertThat(serial(after)).isNotEqualTo(serial(before));
        Greeter.greeting(before);
      }
      assertThat(server.notAfter()).isAfter(first);
    }
  }

  private static java.math.BigInteger serial(SSLSocket socket) throws IOException {
    return ((java.security.cert.X509Certificate) socket.getSession().getPeerCertificates()[0])
        .getSerialNumber();
  }

  @Test
  void aHalfWrittenKeyLeavesTheOldPairInUse() throws IOException {
    Path dir = site.issue("dm/dm-1");
    TlsDirectory server = TlsDirectory.open(dir);
    String whole = Files.readString(dir.resolve("key.pem"));
    try (Greeter dm = new Greeter(Optional.of(server))) {
      TlsDirectory client = site.open("machine/web-03");
      for (String broken :
          List.of(whole.substring(0, whole.length() / 2), "", "nonsense", otherKey())) {
        Files.writeString(dir.resolve("key.pem"), broken);
        Greeter.connect(dm.port(), client, Peers.DEVICE_MANAGER).close();
      }
      Files.writeString(dir.resolve("key.pem"), whole);
      Greeter.connect(dm.port(), client, Peers.DEVICE_MANAGER).close();
    }
  }

  private String otherKey() throws IOException {
    return Files.readString(site.issue("machine/other").resolve("key.pem"));
  }

  @Test
  void anotherAuthoritysServerIsRefusedByTheClient() throws IOException {
    Site other = Site.of(temporary.resolve("other"), "blue");
    try (Greeter dm = new Greeter(Optional.of(other.open("dm/dm-1")))) {
      assertThat(trouble(dm.port(), site.open("machine/web-03"), Peers.DEVICE_MANAGER))
          .contains("no authority of ca.pem has issued it");
    }
  }

  @Test
  void anotherAuthoritysClientIsRefusedByTheServer() throws IOException {
    Site other = Site.of(temporary.resolve("other"), "blue");
    TlsDirectory stranger = trusting(site, other.issue("machine/web-03"), other);
    try (Greeter dm = new Greeter(Optional.of(site.open("dm/dm-1")))) {
      assertThat(trouble(dm.port(), stranger, Peers.DEVICE_MANAGER))
          .contains("it refuses the certificate of machine/web-03")
          .contains("pilot pki show");
    }
  }

  /** A client that trusts both, with the certificate of one. */
  private static TlsDirectory trusting(Site trusted, Path dir, Site own) throws IOException {
    Files.writeString(
        dir.resolve("ca.pem"),
        Files.readString(own.authority().dir().resolve("ca.pem"))
            + Files.readString(trusted.authority().dir().resolve("ca.pem")));
    return TlsDirectory.open(dir);
  }

  @Test
  void anotherClustersServerIsRefusedEvenWhenItsAuthorityIsTrusted() throws IOException {
    Site green = Site.of(temporary.resolve("green"), "green");
    TlsDirectory client = trusting(green, site.issue("machine/web-03"), site);
    try (Greeter dm = new Greeter(Optional.of(green.open("dm/dm-1")))) {
      assertThat(trouble(dm.port(), client, Peers.DEVICE_MANAGER))
          .contains("dm/dm-1 of cluster green")
          .contains("machine/web-03 of cluster blue");
    }
  }

  @Test
  void aMachineCannotPassForADeviceManager() throws IOException {
    try (Greeter machine = new Greeter(Optional.of(site.open("machine/web-04")))) {
      assertThat(trouble(machine.port(), site.open("machine/web-03"), Peers.DEVICE_MANAGER))
          .contains("the other side is machine/web-04; expected dm/NAME");
    }
  }

  @Test
  void aServerWhoseCertificateExpiredIsRefusedWithTheDate() throws IOException {
    Path dir = site.issue("dm/dm-1", Duration.ofSeconds(2));
    TlsDirectory server = TlsDirectory.open(dir);
    try (Greeter dm = new Greeter(Optional.of(server))) {
      awaitPast(server.notAfter());
      assertThat(trouble(dm.port(), site.open("machine/web-03"), Peers.DEVICE_MANAGER))
          .contains("the certificate of the server (subject 'CN=dm/dm-1') expired at")
          .contains("pilot pki renew");
    }
  }

  @Test
  void anExpiredCertificateOfOnesOwnIsToldBeforeAnythingIsAsked() {
    Path dir = site.issue("operator/alice", Duration.ofSeconds(-1));
    assertThatThrownBy(() -> TlsDirectory.open(dir))
        .isInstanceOfSatisfying(
            TlsException.class,
            e -> {
              assertThat(e).hasMessageContaining("cert.pem").hasMessageContaining("expired at");
              assertThat(e.remedy()).contains("pilot pki renew");
            });
  }

  @Test
  void aClientWithTlsIsToldThatThePortIsPlain() throws IOException {
    try (Greeter plain = new Greeter(Optional.empty())) {
      assertThat(trouble(plain.port(), site.open("machine/web-03"), Peers.ANY))
          .contains("the port speaks no TLS");
      assertThat(Troubles.speaksTls("127.0.0.1", plain.port())).isFalse();
    }
  }

  @Test
  void aPlainClientCanFindOutThatThePortSpeaksTls() throws IOException {
    try (Greeter dm = new Greeter(Optional.of(site.open("dm/dm-1")))) {
      assertThat(Troubles.speaksTls("127.0.0.1", dm.port())).isTrue();
    }
  }

  @Test
  void aKeyThatOthersMayReadIsRefused() throws IOException {
    Path dir = site.issue("machine/web-03");
    for (String mode : List.of("rw-r-----", "rw----r--", "rw--w----")) {
      Files.setPosixFilePermissions(dir.resolve("key.pem"), PosixFilePermissions.fromString(mode));
      assertThatThrownBy(() -> TlsDirectory.open(dir))
          .isInstanceOfSatisfying(
              TlsException.class,
              e -> {
                assertThat(e).hasMessageContaining("key.pem").hasMessageContaining(mode);
                assertThat(e.remedy()).startsWith("chmod 600");
              });
    }
  }

  @Test
  void aKeyOfAnotherPairIsRefused() throws IOException {
    Path dir = site.issue("machine/web-03");
    Files.writeString(dir.resolve("key.pem"), otherKey());
    assertThatThrownBy(() -> TlsDirectory.open(dir))
        .hasMessageContaining("key.pem is not the key of")
        .hasMessageContaining("machine/web-03");
  }

  @Test
  void oneCallLooksForAFaultOfItsOwnOnlyWhenItFails() throws IOException {
    Path dir = site.issue("operator/alice");
    try (Greeter dm = new Greeter(Optional.of(site.open("dm/dm-1")))) {
      Greeter.connect(dm.port(), TlsDirectory.openForOneCall(dir), Peers.DEVICE_MANAGER).close();
      Files.writeString(dir.resolve("key.pem"), otherKey());
      assertThat(trouble(dm.port(), TlsDirectory.openForOneCall(dir), Peers.DEVICE_MANAGER))
          .contains("key.pem is not the key of");
    }
  }

  @Test
  void eachMissingFileIsNamed() throws IOException {
    for (String file : List.of("cert.pem", "key.pem", "ca.pem")) {
      Path dir = site.issue("machine/without-" + file);
      Files.delete(dir.resolve(file));
      assertThatThrownBy(() -> TlsDirectory.open(dir))
          .isInstanceOf(TlsException.class)
          .hasMessageContaining(file + " is missing");
    }
  }

  @Test
  void keysInOtherFormsAreRefusedWithTheWayToConvertThem() throws IOException {
    Path dir = site.issue("machine/web-03");
    String key = Files.readString(dir.resolve("key.pem"));
    Files.writeString(dir.resolve("key.pem"), key.replace("PRIVATE KEY", "EC PRIVATE KEY"));
    assertThatThrownBy(() -> TlsDirectory.open(dir))
        .isInstanceOfSatisfying(
            TlsException.class, e -> assertThat(e.remedy()).contains("openssl pkcs8 -topk8"));
    Files.writeString(dir.resolve("key.pem"), key.replace("PRIVATE KEY", "ENCRYPTED PRIVATE KEY"));
    assertThatThrownBy(() -> TlsDirectory.open(dir)).hasMessageContaining("is encrypted");
  }

  @Test
  void aCertificateNotYetValidTellsToLookAtTheClock() throws IOException {
    Path dir = site.issue("machine/web-03");
    Instant later = Instant.now().plus(Duration.ofDays(1));
    Files.writeString(dir.resolve("cert.pem"), Foreign.validFrom(site.authority(), dir, later));
    assertThatThrownBy(() -> TlsDirectory.open(dir))
        .isInstanceOfSatisfying(
            TlsException.class,
            e -> {
              assertThat(e).hasMessageContaining("is valid only from");
              assertThat(e.remedy()).contains("set the clock");
            });
  }

  @Test
  void aBrokenRotationKeepsTheNameAndIsLookedAtAgainOnlyWhenItChanges() throws IOException {
    Path dir = site.issue("machine/web-03");
    TlsDirectory tls = TlsDirectory.open(dir);
    Files.writeString(dir.resolve("cert.pem"), "half");
    assertThat(tls.name().principal()).isEqualTo("machine/web-03");
    Files.setLastModifiedTime(dir.resolve("cert.pem"), FileTime.from(Instant.EPOCH));
    assertThat(tls.name().principal()).isEqualTo("machine/web-03");
  }

  private static void awaitPast(Instant moment) {
    while (!Instant.now().isAfter(moment)) {
      java.util.concurrent.locks.LockSupport.parkNanos(20_000_000);
    }
  }
}
