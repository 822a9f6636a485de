package io.pilothouse.pki;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pilothouse.testing.fuzz.Fuzz;
import io.pilothouse.testing.fuzz.Summary;
import io.pilothouse.testing.fuzz.Wording;
import io.pilothouse.tls.PeerName;
import io.pilothouse.tls.PemFiles;
import io.pilothouse.tls.TlsException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Certificates, keys and lists of revoked ones, in PEM and inside of it. */
class PemFuzzTest {
  @TempDir Path dir;
  private Path certificate = Path.of("");
  private Path key = Path.of("");
  private Path list = Path.of("");

  private interface Reading {
    void of(Path file);
  }

  @BeforeEach
  void issue() throws IOException {
    Authority authority = Authority.create(dir.resolve("ca"), "fuzzed", Duration.ofDays(30));
    PeerName name = authority.name("machine/web-03");
    Path out = dir.resolve("web-03");
    authority.issue(name, Duration.ofDays(1), List.of("web-03.example"), out);
    authority.revoke(name);
    certificate = out.resolve("cert.pem");
    key = out.resolve("key.pem");
    list = dir.resolve("ca").resolve("crl.pem");
  }

  private static byte[] der(Path pem) throws IOException {
    String text = Files.readString(pem).replaceAll("(?m)^-----.*$", "");
    return Base64.getMimeDecoder().decode(text);
  }

  private static byte[] pem(String label, byte[] der) {
    return ("-----BEGIN "
            + label
            + "-----\n"
            + Base64.getMimeEncoder().encodeToString(der)
            + "\n-----END "
            + label
            + "-----\n")
        .getBytes(java.nio.charset.StandardCharsets.US_ASCII);
  }

  private boolean isRead(byte[] bytes, Reading reading) throws IOException {
    Path file = dir.resolve("spoiled.pem");
    if (!Files.exists(file)) {
      Files.createFile(
          file, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    }
    Files.write(file, bytes);
    try {
      reading.of(file);
      return true;
    } catch (TlsException e) {
      Wording.check(e.getMessage());
      Wording.check(e.remedy());
      return false;
    }
  }

  private static void both(Summary summary) {
    assertThat(summary.refused()).as(summary.toString()).isPositive();
    assertThat(summary.taken()).as(summary.toString()).isPositive();
  }

  private static Fuzz text(String name, Path sound) throws IOException {
    return Fuzz.of(name)
        .sound(Files.readAllBytes(sound))
        .tokens("-----", "-----BEGIN ", "-----END ", "CERTIFICATE", "X509 CRL", "PRIVATE KEY", "\n")
        .tokens("=", "AAAA", "\0", "\u00ff", "EC PARAMETERS", "ENCRYPTED PRIVATE KEY", "\u001b[31m")
        .inputs(400)
        .allocating(8 << 20, 2_000);
  }

  private static Fuzz binary(String name, Path sound) throws IOException {
    return Fuzz.of(name)
        .sound(der(sound))
        .tokens("0\u0080", "\0\0", "0\u0084\u007f\u00ff\u00ff\u00ff", "\u0002\u0001")
        .tokens("\u0006\u0003", "0\u0082\u00ff\u00ff", "$\u0080", "\u00a3\u0082", "\u0086")
        .inputs(600)
        .allocating(8 << 20, 4_000);
  }

  private static void certificates(Path file) {
    PemFiles.certificates(file).forEach(PeerName::of);
  }

  @Test
  void certificates() throws IOException {
    both(
        text("certificate-pem", certificate)
            .run(input -> isRead(input, PemFuzzTest::certificates)));
    both(
        binary("certificate-der", certificate)
            .run(input -> isRead(pem("CERTIFICATE", input), PemFuzzTest::certificates)));
  }

  @Test
  void revocations() throws IOException {
    both(text("revocations-pem", list).run(input -> isRead(input, PemFiles::revocations)));
    both(
        binary("revocations-der", list)
            .run(input -> isRead(pem("X509 CRL", input), PemFiles::revocations)));
  }

  @Test
  void keys() throws IOException {
    both(text("key-pem", key).run(input -> isRead(input, file -> PemFiles.privateKey(file, "EC"))));
    both(
        binary("key-der", key)
            .run(
                input ->
                    isRead(pem("PRIVATE KEY", input), file -> PemFiles.privateKey(file, "EC"))));
  }

  @Test
  void aLabelDoesNotMoveTheCursorOfWhoReadsTheLog() throws IOException {
    Path file = Files.writeString(dir.resolve("x.pem"), "-----BEGIN \u001b[2J\nX-----\nAA==\n");
    assertThatThrownBy(() -> PemFiles.certificates(file))
        .isInstanceOf(TlsException.class)
        .hasMessageContaining("its section 1 '?[2J?X' has no end");
  }

  @Test
  void enrolmentFiles() throws IOException {
    Path enrolment = dir.resolve("enrolment");
    EnrolmentFile given =
        new EnrolmentFile(
            EnrolmentToken.draw("web-03"),
            List.of("a.example:18554", "b:1"),
            Files.readString(dir.resolve("ca").resolve("ca.pem")),
            Files.readString(list));
    both(
        Fuzz.of("enrolment-file")
            .sound(given.text())
            .tokens("-----BEGIN CERTIFICATE-----", "-----BEGIN X509 CRL-----", "\n", ": ", ",", ":")
            .tokens("pilothouse-enrolment", "token", "servers", "\0", "\u00ff", "\u001b[2J", "\r")
            .inputs(1_000)
            .allocating(8 << 20, 2_000)
            .run(
                input -> {
                  Files.write(enrolment, input);
                  try {
                    EnrolmentFile read = EnrolmentFile.read(enrolment);
                    Files.writeString(enrolment, read.text());
                    assertThat(EnrolmentFile.read(enrolment).text()).isEqualTo(read.text());
                    return true;
                  } catch (TlsException e) {
                    Wording.check(e.getMessage());
                    Wording.check(e.remedy());
                    assertThat(e.getMessage()).doesNotContain(given.token().text());
                    return false;
                  }
                }));
  }

  @Test
  void aRequestForACertificate() throws IOException {
    Path of = Files.createDirectory(dir.resolve("pending"));
    String sound = PendingKey.of(of, "machine/web-03").request();
    PeerName name = Authority.open(dir.resolve("ca")).name("machine/web-03");
    Path text = Files.writeString(dir.resolve("request.pem"), sound);
    both(
        text("certificate-request-pem", text)
            .tokens("CERTIFICATE REQUEST", "NEW CERTIFICATE REQUEST")
            .run(input -> isRequest(new String(input, ISO_8859_1), name)));
    Summary spoiled =
        binary("certificate-request-der", text)
            .run(
                input ->
                    isRequest(new String(pem("CERTIFICATE REQUEST", input), ISO_8859_1), name));
    // whoever changes a byte has not the key that has signed it
    assertThat(spoiled.refused()).as(spoiled.toString()).isPositive();
  }

  private static boolean isRequest(String pem, PeerName name) {
    try {
      CertificateRequest.parse(pem).requireFor(name);
      return true;
    } catch (TlsException e) {
      Wording.check(e.getMessage());
      Wording.check(e.remedy());
      return false;
    }
  }

  @Test
  void anEndThatIsTheBeginningIsNone() throws IOException {
    Path file = Files.writeString(dir.resolve("x.pem"), "-----BEGIN A-------END A-----\n");
    assertThatThrownBy(() -> PemFiles.certificates(file))
        .isInstanceOf(TlsException.class)
        .hasMessageContaining("its section 1 'A' has no end");
  }

  @Test
  void whatIsToldOfADamagedFileIsNotItsSecret() throws IOException {
    EnrolmentToken token = EnrolmentToken.draw("web-03");
    String damaged =
        "pilothouse-enrolment: 1\ntoken: %s\nservers: a:1\n-----BEGIN X\ntoken: %s\n-----\n"
            .formatted(token.text(), token.text());
    Path file = Files.writeString(dir.resolve("enrolment"), damaged);
    assertThatThrownBy(() -> EnrolmentFile.read(file))
        .isInstanceOf(TlsException.class)
        .hasMessageContaining("token: (the token)")
        .hasMessageNotContaining(token.text());
  }

  @Test
  void aFileOfEnrolmentThatIsNoTextIsToldSo() throws IOException {
    Path file = Files.write(dir.resolve("enrolment"), new byte[] {'a', (byte) 0xff, '\n'});
    assertThatThrownBy(() -> EnrolmentFile.read(file))
        .isInstanceOf(TlsException.class)
        .hasMessageContaining("it is no text in UTF-8");
  }

  @Test
  void theRegisterOfWhatWasIssued() throws IOException {
    Path ca = Files.createDirectory(dir.resolve("other"));
    both(
        Fuzz.of("issued-register")
            .sound(Files.readAllBytes(dir.resolve("ca").resolve("issued.csv")))
            .tokens(",", "\n", "-", "\0", "\u00ff", "+1000000000-12-31T23:59:59Z", "g")
            .inputs(300)
            .allocating(8 << 20, 2_000)
            .run(
                input -> {
                  Files.write(ca.resolve("issued.csv"), input);
                  try {
                    IssuedRegister.of(ca).all();
                    return true;
                  } catch (TlsException e) {
                    Wording.check(e.getMessage());
                    return false;
                  }
                }));
  }
}
