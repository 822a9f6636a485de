package io.pilothouse.pki;

import io.pilothouse.tls.PeerName;
import io.pilothouse.tls.TlsException;
import java.io.IOException;
import java.math.BigInteger;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.security.cert.CRLException;
import java.security.cert.CertificateEncodingException;
import java.security.cert.CertificateParsingException;
import java.security.cert.X509CRL;
import java.security.cert.X509Certificate;
import java.security.spec.ECGenParameterSpec;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collection;
import java.util.Date;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import javax.security.auth.x500.X500Principal;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x500.X500NameBuilder;
import org.bouncycastle.asn1.x500.style.BCStyle;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.CRLReason;
import org.bouncycastle.asn1.x509.ExtendedKeyUsage;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.bouncycastle.cert.CertIOException;
import org.bouncycastle.cert.X509v2CRLBuilder;
import org.bouncycastle.cert.X509v3CertificateBuilder;
import org.bouncycastle.cert.jcajce.JcaX509CRLConverter;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509ExtensionUtils;
import org.bouncycastle.cert.jcajce.JcaX509v2CRLBuilder;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.bouncycastle.pkcs.PKCS10CertificationRequest;
import org.bouncycastle.pkcs.jcajce.JcaPKCS10CertificationRequestBuilder;

/** Makes keys and certificates: ECDSA on P-256, which every TLS library knows. */
final class Certifying {
  private static final SecureRandom RANDOM = new SecureRandom();

  /** The clocks of a site differ a little, and a certificate is used at once. */
  private static final Duration BACKDATED = Duration.ofHours(1);

  private Certifying() {}

  static KeyPair keyPair() {
    try {
      KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
      generator.initialize(new ECGenParameterSpec("secp256r1"), RANDOM);
      return generator.generateKeyPair();
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("this JDK has no P-256", e);
    }
  }

  static X509Certificate authority(KeyPair pair, String name, String uri, Duration validity) {
    X500Name subject = subject(name);
    X509v3CertificateBuilder builder =
        new JcaX509v3CertificateBuilder(
            subject, serial(), from(), until(validity), subject, pair.getPublic());
    try {
      JcaX509ExtensionUtils ids = new JcaX509ExtensionUtils();
      builder.addExtension(Extension.basicConstraints, true, new BasicConstraints(0));
      builder.addExtension(
          Extension.keyUsage, true, new KeyUsage(KeyUsage.keyCertSign | KeyUsage.cRLSign));
      builder.addExtension(
          Extension.subjectAlternativeName,
          false,
          new GeneralNames(new GeneralName(GeneralName.uniformResourceIdentifier, uri)));
      builder.addExtension(
          Extension.subjectKeyIdentifier, false, ids.createSubjectKeyIdentifier(pair.getPublic()));
      return signed(builder, pair.getPrivate());
    } catch (GeneralSecurityException | CertIOException e) {
      throw new IllegalStateException("a certificate of our own making is refused", e);
    }
  }

  static X509Certificate program(
      PublicKey key,
      PeerName name,
      List<String> hosts,
      Duration validity,
      X509Certificate issuer,
      PrivateKey issuerKey)
      throws GeneralSecurityException {
    X509v3CertificateBuilder builder =
        new JcaX509v3CertificateBuilder(
            issuer, serial(), from(), until(validity), javaName(subject(name.principal())), key);
    List<GeneralName> names = new ArrayList<>();
    names.add(new GeneralName(GeneralName.uniformResourceIdentifier, name.uri()));
    hosts.forEach(each -> names.add(host(each)));
    try {
      JcaX509ExtensionUtils ids = new JcaX509ExtensionUtils();
      builder.addExtension(Extension.basicConstraints, true, new BasicConstraints(false));
      builder.addExtension(Extension.keyUsage, true, new KeyUsage(KeyUsage.digitalSignature));
      builder.addExtension(
          Extension.extendedKeyUsage,
          false,
          new ExtendedKeyUsage(
              new KeyPurposeId[] {KeyPurposeId.id_kp_serverAuth, KeyPurposeId.id_kp_clientAuth}));
      builder.addExtension(
          Extension.subjectAlternativeName,
          false,
          new GeneralNames(names.toArray(GeneralName[]::new)));
      builder.addExtension(
          Extension.authorityKeyIdentifier, false, ids.createAuthorityKeyIdentifier(issuer));
      return signed(builder, issuerKey);
    } catch (CertIOException e) {
      throw new GeneralSecurityException(e);
    }
  }

  /** A request (PKCS#10, RFC 2986) that proves whose key it is, as PEM. */
  static String request(KeyPair pair, String commonName) {
    try {
      PKCS10CertificationRequest request =
          new JcaPKCS10CertificationRequestBuilder(javaName(subject(commonName)), pair.getPublic())
              .build(new JcaContentSignerBuilder("SHA256withECDSA").build(pair.getPrivate()));
      return pem("CERTIFICATE REQUEST", request.getEncoded());
    } catch (OperatorCreationException | IOException e) {
      throw new IllegalStateException("a request of our own making is refused", e);
    }
  }

  private static GeneralName host(String text) {
    if (!text.matches("[A-Za-z0-9.:-]{1,253}")) {
      throw new TlsException(
          "'" + text + "' is neither a host's name nor an address", "use for example dm-1.example");
    }
    boolean address = text.contains(":") || text.matches("[0-9.]+");
    return new GeneralName(address ? GeneralName.iPAddress : GeneralName.dNSName, text);
  }

  /** The hosts that a certificate names. */
  static List<String> hosts(X509Certificate certificate) {
    try {
      return Optional.ofNullable(certificate.getSubjectAlternativeNames()).stream()
          .flatMap(Collection::stream)
          .filter(
              each ->
                  each.get(0) instanceof Integer tag
                      && (tag == GeneralName.dNSName || tag == GeneralName.iPAddress))
          .map(each -> String.valueOf(each.get(1)))
          .toList();
    } catch (CertificateParsingException e) {
      throw new TlsException(
          "the old certificate cannot be read: " + e.getMessage(), "issue one anew", e);
    }
  }

  private static X509Certificate signed(X509v3CertificateBuilder builder, PrivateKey key)
      throws GeneralSecurityException {
    try {
      return new JcaX509CertificateConverter()
          .getCertificate(builder.build(new JcaContentSignerBuilder("SHA256withECDSA").build(key)));
    } catch (OperatorCreationException e) {
      throw new GeneralSecurityException(e);
    }
  }

  private static X500Name subject(String commonName) {
    return new X500NameBuilder().addRDN(BCStyle.CN, commonName).build();
  }

  private static X500Principal javaName(X500Name name) {
    try {
      return new X500Principal(name.getEncoded());
    } catch (IOException e) {
      throw new IllegalStateException("a name of our own making is refused", e);
    }
  }

  private static BigInteger serial() {
    return new BigInteger(127, RANDOM).setBit(126); // positive, at most 20 octets: RFC 5280
  }

  private static Date from() {
    return Date.from(Instant.now().minus(BACKDATED));
  }

  private static Date until(Duration validity) {
    return Date.from(Instant.now().plus(validity));
  }

  static String pem(List<X509Certificate> chain) {
    StringBuilder text = new StringBuilder();
    for (X509Certificate each : chain) {
      try {
        text.append(pem("CERTIFICATE", each.getEncoded()));
      } catch (CertificateEncodingException e) {
        throw new IllegalStateException("a certificate of our own making is refused", e);
      }
    }
    return text.toString();
  }

  /** A revocation list (RFC 5280, section 5) that stands until the authority ends. */
  static X509CRL revocations(
      SortedMap<BigInteger, Instant> revoked, X509Certificate authority, PrivateKey key) {
    try {
      X509v2CRLBuilder builder =
          new JcaX509v2CRLBuilder(authority, Date.from(Instant.now()))
              .setNextUpdate(authority.getNotAfter());
      revoked.forEach(
          (serial, at) -> builder.addCRLEntry(serial, Date.from(at), CRLReason.unspecified));
      return new JcaX509CRLConverter()
          .getCRL(builder.build(new JcaContentSignerBuilder("SHA256withECDSA").build(key)));
    } catch (GeneralSecurityException | OperatorCreationException e) {
      throw new IllegalStateException("a revocation list of our own making is refused", e);
    }
  }

  static String pem(X509CRL list) {
    try {
      return pem("X509 CRL", list.getEncoded());
    } catch (CRLException e) {
      throw new IllegalStateException("a revocation list of our own making is refused", e);
    }
  }

  static String pem(PrivateKey key) {
    return pem("PRIVATE KEY", key.getEncoded());
  }

  private static String pem(String label, byte[] bytes) {
    String body = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(bytes);
    return "-----BEGIN %s-----\n%s\n-----END %s-----\n".formatted(label, body, label);
  }
}
