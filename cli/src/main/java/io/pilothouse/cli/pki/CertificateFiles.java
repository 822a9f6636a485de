package io.pilothouse.cli.pki;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** Where certificates lie. */
final class CertificateFiles {
  private static final int DEPTH = 3; // DIR/KIND/NAME/cert.pem

  private CertificateFiles() {}

  /** The authority's own and all that lie below. */
  static List<Path> below(Path dir) throws IOException {
    try (Stream<Path> walk = Files.walk(dir, DEPTH)) {
      return walk.filter(each -> isOne(dir, each)).sorted().toList();
    }
  }

  private static boolean isOne(Path dir, Path file) {
    return file.endsWith("cert.pem")
        || (file.endsWith("ca.pem")
            && file.getParent().equals(dir)
            && !Files.exists(dir.resolve("cert.pem")));
  }
}
