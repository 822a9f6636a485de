package io.pilothouse.pki;

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
