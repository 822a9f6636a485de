package io.pilothouse.pki;

import io.pilothouse.tls.PemFiles;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.math.BigInteger;
import java.nio.file.Path;
import java.security.PrivateKey;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.Date;
import java.util.List;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.cert.X509v3CertificateBuilder;
import org.bouncycastle.cert.jcajce.JcaX509CertificateHolder;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;

/** Certificates as other authorities make them. */
final class Foreign {
  private Foreign() {}

  /** The certificate of a directory again, valid from later on. */
  static String validFrom(Authority authority, Path dir, Instant from) {
    X509Certificate old = PemFiles.certificates(dir.resolve("cert.pem")).get(0);
    return made(
        authority,
        dir,
        old.getSubjectX500Principal().getName(),
        from,
        List.of("spiffe://blue/machine/web-03"));
  }

  /** For the key of a directory. */
  static String made(
      Authority authority, Path dir, String subject, Instant from, List<String> uris) {
    X509Certificate old = PemFiles.certificates(dir.resolve("cert.pem")).get(0);
    Path ca = authority.dir();
    X509Certificate issuer = PemFiles.certificates(ca.resolve("ca.pem")).get(0);
    PrivateKey key = PemFiles.privateKey(ca.resolve("ca-key.pem"), "EC");
    try {
      X509v3CertificateBuilder builder =
          new JcaX509v3CertificateBuilder(
              new JcaX509CertificateHolder(issuer).getSubject(),
              BigInteger.TWO,
              Date.from(from),
              Date.from(from.plus(Duration.ofDays(1))),
              new X500Name(subject),
              old.getPublicKey());
      if (!uris.isEmpty()) {
        builder.addExtension(
            Extension.subjectAlternativeName,
            false,
            new GeneralNames(
                uris.stream()
                    .map(each -> new GeneralName(GeneralName.uniformResourceIdentifier, each))
                    .toArray(GeneralName[]::new)));
      }
      byte[] bytes =
          builder.build(new JcaContentSignerBuilder("SHA256withECDSA").build(key)).getEncoded();
      return Certifying.pem(
          List.of(
              (X509Certificate)
                  CertificateFactory.getInstance("X.509")
                      .generateCertificate(new ByteArrayInputStream(bytes))));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }
}
