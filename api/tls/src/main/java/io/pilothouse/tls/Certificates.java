package io.pilothouse.tls;

import java.security.GeneralSecurityException;
import java.security.cert.CertPathValidator;
import java.security.cert.CertPathValidatorException;
import java.security.cert.CertPathValidatorException.BasicReason;
import java.security.cert.CertPathValidatorException.Reason;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.PKIXParameters;
import java.security.cert.PKIXReason;
import java.security.cert.TrustAnchor;
import java.security.cert.X509CRL;
import java.security.cert.X509CRLEntry;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Checks of certificates whose failures a person can act on. */
final class Certificates {
  private static final String SERVER_USE = "1.3.6.1.5.5.7.3.1"; // RFC 5280, 4.2.1.12
  private static final String CLIENT_USE = "1.3.6.1.5.5.7.3.2";
  private static final String ANY_USE = "2.5.29.37.0";

  private Certificates() {}

  /**
   * Refuses one that is not valid at this moment.
   *
   * @param what names it in the message
   */
  static void requireValidNow(X509Certificate certificate, String what) {
    Instant now = Instant.now();
    Instant from = certificate.getNotBefore().toInstant();
    Instant until = certificate.getNotAfter().toInstant();
    if (now.isAfter(until)) {
      throw new TlsException(
          "%s (subject '%s') expired at %s"
              .formatted(what, certificate.getSubjectX500Principal(), seconds(until)),
          "make a new one: `pilot pki renew`, or your authority's way; the program takes it up"
              + " without a restart");
    }
    if (now.isBefore(from)) {
      throw new TlsException(
          "%s (subject '%s') is valid only from %s, and it is %s here"
              .formatted(what, certificate.getSubjectX500Principal(), seconds(from), seconds(now)),
          "set the clock of this machine, or make another certificate");
    }
  }

  private static Instant seconds(Instant at) {
    return at.truncatedTo(ChronoUnit.SECONDS);
  }

  /**
   * Refuses a chain that does not lead to one of the authorities.
   *
   * @param what names its owner in the message
   */
  static void requireIssued(X509Certificate[] chain, Set<TrustAnchor> anchors, String what) {
    try {
      PKIXParameters parameters = new PKIXParameters(anchors);
      parameters.setRevocationEnabled(false); // requireNotRevoked: an overdue list locks nobody out
      CertPathValidator.getInstance("PKIX")
          .validate(
              CertificateFactory.getInstance("X.509").generateCertPath(below(chain, anchors)),
              parameters);
    } catch (CertPathValidatorException e) {
      throw new TlsException(
          "%s (subject '%s', issued by '%s') is not trusted: %s"
              .formatted(
                  what,
                  chain[0].getSubjectX500Principal(),
                  chain[0].getIssuerX500Principal(),
                  e.getReason() == PKIXReason.NO_TRUST_ANCHOR
                          || e.getReason() == BasicReason.INVALID_SIGNATURE
                      ? "no authority of ca.pem has issued it"
                      : reason(e)),
          "use certificates of one authority on both sides, or add the other's to ca.pem",
          e);
    } catch (GeneralSecurityException e) {
      throw new TlsException(
          what + " cannot be checked: " + e.getMessage(), "make another certificate", e);
    }
  }

  /** Refuses a revocation list that none of the authorities has signed. */
  static void requireIssued(X509CRL list, Set<TrustAnchor> anchors, String what) {
    for (TrustAnchor each : anchors) {
      @Nullable X509Certificate authority = each.getTrustedCert();
      if (authority != null && isSignedBy(list, authority)) {
        return;
      }
    }
    throw new TlsException(
        "%s: the revocation list of '%s' is not signed by an authority of ca.pem"
            .formatted(what, list.getIssuerX500Principal()),
        "copy the crl.pem of the authority that issues here, or remove the file");
  }

  private static boolean isSignedBy(X509CRL list, X509Certificate authority) {
    try {
      list.verify(authority.getPublicKey());
      return true;
    } catch (GeneralSecurityException e) {
      return false;
    }
  }

  /**
   * Refuses a chain of which a certificate was taken back. A list whose next update is overdue
   * counts on: nobody must be locked out because nobody wrote a new one.
   */
  static void requireNotRevoked(X509Certificate[] chain, List<X509CRL> lists, String what) {
    for (X509Certificate each : chain) {
      for (X509CRL list : lists) {
        @Nullable X509CRLEntry entry = list.getRevokedCertificate(each);
        if (entry != null) {
          throw new TlsException(
              "%s (subject '%s', serial %s) was revoked at %s"
                  .formatted(
                      what,
                      each.getSubjectX500Principal(),
                      each.getSerialNumber().toString(16),
                      seconds(entry.getRevocationDate().toInstant())),
              "give its owner a new one: `pilot pki renew`");
        }
      }
    }
  }

  private static String reason(CertPathValidatorException e) {
    @Nullable Reason reason = e.getReason();
    return e.getMessage() + (reason == null ? "" : " (" + reason + ")");
  }

  /** A chain may carry its authority along; the path to validate ends below it. */
  private static List<X509Certificate> below(X509Certificate[] chain, Set<TrustAnchor> anchors) {
    List<X509Certificate> path = new ArrayList<>();
    for (X509Certificate each : chain) {
      if (!path.isEmpty()
          && anchors.stream().anyMatch(anchor -> each.equals(anchor.getTrustedCert()))) {
        break;
      }
      path.add(each);
    }
    return path;
  }

  /** Refuses one that was made for something else; one that says nothing is for all. */
  static void requireUse(X509Certificate certificate, boolean server, String what) {
    @Nullable List<String> uses;
    try {
      uses = certificate.getExtendedKeyUsage();
    } catch (CertificateException e) {
      throw new TlsException(what + " cannot be read: " + e.getMessage(), "make another", e);
    }
    String wanted = server ? SERVER_USE : CLIENT_USE;
    if (uses != null && !uses.contains(wanted) && !uses.contains(ANY_USE)) {
      throw new TlsException(
          "%s is not for TLS %ss: its extended key usage is %s"
              .formatted(what, server ? "server" : "client", uses),
          "make one with serverAuth and clientAuth");
    }
  }
}
