package io.pilothouse.pki;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.pilothouse.tls.PeerName;
import io.pilothouse.tls.TlsException;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.cert.X509Certificate;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What an authority has issued, a line each: {@code SERIAL,KIND/NAME,NOT_AFTER}. Without it a
 * certificate that was renewed or lost could not be taken back.
 */
record IssuedRegister(Path file) {

  /** A certificate. */
  record Issued(BigInteger serial, String principal, Instant notAfter) {}

  static IssuedRegister of(Path authority) {
    return new IssuedRegister(authority.resolve("issued.csv"));
  }

  /**
   * Before anybody has the certificate. One write, so that those of several programs do not mix.
   */
  void add(X509Certificate certificate, PeerName name) throws IOException {
    String line =
        "%s,%s,%s\n"
            .formatted(
                certificate.getSerialNumber().toString(16),
                name.principal(),
                certificate.getNotAfter().toInstant());
    Files.writeString(file, line, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
  }

  List<Issued> all() throws IOException {
    List<Issued> all = new ArrayList<>();
    if (!Files.exists(file)) {
      return all;
    }
    // bytes that are no UTF-8 make a line that is wrong, and is told so with its number
    List<String> lines = new String(Files.readAllBytes(file), UTF_8).lines().toList();
    for (int i = 0; i < lines.size(); i++) {
      all.add(parse(lines.get(i), i + 1));
    }
    return all;
  }

  private Issued parse(String line, int number) {
    String[] cells = line.split(",", -1);
    try {
      if (cells.length == 3) {
        return new Issued(new BigInteger(cells[0], 16), cells[1], Instant.parse(cells[2]));
      }
    } catch (NumberFormatException | DateTimeException e) {
      throw wrong(line, number, e);
    }
    throw wrong(line, number, null);
  }

  private TlsException wrong(String line, int number, @Nullable Exception cause) {
    String message = "%s:%d: '%s' is not SERIAL,KIND/NAME,NOT_AFTER".formatted(file, number, line);
    String remedy = "mend or delete the line; name what is to be revoked by --certificate FILE";
    return cause == null
        ? new TlsException(message, remedy)
        : new TlsException(message, remedy, cause);
  }
}
