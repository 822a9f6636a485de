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
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/** An authority's {@code crl.pem}: serials and since when each is taken back. */
final class RevocationList {
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

  private boolean exists() {
    return Files.exists(file());
  }

  private Path file() {
    return dir.resolve(TlsDirectory.REVOKED);
  }

  /** Whether it was not on it before. */
  boolean add(BigInteger serial) {
    return revoked.putIfAbsent(serial, Instant.now()) == null;
  }

  boolean has(BigInteger serial) {
    return revoked.containsKey(serial);
  }

  /** Signs and writes it. */
  void write(X509Certificate authority, PrivateKey key) throws IOException {
    new SecretDirectory(dir)
        .write(
            TlsDirectory.REVOKED, Certifying.pem(Certifying.revocations(revoked, authority, key)));
  }

  /** Puts an authority's list, if it has one, beside a certificate. */
  static void copy(Path authority, Path tlsDirectory) throws IOException {
    Path list = authority.resolve(TlsDirectory.REVOKED);
    if (Files.exists(list)) {
      new SecretDirectory(tlsDirectory).write(TlsDirectory.REVOKED, Files.readString(list));
    }
  }

  /**
   * Puts it beside every certificate below the authority.
   *
   * @return how many
   */
  int copyBelow() throws IOException {
    List<Path> certificates = Authority.certificatesBelow(dir);
    for (Path each : certificates) {
      copy(dir, each.toAbsolutePath().getParent());
    }
    return certificates.size();
  }
}
