package io.pilothouse.provisioning;

import io.pilothouse.pki.Authority;
import io.pilothouse.tls.TlsDirectory;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/** An authority of cluster west, and the provisioning service that signs with it. */
record TestIssuer(Authority authority) {
  private static final Duration YEAR = Duration.ofDays(365);

  static TestIssuer in(Path dir) throws IOException {
    return new TestIssuer(Authority.create(dir, "west", YEAR));
  }

  TlsDirectory tls(String principal, Duration validity) throws IOException {
    Path place = authority.place(authority.name(principal));
    authority.issue(authority.name(principal), validity, List.of(), place);
    return TlsDirectory.open(place);
  }

  Issuer issuer() throws IOException {
    return new Issuer(
        authority,
        tls("satellite/provisioning-1", YEAR),
        List.of("provisioning.example:18554"),
        YEAR,
        List.of("localhost"));
  }
}
