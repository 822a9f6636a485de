package io.pilothouse.tls;

import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.Proxy;
import java.net.URI;
import java.security.GeneralSecurityException;
import java.security.cert.X509CRL;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.Optional;
import javax.net.ssl.HttpsURLConnection;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocketFactory;
import javax.net.ssl.TrustManager;

/**
 * Opens HTTP connections to programs of the fleet, with TLS or plain; never by a proxy. Sessions
 * are resumed, so that only the first connection to an address costs a full handshake.
 */
public final class HttpConnections {
  /** Plain ones. */
  public static final HttpConnections PLAIN = new HttpConnections(Optional.empty());

  private final Optional<SSLSocketFactory> sockets;

  private HttpConnections(Optional<SSLSocketFactory> sockets) {
    this.sockets = sockets;
  }

  /** Connections to these, by this program's certificate; plain ones without. */
  public static HttpConnections to(Peers peers, Optional<TlsDirectory> tls) {
    return tls.isEmpty()
        ? PLAIN
        : new HttpConnections(Optional.of(tls.get().client(peers).getSocketFactory()));
  }

  /**
   * Connections of one that has no certificate yet: it knows whom to believe, and shows none.
   *
   * @param self who will get one
   * @param authorities one of which has issued the other side's
   * @param revocations what they have taken back
   */
  public static HttpConnections ofNewcomer(
      PeerName self, Peers peers, List<X509Certificate> authorities, List<X509CRL> revocations) {
    Trust trust = new Trust(self, RevokedFile.anchors(authorities), List.copyOf(revocations));
    try {
      SSLContext context = SSLContext.getInstance(TlsDirectory.PROTOCOL);
      context.init(null, new TrustManager[] {new PeerTrust(() -> trust, peers)}, null);
      return new HttpConnections(Optional.of(context.getSocketFactory()));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("this JDK has no " + TlsDirectory.PROTOCOL, e);
    }
  }

  /**
   * Not connected yet.
   *
   * @param address {@code host:port}
   * @param path from its slash on
   * @throws IllegalArgumentException when the address is none
   */
  public HttpURLConnection open(String address, String path) throws IOException {
    String scheme = sockets.isPresent() ? "https" : "http";
    HttpURLConnection connection =
        (HttpURLConnection)
            URI.create(scheme + "://" + address + path).toURL().openConnection(Proxy.NO_PROXY);
    if (connection instanceof HttpsURLConnection secure && sockets.isPresent()) {
      secure.setSSLSocketFactory(sockets.get());
      // who may answer is the trust manager's affair: addresses change hands
      secure.setHostnameVerifier((host, session) -> true);
    }
    return connection;
  }
}
