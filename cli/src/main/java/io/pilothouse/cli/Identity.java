package io.pilothouse.cli;

import io.pilothouse.cli.pki.FleetCertificates;
import io.pilothouse.tls.TlsDirectory;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Properties;
import org.jspecify.annotations.Nullable;

/**
 * As whom the command line speaks, and by which certificate.
 *
 * @param tls empty where the fleet speaks plain
 */
public record Identity(String principal, Optional<TlsDirectory> tls) {

  /**
   * By the directory that was given; else by the certificate that the fleet here has for the
   * principal; else plain.
   *
   * @param dir of {@code --tls} or {@code PILOT_TLS}
   * @param principal as whom to speak, unless a given certificate is of another
   * @param insists whether that was asked for: a certificate of another is then refused by the
   *     Device Manager
   */
  static Identity find(@Nullable String dir, Home home, String principal, boolean insists) {
    if (dir != null && !dir.isBlank()) {
      TlsDirectory tls = TlsDirectory.openForOneCall(Path.of(dir));
      return new Identity(insists ? principal : tls.name().principal(), Optional.of(tls));
    }
    String fleets =
        home.context().map((Properties each) -> each.getProperty(Home.PKI, "")).orElse("");
    if (fleets.isEmpty()) {
      return new Identity(principal, Optional.empty());
    }
    Path place = new FleetCertificates(Path.of(fleets)).require(principal);
    return new Identity(principal, Optional.of(TlsDirectory.openForOneCall(place)));
  }
}
