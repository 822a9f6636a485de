package io.pilothouse.provisioning;

import io.pilothouse.pki.Authority;
import io.pilothouse.pki.CertificateRequest;
import io.pilothouse.pki.EnrolmentFile;
import io.pilothouse.pki.EnrolmentToken;
import io.pilothouse.tls.PeerName;
import io.pilothouse.tls.PemFiles;
import io.pilothouse.tls.TlsDirectory;
import io.pilothouse.tls.TlsException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
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
    requireBelieved();
    return EnrolmentFile.of(token, servers, tls.dir());
  }

  /**
   * Before a token is spent: machines get {@code ca.pem} of {@link #tls}, and would not start with
   * a certificate of somebody else.
   *
   * @throws IOException when what is signed here would not be believed
   */
  void requireBelieved() throws IOException {
    Path believed = tls.dir().resolve(TlsDirectory.AUTHORITIES);
    try {
      if (authority.isAmong(PemFiles.certificates(believed))) {
        return;
      }
    } catch (TlsException e) {
      throw new IOException(e.line(), e);
    }
    throw new IOException(
        "the authority of --issuer %s is not in %s; add its ca.pem there, and to ca.pem of every"
                .formatted(authority.dir(), believed)
            + " program, before it signs");
  }

  /**
   * Refuses a certificate that was taken back, by the lists of --tls and of --issuer.
   *
   * @throws TlsException when it was, or a list cannot be read
   */
  void requireNotRevoked(X509Certificate shown) {
    tls.requireNotRevoked(shown, "the certificate that was shown");
    authority.requireNotRevoked(shown, "the certificate that was shown");
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
