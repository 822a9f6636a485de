package io.pilothouse.pki;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pilothouse.tls.TlsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a new machine is given, and the token in it. */
class EnrolmentFileTest {
  @TempDir Path dir;

  private String authorities() throws Exception {
    return Files.readString(Site.of(dir.resolve("ca"), "west").authority().dir().resolve("ca.pem"));
  }

  @Test
  void whatIsWrittenIsReadAgainAndNobodyElseMayReadIt() throws Exception {
    EnrolmentFile given =
        new EnrolmentFile(
            EnrolmentToken.draw("web-03"), List.of("a:1", "b.example:18554"), authorities(), "");
    Path file = dir.resolve("enrolment");
    given.write(file);

    EnrolmentFile read = EnrolmentFile.read(file);

    assertThat(read.text()).isEqualTo(given.text());
    assertThat(read.token().machine()).isEqualTo("web-03");
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
        .isEqualTo("rw-------");
  }

  @Test
  void whatIsRevokedIsInItAndAForeignListIsNotTaken() throws Exception {
    Site site = Site.of(dir.resolve("ca"), "west");
    site.issue("dm/dm-1");
    var unused = site.authority().revoke(site.authority().name("dm/dm-1"));
    Path tls = site.issue("satellite/provisioning-1");
    Path file = dir.resolve("enrolment");
    EnrolmentFile.of(EnrolmentToken.draw("web-03"), List.of("a:1"), tls).write(file);

    EnrolmentFile read = EnrolmentFile.read(file);

    assertThat(read.authorities()).isEqualTo(Files.readString(tls.resolve("ca.pem")));
    assertThat(read.revocations()).isEqualTo(Files.readString(tls.resolve("crl.pem")));
    assertThat(read.lists()).hasSize(1);

    Site other = Site.of(dir.resolve("other"), "west");
    Files.writeString(
        file,
        new EnrolmentFile(
                read.token(),
                read.servers(),
                Files.readString(other.authority().dir().resolve("ca.pem")),
                read.revocations())
            .text());
    assertThatThrownBy(() -> EnrolmentFile.read(file))
        .hasMessageContaining("is not signed by an authority of ca.pem");
  }

  @Test
  void aFileThatIsNoneSaysWhatItMustHave() throws Exception {
    String token = EnrolmentToken.draw("web-03").text();
    Path file = dir.resolve("enrolment");
    for (String each :
        List.of(
            "",
            "token: " + token,
            "pilothouse-enrolment: 2\ntoken: " + token + "\nservers: a:1\n" + authorities(),
            "pilothouse-enrolment: 1\nservers: a:1\n-----BEGIN CERTIFICATE-----\n",
            "pilothouse-enrolment: 1\ntoken: " + token + "\nservers: a\n-----BEGIN X-----\n",
            "pilothouse-enrolment: 1\ntoken: " + token + "\nservers: a:1\n",
            "pilothouse-enrolment: 1\ntoken: short\nservers: a:1\n-----BEGIN X-----\n")) {
      Files.writeString(file, each);
      assertThatThrownBy(() -> EnrolmentFile.read(file))
          .isInstanceOf(TlsException.class)
          .hasMessageNotContaining(token);
    }
  }

  @Test
  void tokensAreLongDifferAndDoNotShowThemselves() {
    EnrolmentToken token = EnrolmentToken.draw("web-03.r7");
    assertThat(token.text()).hasSize("web-03.r7.".length() + 43);
    assertThat(EnrolmentToken.draw("web-03.r7").sha256()).isNotEqualTo(token.sha256());
    assertThat(EnrolmentToken.parse(token.text()).machine()).isEqualTo("web-03.r7");
    assertThat(token.toString()).isEqualTo("token of web-03.r7");
    String wrong = token.text().substring(1) + "\n";
    assertThatThrownBy(() -> EnrolmentToken.parse(wrong))
        .hasMessageNotContaining(token.text().substring(15));
  }
}
