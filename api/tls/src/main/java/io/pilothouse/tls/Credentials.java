package io.pilothouse.tls;

import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.cert.TrustAnchor;
import java.security.cert.X509CRL;
import java.security.cert.X509Certificate;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * What one look into a TLS directory gave, checked as a whole.
 *
 * @param name whom the certificate speaks for
 * @param chain the certificate, then those between it and its authority
 * @param anchors the authorities that others' certificates may be of
 * @param revocations what authorities have taken back
 */
record Credentials(
    PeerName name,
    List<X509Certificate> chain,
    PrivateKey key,
    Set<TrustAnchor> anchors,
    List<X509CRL> revocations) {

  /**
   * Reads and checks.
   *
   * @throws TlsException which file, what is wrong, what to do
   */
  static Credentials read(Path dir) {
    Credentials credentials = readUnproven(dir);
    credentials.requireProven(dir);
    return credentials;
  }

  /** As {@link #read}, without what takes public-key arithmetic. */
  static Credentials readUnproven(Path dir) {
    Path file = dir.resolve(TlsDirectory.CERTIFICATE);
    List<X509Certificate> chain = PemFiles.certificates(file);
    X509Certificate own = chain.get(0);
    Set<TrustAnchor> anchors = new HashSet<>();
    for (X509Certificate each : PemFiles.certificates(dir.resolve(TlsDirectory.AUTHORITIES))) {
      anchors.add(new TrustAnchor(each, null));
    }
    PeerName name = PeerName.of(own);
    Certificates.requireValidNow(own, file.toString());
    Certificates.requireUse(own, true, file.toString());
    Certificates.requireUse(own, false, file.toString());
    PrivateKey key =
        PemFiles.privateKey(dir.resolve(TlsDirectory.KEY), own.getPublicKey().getAlgorithm());
    Path revoked = dir.resolve(TlsDirectory.REVOKED);
    List<X509CRL> revocations = Files.exists(revoked) ? PemFiles.revocations(revoked) : List.of();
    return new Credentials(name, chain, key, Set.copyOf(anchors), revocations);
  }

  /**
   * Refuses a key of another pair, and a certificate or a revocation list that no authority of the
   * directory issued.
   */
  private void requireProven(Path dir) {
    Path file = dir.resolve(TlsDirectory.CERTIFICATE);
    for (X509CRL each : revocations) {
      Certificates.requireIssued(each, anchors, dir.resolve(TlsDirectory.REVOKED).toString());
    }
    Certificates.requireIssued(chain.toArray(X509Certificate[]::new), anchors, file.toString());
    if (!belongTogether(key, own().getPublicKey())) {
      throw new TlsException(
          "%s is not the key of %s (%s)"
              .formatted(dir.resolve(TlsDirectory.KEY), file, name.principal()),
          "put both of one pair there; a new pair is written key first, certificate last");
    }
  }

  private static boolean belongTogether(PrivateKey key, PublicKey certified) {
    String algorithm =
        switch (key.getAlgorithm()) {
          case "EC" -> "SHA256withECDSA";
          case "RSA" -> "SHA256withRSA";
          default -> key.getAlgorithm(); // EdDSA is its own signature's name
        };
    try {
      byte[] something = certified.getEncoded();
      Signature signature = Signature.getInstance(algorithm);
      signature.initSign(key);
      signature.update(something);
      byte[] signed = signature.sign();
      signature.initVerify(certified);
      signature.update(something);
      return signature.verify(signed);
    } catch (GeneralSecurityException e) {
      return false;
    }
  }

  Trust trust() {
    return new Trust(name, anchors, revocations);
  }

  X509Certificate own() {
    return chain.get(0);
  }
}
