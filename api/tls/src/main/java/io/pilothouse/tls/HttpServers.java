package io.pilothouse.tls;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsExchange;
import com.sun.net.httpserver.HttpsParameters;
import com.sun.net.httpserver.HttpsServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.security.cert.X509Certificate;
import java.util.Optional;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;

/** The JDK's HTTP server behind mutual TLS, or plain. */
public final class HttpServers {
  /** Connections of one port; those beyond are closed at once. */
  public static final int MOST_CONNECTIONS = 2_000;

  /**
   * Connections that wait to be taken: a rack's machines come to one of them in the same moment.
   * With the JDK's 50 the others' requests are dropped, and come again after a second or more.
   */
  private static final int BACKLOG = 512;

  /** For a request to come in whole once it has begun, its handshake with it. */
  private static final int MOST_REQUEST_SECONDS = 120;

  static {
    // the JDK's own server has neither limit: who opens connections and says nothing would keep
    // them
    limit("jdk.httpserver.maxConnections", MOST_CONNECTIONS);
    limit("sun.net.httpserver.maxReqTime", MOST_REQUEST_SECONDS);
  }

  private HttpServers() {}

  /** Unless whoever started the program has chosen another. */
  private static void limit(String property, int value) {
    if (System.getProperty(property) == null) {
      System.setProperty(property, Integer.toString(value));
    }
  }

  /** Bound, not started; with TLS it answers only to certificates of the cluster. */
  public static HttpServer create(InetSocketAddress address, Optional<TlsDirectory> tls)
      throws IOException {
    return tls.isEmpty() ? HttpServer.create(address, BACKLOG) : secure(address, tls.get(), true);
  }

  /**
   * Bound, not started: for those who come for a certificate. Who has one already proves it; who
   * shows none is let in as nobody, see {@link #caller}.
   */
  public static HttpServer createForNewcomers(InetSocketAddress address, TlsDirectory tls)
      throws IOException {
    return secure(address, tls, false);
  }

  private static HttpServer secure(
      InetSocketAddress address, TlsDirectory tls, boolean certificateRequired) throws IOException {
    HttpsServer server = HttpsServer.create(address, BACKLOG);
    server.setHttpsConfigurator(new ClientsProveThemselves(tls.server(), certificateRequired));
    return server;
  }

  /**
   * Whom the caller's certificate speaks for; empty on a plain server.
   *
   * @throws TlsException when there is none, it names nobody, or it has expired since the session
   *     began
   */
  public static Optional<PeerName> caller(HttpExchange exchange) {
    return exchange instanceof HttpsExchange secure
        ? Optional.of(PeerName.of(secure.getSSLSession()))
        : Optional.empty();
  }

  /**
   * The caller's certificate, which a handshake has verified; when a session was resumed, an
   * earlier one.
   *
   * @throws TlsException as {@link #caller}
   */
  public static Optional<X509Certificate> certificate(HttpExchange exchange) {
    return exchange instanceof HttpsExchange secure
        ? Optional.of(PeerName.certificate(secure.getSSLSession()))
        : Optional.empty();
  }

  private static final class ClientsProveThemselves extends HttpsConfigurator {
    private final boolean required;

    ClientsProveThemselves(SSLContext context, boolean required) {
      super(context);
      this.required = required;
    }

    @Override
    public void configure(HttpsParameters connection) {
      SSLParameters parameters = getSSLContext().getDefaultSSLParameters();
      if (required) {
        parameters.setNeedClientAuth(true);
      } else {
        parameters.setWantClientAuth(true);
      }
      connection.setSSLParameters(parameters);
    }
  }
}
