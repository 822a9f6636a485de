package io.pilothouse.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.pilothouse.pki.Authority;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Certificates by the command line. */
class PkiCommandsTest {
  @TempDir Path dir;
  private String ca = "";

  @BeforeEach
  void foundAnAuthority() {
    ca = dir.resolve("ca").toString();
    assertThat(Typed.run("pki", "init", "--cluster", "west", ca).code()).isZero();
  }

  private Typed pki(String verb, String... args) {
    String[] all = new String[args.length + 4];
    all[0] = "pki";
    all[1] = verb;
    System.arraycopy(args, 0, all, 2, args.length);
    all[args.length + 2] = "--ca";
    all[args.length + 3] = ca;
    return Typed.run(all);
  }

  private String shown() {
    return Typed.run("pki", "show", ca).out();
  }

  @Test
  void aStolenCertificateIsTakenBackAndItsOwnerHasANewOne() {
    assertThat(pki("issue", "machine/web-03").code()).isZero();
    assertThat(pki("issue", "dm/dm-1").code()).isZero();

    Typed revoked = pki("revoke", "machine/web-03");
    assertThat(revoked.code()).isZero();
    assertThat(revoked.out())
        .startsWith("revoked: ")
        .contains("crl.pem is beside 2 certificates below it", "copy it to the --tls directory");
    assertThat(shown().lines().filter(each -> each.contains("REVOKED")))
        .singleElement()
        .asString()
        .contains("machine/web-03");

    assertThat(pki("revoke", "machine/web-03").out()).startsWith("revoked already");
    Path place = Path.of(ca, "machine", "web-03");
    assertThat(pki("renew", place.toString()).code()).isZero();
    assertThat(shown()).doesNotContain("REVOKED");
    assertThat(place.resolve("crl.pem")).exists();
  }

  @Test
  void machinesOfThisFleetThatEnrolledHaveTheListToo() throws Exception {
    Path home = dir.resolve("home");
    Path pki = home.resolve("pki");
    assertThat(Typed.run("pki", "init", "--cluster", "west", pki.toString()).code()).isZero();
    Authority authority = Authority.open(pki);
    Path disk = home.resolve("machines/web-04/disk/tls");
    authority.issue(authority.name("machine/web-04"), Duration.ofDays(365), List.of(), disk);
    authority.issue(
        authority.name("machine/web-03"),
        Duration.ofDays(365),
        List.of(),
        pki.resolve("machine/web-03"));
    Files.createDirectories(home.resolve("machines/web-05/disk"));

    Typed revoked = Typed.run("--home", home.toString(), "pki", "revoke", "machine/web-03");

    assertThat(revoked.code()).as(revoked.err()).isZero();
    assertThat(revoked.out()).contains("1 machines of this fleet have it, too");
    assertThat(disk.resolve("crl.pem")).hasSameTextualContentAs(pki.resolve("crl.pem"));
  }

  @Test
  void severalAtOnceLoseNothing() {
    List<String> names = List.of("web-01", "web-02", "web-03", "web-04");
    names.forEach(each -> assertThat(pki("issue", "machine/" + each).code()).isZero());
    Authority authority = Authority.open(Path.of(ca));
    names.parallelStream()
        .forEach(
            each -> {
              try {
                var unused = authority.revoke(authority.name("machine/" + each));
              } catch (IOException e) {
                throw new UncheckedIOException(e);
              }
            });
    assertThat(shown().lines().filter(each -> each.contains("REVOKED"))).hasSize(4);
  }

  @Test
  void whatCannotBeRevokedIsSaidWithWhatToDo() throws Exception {
    Typed nobody = pki("revoke", "machine/nobody");
    assertThat(nobody.code()).isEqualTo(1);
    assertThat(nobody.err())
        .contains("of machine/nobody no certificate is known here", "--certificate FILE");

    assertThat(pki("revoke").code()).isEqualTo(2);
    assertThat(pki("revoke", "machine/web-03", "--certificate", "x.pem").code()).isEqualTo(2);
    assertThat(pki("revoke", "--certificate", dir.resolve("none.pem").toString()).err())
        .contains("none.pem is missing");

    Files.writeString(Path.of(ca, "issued.csv"), "nonsense\n");
    assertThat(pki("revoke", "machine/web-03").err())
        .contains("issued.csv:1: 'nonsense' is not SERIAL,KIND/NAME,NOT_AFTER");
  }

  @Test
  void nothingIsOverwrittenAndOtherNamesAreRefused() {
    assertThat(pki("issue", "machine/web-03").code()).isZero();
    assertThat(pki("issue", "machine/web-03").err()).contains("is there already");
    assertThat(pki("issue", "web-03").err()).contains("'web-03'");
  }
}
