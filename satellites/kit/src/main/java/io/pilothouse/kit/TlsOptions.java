package io.pilothouse.kit;

import io.pilothouse.client.ServerAddress;
import io.pilothouse.tls.TlsDirectory;
import io.pilothouse.tls.TlsException;
import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** What protects a program's sockets. Use as a {@code @Mixin}. */
public final class TlsOptions {
  @Option(
      names = "--tls",
      paramLabel = "DIR",
      defaultValue = "${env:PILOT_TLS}",
      description = {
        "Mutual TLS for all connections, with cert.pem, key.pem and ca.pem of this directory",
        "(default: PILOT_TLS); the certificate must be of this program's own principal."
      })
  private @Nullable Path dir;

  @Option(
      names = "--listen-beyond-loopback",
      description = "Allow a plain --http on an address that others reach: nothing authenticates.")
  private boolean beyondLoopback;

  /** The directory as it was given; empty when none was. */
  public Optional<Path> dir() {
    return Optional.ofNullable(dir);
  }

  /**
   * Opens the directory; empty when none was given.
   *
   * @param principal whose certificate must be there
   * @throws ProgramException when it cannot be used, or is another's
   */
  public Optional<TlsDirectory> open(String principal) {
    if (dir == null) {
      return Optional.empty();
    }
    TlsDirectory tls;
    try {
      tls = TlsDirectory.open(dir);
    } catch (TlsException e) {
      throw new ProgramException("--tls: " + e.line(), e);
    }
    if (!tls.name().principal().equals(principal)) {
      throw new ProgramException(
          "--tls %s: the certificate is of %s; expected %s: `pilot pki issue %s` makes one"
              .formatted(dir, tls.name(), principal, principal));
    }
    return Optional.of(tls);
  }

  /** The page on an address, not yet started. */
  public HttpPage page(ServerAddress http, Optional<TlsDirectory> tls, Program program) {
    if (tls.isPresent()) {
      return HttpPage.secure(http, tls.get(), program.meters());
    }
    return beyondLoopback
        ? HttpPage.beyondLoopback(http, program.meters())
        : HttpPage.onLoopback(http, program.meters());
  }
}
