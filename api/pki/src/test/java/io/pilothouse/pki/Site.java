package io.pilothouse.pki;

import io.pilothouse.tls.TlsDirectory;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/** An authority and what it issues, below a test's own directory. */
record Site(Authority authority) {
  static final Duration YEAR = Duration.ofDays(365);

  static Site of(Path dir, String cluster) {
    try {
      return new Site(Authority.create(dir, cluster, YEAR));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** A directory of a principal, issued now. */
  Path issue(String principal) {
    return issue(principal, YEAR);
  }

  Path issue(String principal, Duration validity) {
    try {
      Path place = authority.place(authority.name(principal));
      authority.issue(authority.name(principal), validity, List.of("localhost"), place);
      return place;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  TlsDirectory open(String principal) {
    return TlsDirectory.open(issue(principal));
  }
}
