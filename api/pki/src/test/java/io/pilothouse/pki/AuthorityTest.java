package io.pilothouse.pki;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pilothouse.tls.PeerName;
import io.pilothouse.tls.PemFiles;
import io.pilothouse.tls.TlsDirectory;
import io.pilothouse.tls.TlsException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AuthorityTest {
  @TempDir Path temporary;
  private Site site;

  @BeforeEach
  void foundTheAuthority() {
    site = Site.of(temporary.resolve("ca"), "blue");
  }

  @Test
  void whatItIssuesSaysWhoseItIs() {
    assertThat(site.open("satellite/repair-1").name())
        .isEqualTo(new PeerName(Optional.of("blue"), "satellite", "repair-1"));
    assertThat(site.open("operator/alice@example.org").name().uri())
        .isEqualTo("spiffe://blue/operator/alice@example.org");
  }

  @Test
  void keysAreReadableByTheirOwnerOnly() throws IOException {
    Path machine = site.issue("machine/web-03");
    for (Path key :
        List.of(site.authority().dir().resolve("ca-key.pem"), machine.resolve("key.pem"))) {
      assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(key)))
          .isEqualTo("rw-------");
      assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(key.getParent())))
          .isEqualTo("rwx------");
    }
  }

  @Test
  void nothingIsOverwritten() {
    Path ca = site.authority().dir();
    assertThatThrownBy(() -> Authority.create(ca, "green", Site.YEAR))
        .isInstanceOf(TlsException.class)
        .hasMessageContaining("ca.pem is there already");
    site.issue("machine/web-03");
    assertThatThrownBy(() -> site.issue("machine/web-03"))
        .isInstanceOfSatisfying(
            TlsException.class, e -> assertThat(e.remedy()).contains("pilot pki renew"));
    assertThat(Authority.open(ca).cluster()).isEqualTo("blue");
  }

  @Test
  void aRenewedCertificateHasANewKeyAndTheSameNames() throws IOException {
    Path dir = site.issue("machine/web-03");
    String key = Files.readString(dir.resolve("key.pem"));
    site.authority().renew(dir, Site.YEAR);
    assertThat(Files.readString(dir.resolve("key.pem"))).isNotEqualTo(key);
    assertThat(TlsDirectory.open(dir).name().principal()).isEqualTo("machine/web-03");
    assertThat(Certifying.hosts(PemFiles.certificates(dir.resolve("cert.pem")).get(0)))
        .containsExactly("localhost");
  }

  @Test
  void anotherClustersCertificateIsNotRenewedHere() {
    Path dir = Site.of(temporary.resolve("green"), "green").issue("machine/web-03");
    assertThatThrownBy(() -> site.authority().renew(dir, Site.YEAR))
        .hasMessageContaining("cluster green")
        .hasMessageContaining("cluster blue");
  }

  @Test
  void badNamesAreRefused() {
    for (String bad : List.of("web-03", "machine/", "machine/a/b", "Machine/x", "machine/-x", "")) {
      assertThatThrownBy(() -> site.authority().name(bad))
          .isInstanceOf(TlsException.class)
          .hasMessageContaining("'" + bad + "'");
    }
    assertThatThrownBy(() -> Site.of(temporary.resolve("bad"), "Not a name"))
        .hasMessageContaining("'Not a name'");
    assertThat(temporary.resolve("bad")).doesNotExist();
  }

  @Test
  void anAuthorityWithoutNamesOfOursMayUseTheCommonName() throws IOException {
    Path dir = site.issue("machine/web-03");
    for (String name : List.of("machine:web-04", "machine/web-04")) {
      write(dir, "CN=" + name + ",O=Example", List.of());
      assertThat(TlsDirectory.open(dir).name())
          .isEqualTo(new PeerName(Optional.empty(), "machine", "web-04"));
    }
  }

  @Test
  void aCertificateThatNamesNobodyOrSeveralIsRefused() throws IOException {
    Path dir = site.issue("machine/web-03");
    write(dir, "CN=web-04.example", List.of());
    assertThatThrownBy(() -> TlsDirectory.open(dir))
        .hasMessageContaining("names no program")
        .hasMessageContaining("web-04.example");
    write(dir, "CN=x", List.of("spiffe://blue/machine/a", "spiffe://blue/machine/b"));
    assertThatThrownBy(() -> TlsDirectory.open(dir))
        .hasMessageContaining("spiffe://blue/machine/b");
    // a URI decides alone: a common name beside it is not asked
    write(dir, "CN=machine/web-03", List.of("https://example.org/"));
    assertThatThrownBy(() -> TlsDirectory.open(dir)).hasMessageContaining("https://example.org/");
  }

  private void write(Path dir, String subject, List<String> uris) throws IOException {
    Files.writeString(
        dir.resolve("cert.pem"),
        Foreign.made(site.authority(), dir, subject, Instant.now().minusSeconds(60), uris));
  }
}
