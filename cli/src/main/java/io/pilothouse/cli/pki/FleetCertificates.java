package io.pilothouse.cli.pki;

import io.pilothouse.cli.CliException;
import io.pilothouse.cli.ExitCode;
import io.pilothouse.pki.Authority;
import io.pilothouse.tls.PeerName;
import io.pilothouse.tls.PemFiles;
import io.pilothouse.tls.TlsDirectory;
import io.pilothouse.tls.TlsException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;

/**
 * The authority of a fleet on this machine and what it has issued: {@code DIR/KIND/NAME}. Whoever
 * may read the authority's key may be anybody, so what is missing is made when it is asked for.
 */
public record FleetCertificates(Path dir) {
  static final Duration AUTHORITY = Duration.ofDays(3650);
  static final Duration CERTIFICATE = Duration.ofDays(365);
  static final Duration RENEWED_BEFORE = Duration.ofDays(30);

  /** What tools that match host names may call programs of a fleet on this machine. */
  public static final List<String> HERE = List.of("localhost", "127.0.0.1");

  /** Where a principal's files are. */
  public Path place(String principal) {
    return dir.resolve(principal);
  }

  /** Makes the authority and what is missing, and renews what expires within a month. */
  public void ensure(String cluster, List<String> principals) throws IOException {
    Authority authority =
        Authority.isIn(dir) ? Authority.open(dir) : Authority.create(dir, cluster, AUTHORITY);
    if (!authority.cluster().equals(cluster)) {
      throw new TlsException(
          "the authority in %s is of cluster %s; the fleet's name is %s"
              .formatted(dir, authority.cluster(), cluster),
          "give the fleet its name back: everything it has stored is of that cluster");
    }
    for (String each : principals) {
      PeerName name = authority.name(each);
      Path place = authority.place(name);
      Path certificate = place.resolve(TlsDirectory.CERTIFICATE);
      if (!Files.exists(certificate)) {
        authority.issue(name, CERTIFICATE, HERE, place);
      } else if (expiresWithin(certificate, RENEWED_BEFORE)) {
        authority.renew(place, CERTIFICATE);
      }
    }
  }

  /** Whether a certificate ends before that time has passed. */
  public static boolean expiresWithin(Path certificate, Duration time) {
    Instant end = PemFiles.certificates(certificate).get(0).getNotAfter().toInstant();
    return end.isBefore(Instant.now().plus(time));
  }

  /**
   * Where a principal's files are, made now when they are missing.
   *
   * @throws CliException when they are missing and the authority's key is not to be had here
   */
  public Path require(String principal) {
    Path place = place(principal);
    if (PeerName.parse("any", principal).isPresent()
        && Files.exists(place.resolve(TlsDirectory.CERTIFICATE))) {
      return place;
    }
    if (!Files.isReadable(dir.resolve("ca-key.pem"))) {
      throw new CliException(
          ExitCode.NOT_ALLOWED,
          "NO_CERTIFICATE",
          "there is no certificate of %s in %s".formatted(principal, dir),
          "who has the authority's key makes one: `pilot pki issue %s`; or name yours: --tls DIR"
              .formatted(principal));
    }
    Authority authority = Authority.open(dir);
    try {
      authority.issue(authority.name(principal), CERTIFICATE, HERE, place);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot write " + place, e);
    }
    return place;
  }
}
