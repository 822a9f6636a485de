package io.pilothouse.tasks.check;

import io.pilothouse.mesos.v1.CheckInfo;
import io.pilothouse.mesos.v1.CheckStatusInfo;
import io.pilothouse.watchdog.HttpProbe;
import java.io.IOException;
import java.net.URI;
import java.security.GeneralSecurityException;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.Optional;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocketFactory;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509TrustManager;

/**
 * What a server on this machine answers to a GET. As in Mesos redirects are followed and nobody's
 * certificate is looked at: none is made out to 127.0.0.1.
 *
 * @param tls whether it speaks https
 */
record HttpLook(boolean tls, String host, int port, String path) implements Probe {
  private static final int MOST_REDIRECTS = 5;
  private static final int HTTP = 80;
  private static final int HTTPS = 443;

  /** Where it looks next. */
  private record At(boolean tls, String host, int port, String path) {}

  /** Takes any server for who it says it is. */
  private static final class Anybody implements X509TrustManager {
    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type) {}

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type) {}

    @Override
    public X509Certificate[] getAcceptedIssuers() {
      return new X509Certificate[0];
    }
  }

  @Override
  public Finding look(Duration timeout) throws InterruptedException {
    CheckStatusInfo.Builder status = CheckStatusInfo.newBuilder().setType(CheckInfo.Type.HTTP);
    status.getHttpBuilder();
    try {
      int code = code(System.nanoTime() + timeout.toNanos());
      status.getHttpBuilder().setStatusCode(code);
      boolean well = code >= 200 && code < 400;
      return new Finding(status.build(), well ? "" : "Unexpected HTTP response code: " + code);
    } catch (IOException | IllegalArgumentException e) {
      if (Thread.interrupted()) {
        throw new InterruptedException();
      }
      return new Finding(
          status.build(),
          "HTTP request failed: %s:%d%s: %s".formatted(host, port, path, e.getMessage()));
    }
  }

  private int code(long end) throws IOException {
    At at = new At(tls, host, port, path);
    for (int hops = 0; ; hops++) {
      Duration left = Duration.ofNanos(Math.max(1_000_000, end - System.nanoTime()));
      HttpProbe.Answer answer =
          HttpProbe.look(
              at.host(),
              at.port(),
              at.path(),
              left,
              at.tls() ? Optional.of(anybody()) : Optional.empty());
      Optional<String> where = answer.header("Location");
      boolean moved = answer.status() / 100 == 3 && answer.status() != 304 && where.isPresent();
      if (!moved) {
        return answer.status();
      }
      if (hops == MOST_REDIRECTS) {
        throw new IOException("it is redirected more than %d times".formatted(MOST_REDIRECTS));
      }
      at = next(at, where.get());
    }
  }

  private static At next(At at, String where) throws IOException {
    String scheme = at.tls() ? "https" : "http";
    URI from = URI.create("%s://%s:%d%s".formatted(scheme, at.host(), at.port(), at.path()));
    URI to = from.resolve(where);
    boolean https = "https".equalsIgnoreCase(to.getScheme());
    if ((!https && !"http".equalsIgnoreCase(to.getScheme())) || to.getHost() == null) {
      throw new IOException("it is redirected to no http or https URI");
    }
    String path = to.getRawPath().isEmpty() ? "/" : to.getRawPath();
    String query = to.getRawQuery() == null ? "" : "?" + to.getRawQuery();
    int port = to.getPort() >= 0 ? to.getPort() : https ? HTTPS : HTTP;
    return new At(https, to.getHost(), port, path + query);
  }

  private static SSLSocketFactory anybody() throws IOException {
    try {
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(null, new TrustManager[] {new Anybody()}, new SecureRandom());
      return context.getSocketFactory();
    } catch (GeneralSecurityException e) {
      throw new IOException("no TLS here: " + e.getMessage(), e);
    }
  }
}
