package io.pilothouse.pki;

import io.pilothouse.tls.PemFiles;
import io.pilothouse.tls.TlsDirectory;
import java.io.IOException;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.PrivateKey;
import java.security.cert.X509CRL;
import java.security.cert.X509CRLEntry;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;

/** An authority's {@code crl.pem}: serials and since when each is taken back. */
final class RevocationList {
  private static final int DEPTH = 3; // DIR/KIND/NAME/cert.pem

  private final Path dir;
  private final SortedMap<BigInteger, Instant> revoked = new TreeMap<>();

  private RevocationList(Path dir) {
    this.dir = dir;
  }

  /** The one of an authority's directory; an empty one when nothing was ever revoked. */
  static RevocationList in(Path dir) {
    RevocationList list = new RevocationList(dir);
    if (list.exists()) {
      for (X509CRL each : PemFiles.revocations(list.file())) {
        if (each.getRevokedCertificates() != null) {
          for (X509CRLEntry entry : each.getRevokedCertificates()) {
            list.revoked.put(entry.getSerialNumber(), entry.getRevocationDate().toInstant());
          }
        }
      }
    }
    return list;
  }

  boolean exists() {
    return Files.exists(file());
  }

  Path file() {
    return dir.resolve(TlsDirectory.REVOKED);
  }

  /** Whether it was not on it before. */
  boolean add(BigInteger serial) {
    return revoked.putIfAbsent(serial, Instant.now()) == null;
  }

  /** Signs and writes it. */
  void write(X509Certificate authority, PrivateKey key) throws IOException {
    new SecretDirectory(dir)
        .write(
            TlsDirectory.REVOKED, Certifying.pem(Certifying.revocations(revoked, authority, key)));
  }

  /** Puts it beside a certificate. */
  void copyTo(Path tlsDirectory) throws IOException {
    if (exists()) {
      new SecretDirectory(tlsDirectory).write(TlsDirectory.REVOKED, Files.readString(file()));
    }
  }

  /**
   * Puts it beside every certificate below the authority.
   *
   * @return how many
   */
  int copyBelow() throws IOException {
    try (Stream<Path> walk = Files.walk(dir, DEPTH)) {
      int copies = 0;
      for (Path each : (Iterable<Path>) walk::iterator) {
        if (each.endsWith(TlsDirectory.CERTIFICATE)) {
          copyTo(each.resolveSibling("").toAbsolutePath());
          copies++;
        }
      }
      return copies;
    }
  }
}
