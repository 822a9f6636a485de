package io.pilothouse.pki;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pilothouse.tls.TlsDirectory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A key that waits for its certificate, through crashes and wrong answers. */
class PendingKeyTest {
  private static final String WEB_03 = "machine/web-03";
  @TempDir Path dir;

  private Site site() {
    return Site.of(dir.resolve("ca"), "west");
  }

  private static String certify(Site site, String principal, String request) throws IOException {
    CertificateRequest parsed = CertificateRequest.parse(request);
    return site.authority()
        .certify(site.authority().name(principal), parsed.key(), Site.YEAR, List.of("localhost"));
  }

  private static EnrolmentFile given(Site site) throws IOException {
    return EnrolmentFile.of(EnrolmentToken.draw("web-03"), List.of("a:1"), site.authority().dir());
  }

  private static PendingKey enrols(Site site, Path tls, EnrolmentFile given) throws IOException {
    PendingKey key = PendingKey.of(tls, WEB_03);
    key.complete(certify(site, WEB_03, key.request()), given);
    return key;
  }

  @Test
  void keyAndCertificateBecomeATlsDirectory() throws Exception {
    Site site = site();
    Path tls = dir.resolve("disk/tls");
    PendingKey key = PendingKey.of(tls, WEB_03);
    key.complete(certify(site, WEB_03, key.request()), given(site));

    TlsDirectory open = TlsDirectory.open(tls);

    assertThat(open.name().principal()).isEqualTo(WEB_03);
    assertThat(open.isNearItsEnd()).isFalse();
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(tls)))
        .isEqualTo("rwx------");
    try (var files = Files.list(tls)) {
      assertThat(files.map(each -> each.getFileName().toString()))
          .containsExactlyInAnyOrder("ca.pem", "cert.pem", "key.pem", "used-token");
    }
    assertThat(IssuedRegister.of(site.authority().dir()).all())
        .extracting(IssuedRegister.Issued::principal)
        .contains(WEB_03);
  }

  @Test
  void afterACrashTheSameKeyIsAskedFor() throws Exception {
    String request = PendingKey.of(dir.resolve("tls"), WEB_03).request();
    assertThat(PendingKey.of(dir.resolve("tls"), WEB_03).request()).isEqualTo(request);
  }

  @Test
  void aCrashBetweenTheTwoRenamesSpoilsNothing() throws Exception {
    Site site = site();
    Path tls = dir.resolve("tls");
    PendingKey first = PendingKey.of(tls, WEB_03);
    first.complete(certify(site, WEB_03, first.request()), given(site));
    PendingKey next = PendingKey.of(tls, WEB_03);
    String chain = certify(site, WEB_03, next.request());
    // as complete() had it when the power was cut
    Files.writeString(tls.resolve(".pending-cert.pem"), chain);
    Files.move(
        tls.resolve(".pending-key.pem"),
        tls.resolve("key.pem"),
        java.nio.file.StandardCopyOption.REPLACE_EXISTING);
    assertThatThrownBy(() -> TlsDirectory.open(tls)).hasMessageContaining("is not the key of");

    PendingKey.finish(tls);

    assertThat(TlsDirectory.open(tls).name().principal()).isEqualTo(WEB_03);
    assertThat(Files.readString(tls.resolve("cert.pem"))).isEqualTo(chain);
  }

  @Test
  void anotherKeysOrAnothersCertificateIsNotPutIntoUse() throws Exception {
    Site site = site();
    Path tls = dir.resolve("tls");
    PendingKey key = PendingKey.of(tls, WEB_03);
    String others = certify(site, WEB_03, Certifying.request(Certifying.keyPair(), WEB_03));
    assertThatThrownBy(() -> key.complete(others, given(site)))
        .hasMessageContaining("is for another key");
    String web04 = certify(site, "machine/web-04", key.request());
    assertThatThrownBy(() -> key.complete(web04, given(site)))
        .hasMessageContaining("asked was for machine/web-03");
    assertThatThrownBy(() -> key.complete("no certificate", given(site)))
        .hasMessageContaining("holds no certificate");
    assertThat(tls.resolve("cert.pem")).doesNotExist();
    assertThat(tls.resolve("key.pem")).doesNotExist();
  }

  @Test
  void aCertificateThatOthersWouldNotBelieveReplacesNoneThatTheyDo() throws Exception {
    Site site = site();
    Path tls = dir.resolve("tls");
    enrols(site, tls, given(site));
    String before = Files.readString(tls.resolve("cert.pem"));
    Site other = Site.of(dir.resolve("other"), "west");
    PendingKey next = PendingKey.of(tls, WEB_03);
    String foreign = certify(other, WEB_03, next.request());

    assertThatThrownBy(() -> next.complete(foreign))
        .hasMessageContaining("no authority of ca.pem has issued it");
    assertThatThrownBy(() -> next.complete(foreign, given(site)))
        .hasMessageContaining("no authority of ca.pem has issued it");

    assertThat(Files.readString(tls.resolve("cert.pem"))).isEqualTo(before);
    PendingKey.finish(tls);
    assertThat(TlsDirectory.open(tls).name().principal()).isEqualTo(WEB_03);
    PendingKey again = PendingKey.of(tls, WEB_03);
    assertThat(again.request()).isEqualTo(next.request());
    again.complete(certify(site, WEB_03, again.request()));
    assertThat(Files.readString(tls.resolve("cert.pem"))).isNotEqualTo(before);
  }

  @Test
  void whatIsRevokedIsKnownFromTheFirstConnectionOn() throws Exception {
    Site site = site();
    site.issue("dm/dm-1");
    var unused = site.authority().revoke(site.authority().name("dm/dm-1"));
    enrols(site, dir.resolve("tls"), given(site));
    assertThat(Files.readString(dir.resolve("tls/crl.pem")))
        .isEqualTo(Files.readString(site.authority().dir().resolve("crl.pem")));
    assertThat(TlsDirectory.open(dir.resolve("tls")).name().principal()).isEqualTo(WEB_03);
  }

  @Test
  void aNewerListStaysAndOneOfAnAuthorityThatIsGoneDoesNot() throws Exception {
    Site site = site();
    Path tls = dir.resolve("tls");
    EnrolmentFile older = given(site);
    site.issue("dm/dm-1");
    var unused = site.authority().revoke(site.authority().name("dm/dm-1"));
    enrols(site, tls, given(site));
    enrols(site, tls, older);
    assertThat(tls.resolve("crl.pem")).as("what was revoked does not come back").exists();

    Site next = Site.of(dir.resolve("next"), "west");
    enrols(next, tls, given(next));
    assertThat(tls.resolve("crl.pem")).doesNotExist();
    assertThat(TlsDirectory.open(tls).name().principal()).isEqualTo(WEB_03);
  }

  @Test
  void aCrashAfterTheCertificateCameLeavesTheTokenKnownAsUsed() throws Exception {
    Site site = site();
    Path tls = dir.resolve("tls");
    EnrolmentFile given = given(site);
    PendingKey key = PendingKey.of(tls, WEB_03);
    assertThat(PendingKey.isUsed(tls, given.token())).isFalse();
    // as complete() had it when the power was cut
    Files.writeString(tls.resolve("ca.pem"), given.authorities());
    Files.writeString(tls.resolve(".pending-token"), given.token().sha256() + "\n");
    assertThat(PendingKey.isUsed(tls, given.token())).as("without a certificate").isFalse();
    Files.writeString(tls.resolve(".pending-cert.pem"), certify(site, WEB_03, key.request()));

    PendingKey.finish(tls);

    assertThat(PendingKey.isUsed(tls, given.token())).isTrue();
    assertThat(PendingKey.isUsed(tls, EnrolmentToken.draw("web-03"))).isFalse();
    assertThat(TlsDirectory.open(tls).name().principal()).isEqualTo(WEB_03);
  }
}
