package io.pilothouse.cli.pki;

import io.pilothouse.pki.Authority;
import io.pilothouse.tls.TlsDirectory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** Where certificates lie. */
final class CertificateFiles {
  private CertificateFiles() {}

  /** The authority's own and all that lie below; of a TLS directory its program's alone. */
  static List<Path> below(Path dir) throws IOException {
    List<Path> certificates = Authority.certificatesBelow(dir);
    Path authority = dir.resolve(TlsDirectory.AUTHORITIES);
    return Files.exists(authority) && !Files.exists(dir.resolve(TlsDirectory.CERTIFICATE))
        ? Stream.concat(Stream.of(authority), certificates.stream()).sorted().toList()
        : certificates;
  }
}
