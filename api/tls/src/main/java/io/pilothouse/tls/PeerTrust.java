package io.pilothouse.tls;

import java.net.Socket;
import java.security.cert.CertificateException;
import java.security.cert.TrustAnchor;
import java.security.cert.X509Certificate;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.X509ExtendedTrustManager;
import org.jspecify.annotations.Nullable;

/**
 * Lets in whom a trusted authority vouches for, who is of the same cluster and of a kind that is
 * expected here. It extends the "extended" kind because JSSE would otherwise match host names on
 * top, which says nothing where machines move.
 */
final class PeerTrust extends X509ExtendedTrustManager {
  private static final long BETWEEN_WARNINGS = 1_000_000_000;

  private final Supplier<Trust> trust;
  private final Peers peers;
  private final AtomicLong toldAt = new AtomicLong(System.nanoTime() - BETWEEN_WARNINGS);

  /**
   * @param trust asked for every handshake
   */
  PeerTrust(Supplier<Trust> trust, Peers peers) {
    this.trust = trust;
    this.peers = peers;
  }

  private void check(X509Certificate @Nullable [] chain, boolean server)
      throws CertificateException {
    if (chain == null || chain.length == 0) {
      throw new CertificateException("the other side has shown no certificate");
    }
    try {
      Trust own = trust.get();
      String what = "the certificate of the " + (server ? "server" : "client");
      Certificates.requireValidNow(chain[0], what);
      Certificates.requireIssued(chain, own.anchors(), what);
      Certificates.requireNotRevoked(chain, own.revocations(), what);
      Certificates.requireUse(chain[0], server, what);
      requireExpected(PeerName.of(chain[0]), own.self());
    } catch (TlsException e) {
      if (!server) {
        tell(e);
      }
      throw new CertificateException(e.line(), e);
    }
  }

  /** The client learns little: an alert, if that. One a second, or strangers would fill the log. */
  private void tell(TlsException refusal) {
    long now = System.nanoTime();
    long before = toldAt.get();
    if (now - before >= BETWEEN_WARNINGS && toldAt.compareAndSet(before, now)) {
      // a stranger chose parts of it: no line of its own in the log
      TlsDirectory.Log.LOG.warn(
          "A client was not let in: {}",
          String.valueOf(refusal.getMessage()).replaceAll("\\p{Cc}", "?"));
    }
  }

  private void requireExpected(PeerName other, PeerName own) {
    if (!other.isOfClusterOf(own)) {
      throw new TlsException(
          "the other side is %s; this is %s".formatted(other, own),
          "give the addresses of one cluster, and certificates of that cluster");
    }
    if (!peers.include(other)) {
      throw new TlsException(
          "the other side is %s; expected %s".formatted(other.principal(), peers.text()),
          "look whether the address is the right one");
    }
  }

  @Override
  public void checkClientTrusted(X509Certificate[] chain, String authType)
      throws CertificateException {
    check(chain, false);
  }

  @Override
  public void checkServerTrusted(X509Certificate[] chain, String authType)
      throws CertificateException {
    check(chain, true);
  }

  @Override
  public void checkClientTrusted(X509Certificate[] chain, String authType, Socket socket)
      throws CertificateException {
    check(chain, false);
  }

  @Override
  public void checkServerTrusted(X509Certificate[] chain, String authType, Socket socket)
      throws CertificateException {
    check(chain, true);
  }

  @Override
  public void checkClientTrusted(X509Certificate[] chain, String authType, SSLEngine engine)
      throws CertificateException {
    check(chain, false);
  }

  @Override
  public void checkServerTrusted(X509Certificate[] chain, String authType, SSLEngine engine)
      throws CertificateException {
    check(chain, true);
  }

  @Override
  public X509Certificate[] getAcceptedIssuers() {
    return trust.get().anchors().stream()
        .map(TrustAnchor::getTrustedCert)
        .filter(Objects::nonNull)
        .toArray(X509Certificate[]::new);
  }
}
