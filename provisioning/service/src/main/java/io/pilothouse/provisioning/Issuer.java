package io.pilothouse.provisioning;

import io.pilothouse.pki.Authority;
import io.pilothouse.pki.CertificateRequest;
import io.pilothouse.pki.EnrolmentFile;
import io.pilothouse.pki.EnrolmentToken;
import io.pilothouse.tls.PeerName;
import io.pilothouse.tls.TlsDirectory;
import java.io.IOException;
import java.nio.file.Files;
import java.time.Duration;
import java.util.List;

/**
 * Signs certificates of machines, and of nobody else.
 *
 * @param tls this program's own: whose authorities new machines are to believe
 * @param servers where machines come with their tokens
 * @param validity of what is signed
 * @param hosts put into every certificate, for tools that match host names
 */
record Issuer(
    Authority authority,
    TlsDirectory tls,
    List<String> servers,
    Duration validity,
    List<String> hosts) {

  /** What a new machine is given. */
  EnrolmentFile file(EnrolmentToken token) throws IOException {
    return new EnrolmentFile(
        token, servers, Files.readString(tls.dir().resolve(TlsDirectory.AUTHORITIES)));
  }

  /** What this program knows to be revoked, as PEM. */
  String revocations() throws IOException {
    return Files.readString(tls.dir().resolve(TlsDirectory.REVOKED));
  }

  /** The only name that a machine can get. */
  PeerName name(String machine) {
    return authority.name("machine/" + machine);
  }

  /** The certificate, as PEM. */
  String certify(PeerName name, CertificateRequest request) throws IOException {
    request.requireFor(name);
    return authority.certify(name, request.key(), validity, hosts);
  }
}
