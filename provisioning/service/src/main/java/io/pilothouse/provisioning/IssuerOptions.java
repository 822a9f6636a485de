package io.pilothouse.provisioning;

import io.pilothouse.client.ServerAddress;
import io.pilothouse.kit.ProgramException;
import io.pilothouse.pki.Authority;
import io.pilothouse.tls.TlsDirectory;
import io.pilothouse.tls.TlsException;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** How machines get their certificates here. Use as a {@code @Mixin}. */
final class IssuerOptions {
  private static final int MOST_DAYS = 3650;

  @Option(
      names = "--issuer",
      paramLabel = "DIR",
      description = {
        "The authority (ca.pem, ca-key.pem) that signs certificates of new machines;",
        "without it whatever installs machines gives them theirs."
      })
  private @Nullable Path dir;

  @Option(
      names = "--enrol",
      paramLabel = "HOST:PORT",
      description = "Where machines come for their certificates; needs --issuer and --tls.")
  private @Nullable ServerAddress address;

  @Option(
      names = "--enrol-servers",
      split = ",",
      paramLabel = "HOST:PORT",
      description = "What machines are told of it, of all instances (default: --enrol).")
  private List<ServerAddress> servers = List.of();

  @Option(
      names = "--certificate-days",
      paramLabel = "N",
      description = "How long a certificate is valid (default: 365); machines renew theirs.")
  private int days = 365;

  @Option(
      names = "--certificate-host",
      split = ",",
      paramLabel = "HOST",
      description = "Put into every certificate, for tools that match host names.")
  private List<String> hosts = List.of();

  /**
   * What was given; empty when nothing was.
   *
   * @throws ProgramException when it does not go together or cannot be used
   */
  Optional<Issuer> open(Optional<TlsDirectory> tls) {
    if (dir == null && address == null) {
      return Optional.empty();
    }
    if (dir == null || address == null || tls.isEmpty()) {
      throw new ProgramException(
          "--issuer DIR, --enrol HOST:PORT and --tls DIR go together: give all three, or leave"
              + " --issuer and --enrol out");
    }
    if (days < 1 || days > MOST_DAYS) {
      throw new ProgramException(
          "--certificate-days %d: expected 1 to %d".formatted(days, MOST_DAYS));
    }
    Authority authority;
    try {
      authority = Authority.open(dir);
    } catch (TlsException e) {
      throw new ProgramException("--issuer: " + e.line(), e);
    }
    Optional<String> cluster = tls.get().name().cluster();
    if (cluster.isPresent() && !cluster.get().equals(authority.cluster())) {
      throw new ProgramException(
          "--issuer %s issues for cluster %s, and --tls is of cluster %s: give the authority of this"
                  .formatted(dir, authority.cluster(), cluster.get())
              + " one");
    }
    List<String> told =
        servers.isEmpty()
            ? List.of(address.toString())
            : servers.stream().map(ServerAddress::toString).toList();
    Issuer issuer =
        new Issuer(authority, tls.get(), told, Duration.ofDays(days), List.copyOf(hosts));
    try {
      issuer.requireBelieved();
    } catch (IOException e) {
      throw new ProgramException("--issuer: " + e.getMessage(), e);
    }
    return Optional.of(issuer);
  }

  /** Where to listen; only after {@link #open} gave an issuer. */
  ServerAddress address() {
    ServerAddress given = address;
    if (given == null) {
      throw new IllegalStateException("no --enrol");
    }
    return given;
  }
}
