package io.pilothouse.provisioning;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.pilothouse.client.ServerAddress;
import io.pilothouse.kit.HttpPage;
import io.pilothouse.kit.ProgramException;
import io.pilothouse.tls.HttpServers;
import io.pilothouse.tls.TlsDirectory;
import io.pilothouse.tls.TlsException;
import java.io.IOException;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.security.cert.X509Certificate;
import java.util.Arrays;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The one port that lets callers in who have no certificate yet:
 *
 * <ul>
 *   <li>{@code POST /v1/enrol/MACHINE}, {@code Authorization: Bearer TOKEN}, a PKCS#10 request as
 *       PEM; the answer is the certificate as PEM;
 *   <li>{@code POST /v1/renew}, by the present certificate, the same body and answer.
 *   <li>{@code GET /v1/crl.pem}: what this program knows to be revoked, which is no secret; 404
 *       when it has no list.
 * </ul>
 *
 * What is refused comes as two lines of text: why, and what to do.
 */
final class EnrolmentPort implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(EnrolmentPort.class);
  private static final String ENROL = "/v1/enrol/";
  private static final String RENEW = "/v1/renew";
  private static final String REVOKED = "/v1/crl.pem";
  private static final String BEARER = "Bearer ";
  private static final int MOST_BYTES = 16_384;

  private static final int NETWORK_BYTES = 8;

  private final HttpServer server;
  private final ExecutorService handlers = Executors.newVirtualThreadPerTaskExecutor();
  private final Enrolment enrolment;
  private final EnrolmentLimits limits;

  EnrolmentPort(
      ServerAddress address, TlsDirectory tls, Enrolment enrolment, EnrolmentLimits limits) {
    this.enrolment = enrolment;
    this.limits = limits;
    try {
      server =
          HttpServers.createForNewcomers(
              new InetSocketAddress(address.host(), address.port()), tls);
    } catch (IOException e) {
      throw new ProgramException(
          "cannot serve --enrol on %s: %s; stop the program that has the port, `ss -ltnp` names it,"
                  .formatted(address, e.getMessage())
              + " or give another",
          e);
    }
    server.setExecutor(handlers);
    server.createContext("/", this::answer);
  }

  EnrolmentPort start() {
    server.start();
    return this;
  }

  int port() {
    return server.getAddress().getPort();
  }

  private void answer(HttpExchange exchange) throws IOException {
    try (exchange) {
      try {
        boolean list = exchange.getRequestURI().getPath().equals(REVOKED);
        String pem = list ? enrolment.revocations() : certificate(exchange);
        text(exchange, 200, "application/x-pem-file", pem);
      } catch (Enrolment.Refused e) {
        if (e.status() == 503 || e.status() == 429) {
          exchange.getResponseHeaders().set("Retry-After", "2");
        }
        text(exchange, e.status(), "text/plain", e.getMessage() + "\n" + e.remedy() + "\n");
      } catch (RuntimeException e) {
        log.error("{} failed", exchange.getRequestURI().getPath(), e);
        text(exchange, 500, "text/plain", "failed\nthe log of the provisioning service says why\n");
      }
    }
  }

  private String certificate(HttpExchange exchange) throws Enrolment.Refused, IOException {
    String body = body(exchange); // before any answer: one that comes sooner may be lost with it
    String path = exchange.getRequestURI().getPath();
    boolean post = exchange.getRequestMethod().equals("POST");
    if (post && path.equals(RENEW)) {
      return enrolment.renew(shown(exchange), body);
    }
    limits.source(source(exchange));
    if (!post || !path.startsWith(ENROL)) {
      throw new Enrolment.Refused(
          404,
          "here is only POST %sMACHINE, POST %s and GET %s".formatted(ENROL, RENEW, REVOKED),
          "correct it");
    }
    NewcomerRequest asked = enrolment.read(path.substring(ENROL.length()), token(exchange), body);
    limits.newcomer();
    return enrolment.enrol(asked);
  }

  /** Of IPv6 the network: a host there has as many addresses as it likes. */
  private static String source(HttpExchange exchange) throws IOException {
    InetAddress address = exchange.getRemoteAddress().getAddress();
    if (!(address instanceof Inet6Address)) {
      return address.getHostAddress();
    }
    byte[] network = address.getAddress();
    Arrays.fill(network, NETWORK_BYTES, network.length, (byte) 0);
    return InetAddress.getByAddress(network).getHostAddress() + "/64";
  }

  private X509Certificate shown(HttpExchange exchange) throws Enrolment.Refused, IOException {
    try {
      return HttpServers.certificate(exchange).orElseThrow();
    } catch (TlsException e) {
      limits.source(source(exchange));
      throw new Enrolment.Refused(
          401,
          "a certificate is renewed for who shows it: " + e.getMessage(),
          "without one that is valid, make a token: pilot machine enrol NAME");
    }
  }

  private static String token(HttpExchange exchange) throws Enrolment.Refused {
    String header = exchange.getRequestHeaders().getFirst("Authorization");
    if (header == null || !header.startsWith(BEARER)) {
      throw new Enrolment.Refused(
          401,
          "there is no header Authorization: Bearer TOKEN",
          "make a token: pilot machine enrol NAME");
    }
    return header.substring(BEARER.length()).strip();
  }

  private static String body(HttpExchange exchange) throws IOException, Enrolment.Refused {
    byte[] bytes = exchange.getRequestBody().readNBytes(MOST_BYTES + 1);
    if (bytes.length > MOST_BYTES) {
      throw new Enrolment.Refused(
          413,
          "the request has more than %s bytes".formatted(MOST_BYTES),
          "send a PKCS#10 request as PEM, and nothing else");
    }
    return new String(bytes, ISO_8859_1);
  }

  private static void text(HttpExchange exchange, int status, String type, String text)
      throws IOException {
    exchange.getResponseHeaders().set("Connection", "close"); // each comes once
    HttpPage.send(exchange, status, type, text);
  }

  @Override
  public void close() {
    server.stop(0);
    handlers.shutdownNow();
  }
}
