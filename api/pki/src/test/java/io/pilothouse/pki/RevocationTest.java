package io.pilothouse.pki;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pilothouse.tls.Peers;
import io.pilothouse.tls.PemFiles;
import io.pilothouse.tls.TlsDirectory;
import io.pilothouse.tls.TlsException;
import io.pilothouse.tls.Troubles;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Optional;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Certificates are taken back. */
class RevocationTest {
  @TempDir Path temporary;
  private Site site;

  @BeforeEach
  void foundTheAuthority() {
    site = Site.of(temporary.resolve("ca"), "blue");
  }

  private Authority.Revoked revoke(String principal) throws IOException {
    return site.authority().revoke(site.authority().name(principal));
  }

  private static void meet(int port, TlsDirectory client) throws IOException {
    try (SSLSocket call = Greeter.connect(port, client, Peers.DEVICE_MANAGER)) {
      Greeter.greeting(call);
    }
  }

  private static BigInteger serial(Path dir) {
    return PemFiles.certificates(dir.resolve("cert.pem")).get(0).getSerialNumber();
  }

  @Test
  void whoseCertificateIsTakenBackIsRefusedAtTheNextConnectionAndNobodyElse() throws IOException {
    Path stolen = site.issue("machine/web-03");
    TlsDirectory thief = TlsDirectory.open(copy(stolen));
    TlsDirectory other = site.open("machine/web-04");
    try (Greeter dm = new Greeter(Optional.of(site.open("dm/dm-1")))) {
      meet(dm.port(), thief);

      assertThat(revoke("machine/web-03").serials()).containsExactly(serial(stolen));

      assertThatThrownBy(() -> meet(dm.port(), thief))
          .isInstanceOf(IOException.class)
          .satisfies(
              e ->
                  assertThat(Troubles.explain((IOException) e, thief).orElse(""))
                      .contains("it refuses the certificate of machine/web-03"));
      meet(dm.port(), other);

      // the owner has a new one, the thief the old key
      site.authority().renew(stolen, Site.YEAR);
      meet(dm.port(), TlsDirectory.open(stolen));
      assertThatThrownBy(() -> meet(dm.port(), thief)).isInstanceOf(IOException.class);
    }
  }

  /** As whoever took the files has them. */
  private Path copy(Path dir) throws IOException {
    Path copy = SecretDirectory.make(temporary.resolve("stolen")).dir();
    for (String each : List.of("cert.pem", "key.pem", "ca.pem")) {
      Files.copy(dir.resolve(each), copy.resolve(each), StandardCopyOption.COPY_ATTRIBUTES);
    }
    return copy;
  }

  @Test
  void aServersIsRefusedByTheClientWithThePlace() throws IOException {
    Path server = site.issue("dm/dm-1");
    TlsDirectory client = site.open("machine/web-03");
    try (Greeter dm = new Greeter(Optional.of(TlsDirectory.open(server)))) {
      revoke("dm/dm-1");
      assertThatThrownBy(() -> meet(dm.port(), client))
          .isInstanceOf(IOException.class)
          .satisfies(
              e ->
                  assertThat(Troubles.explain((IOException) e, client).orElse(""))
                      .contains("the certificate of the server", "was revoked at"));
    }
  }

  @Test
  void earlierCertificatesOfANameAreTakenBackWithTheLatest() throws IOException {
    Path machine = site.issue("machine/web-03");
    BigInteger first = serial(machine);
    site.authority().renew(machine, Site.YEAR);

    assertThat(revoke("machine/web-03").serials())
        .containsExactlyInAnyOrder(first, serial(machine));
    assertThat(revoke("machine/web-03").serials()).as("a second time").isEmpty();
  }

  @Test
  void oneFileIsTakenBackAlone() throws IOException {
    Path machine = site.issue("machine/web-03");
    Path old = Files.copy(machine.resolve("cert.pem"), temporary.resolve("old.pem"));
    site.authority().renew(machine, Site.YEAR);

    assertThat(site.authority().revoke(old).serials()).hasSize(1);
    assertThat(PemFiles.revocations(machine.resolve("crl.pem")).get(0).getRevokedCertificates())
        .singleElement()
        .satisfies(each -> assertThat(each.getSerialNumber()).isNotEqualTo(serial(machine)));
  }

  @Test
  void whatIsIssuedLaterHasTheListFromTheStart() throws IOException {
    site.issue("machine/web-03");
    assertThat(revoke("machine/web-03").copies()).isEqualTo(1);
    assertThat(site.issue("dm/dm-2").resolve("crl.pem")).exists();
    site.issue("machine/web-04");
    revoke("machine/web-04");
    assertThat(
            PemFiles.revocations(site.authority().dir().resolve("crl.pem"))
                .get(0)
                .getRevokedCertificates())
        .as("earlier ones stay")
        .hasSize(2);
  }

  @Test
  void aNameThatHasNoneIsSaid() {
    assertThatThrownBy(() -> revoke("machine/nobody"))
        .isInstanceOf(TlsException.class)
        .hasMessageContaining("of machine/nobody no certificate is known here");
  }

  @Test
  void anotherAuthoritysCertificateIsNotOursToTakeBack() {
    Path foreign = Site.of(temporary.resolve("other"), "blue").issue("machine/web-03");
    assertThatThrownBy(() -> site.authority().revoke(foreign.resolve("cert.pem")))
        .isInstanceOf(TlsException.class)
        .hasMessageContaining("was not issued by the authority");
  }

  @Test
  void aListOfAnotherAuthorityOrABrokenOneStopsAStartAndLeavesWhatRuns() throws IOException {
    Path dir = site.issue("dm/dm-1");
    TlsDirectory server = TlsDirectory.open(dir);
    TlsDirectory client = site.open("machine/web-03");
    Site other = Site.of(temporary.resolve("other"), "green");
    other.issue("machine/web-09");
    other.authority().revoke(other.authority().name("machine/web-09"));
    String foreign = Files.readString(other.authority().dir().resolve("crl.pem"));
    try (Greeter dm = new Greeter(Optional.of(server))) {
      for (String broken : List.of(foreign, "", foreign.substring(0, foreign.length() / 2))) {
        Files.writeString(dir.resolve("crl.pem"), broken);
        assertThatThrownBy(() -> TlsDirectory.open(dir))
            .isInstanceOf(TlsException.class)
            .hasMessageContaining("crl.pem");
        meet(dm.port(), client);
      }
    }
  }
}
