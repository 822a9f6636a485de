package io.pilothouse.tls;

import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.naming.InvalidNameException;
import javax.naming.ldap.LdapName;
import javax.naming.ldap.Rdn;
import javax.net.ssl.SSLPeerUnverifiedException;
import javax.net.ssl.SSLSession;
import org.jspecify.annotations.Nullable;

/**
 * Whom a certificate speaks for: {@code spiffe://CLUSTER/KIND/NAME} as its only URI among the
 * subject alternative names (the form of SPIFFE-ID 1.0), or, when an authority can make no such
 * name, {@code KIND/NAME} or {@code KIND:NAME} as the subject's common name.
 *
 * @param cluster empty when the certificate names none; then its authority alone binds it to one
 * @param kind for example {@code machine}
 * @param name for example {@code web-03}
 */
public record PeerName(Optional<String> cluster, String kind, String name) {
  private static final int URI = 6; // GeneralName's tag of a uniformResourceIdentifier

  /** Of the URI that names a program in its certificate (SPIFFE). */
  public static final String SCHEME = "spiffe://";

  private static final String KIND = "([a-z][a-z-]{0,31})";
  private static final String NAME = "([A-Za-z0-9][A-Za-z0-9._@-]{0,62})";
  private static final Pattern PATH =
      Pattern.compile(SCHEME + "([a-z0-9][a-z0-9._-]{0,62})/" + KIND + "/" + NAME);
  private static final Pattern PRINCIPAL = Pattern.compile(KIND + "[/:]" + NAME);

  /** The name that {@code KIND/NAME} means in a cluster; empty when it has another form. */
  public static Optional<PeerName> parse(String cluster, String principal) {
    Matcher form = PATH.matcher(SCHEME + cluster + "/" + principal);
    return form.matches()
        ? Optional.of(new PeerName(Optional.of(form.group(1)), form.group(2), form.group(3)))
        : Optional.empty();
  }

  /**
   * Reads it from a certificate.
   *
   * @throws TlsException when it names nobody, or several
   */
  public static PeerName of(X509Certificate certificate) {
    List<String> uris = uris(certificate);
    if (uris.size() > 1) {
      throw nobody(certificate, "it has the URIs " + uris + "; one certificate is one program's");
    }
    if (uris.size() == 1) {
      Matcher form = PATH.matcher(uris.get(0));
      if (!form.matches()) {
        throw nobody(certificate, "its URI is '" + uris.get(0) + "'");
      }
      return new PeerName(Optional.of(form.group(1)), form.group(2), form.group(3));
    }
    Optional<String> commonName = commonName(certificate);
    Matcher form = PRINCIPAL.matcher(commonName.orElse(""));
    if (!form.matches()) {
      throw nobody(
          certificate,
          "it has no such URI, and its common name is '" + commonName.orElse("") + "'");
    }
    return new PeerName(Optional.empty(), form.group(1), form.group(2));
  }

  /**
   * Whom the other side's certificate speaks for, which the handshake has verified.
   *
   * @throws TlsException when there is none, it names nobody, or it has expired since: a resumed
   *     session brings the certificate of its first handshake
   */
  public static PeerName of(SSLSession session) {
    return of(certificate(session));
  }

  static X509Certificate certificate(SSLSession session) {
    try {
      if (session.getPeerCertificates()[0] instanceof X509Certificate certificate) {
        Certificates.requireValidNow(certificate, "the certificate of the other side");
        return certificate;
      }
    } catch (SSLPeerUnverifiedException e) {
      throw new TlsException(
          "the other side has shown no certificate",
          "connect with a certificate of the cluster",
          e);
    }
    throw new TlsException(
        "the other side's certificate is not X.509", "connect with one of the cluster's");
  }

  private static TlsException nobody(X509Certificate certificate, String why) {
    return new TlsException(
        "the certificate of subject '%s' names no program: %s"
            .formatted(certificate.getSubjectX500Principal(), why),
        "give it the one URI spiffe://CLUSTER/KIND/NAME as subject alternative name, or the common"
            + " name KIND/NAME");
  }

  private static List<String> uris(X509Certificate certificate) {
    @Nullable Collection<List<?>> names;
    try {
      names = certificate.getSubjectAlternativeNames();
    } catch (CertificateParsingException e) {
      throw new TlsException(
          "the certificate's subject alternative names cannot be read: " + e.getMessage(),
          "make another",
          e);
    }
    return names == null
        ? List.of()
        : names.stream()
            .filter(each -> each.get(0) instanceof Integer tag && tag == URI)
            .map(each -> String.valueOf(each.get(1)))
            .toList();
  }

  private static Optional<String> commonName(X509Certificate certificate) {
    try {
      for (Rdn each : new LdapName(certificate.getSubjectX500Principal().getName()).getRdns()) {
        if (each.getType().equalsIgnoreCase("CN")) {
          return Optional.of(String.valueOf(each.getValue()));
        }
      }
    } catch (InvalidNameException e) {
      return Optional.empty(); // as good as none
    }
    return Optional.empty();
  }

  /** {@code KIND/NAME}, as calls say it. */
  public String principal() {
    return kind + "/" + name;
  }

  /** As a certificate of ours says it. */
  public String uri() {
    return SCHEME + cluster.orElse("") + "/" + principal();
  }

  /** Whether both may be of one cluster: they say the same, or one of them does not say. */
  boolean isOfClusterOf(PeerName other) {
    return cluster.isEmpty() || other.cluster.isEmpty() || cluster.equals(other.cluster);
  }

  @Override
  public String toString() {
    return principal() + cluster.map(each -> " of cluster " + each).orElse("");
  }
}
