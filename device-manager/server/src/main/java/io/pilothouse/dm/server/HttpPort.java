package io.pilothouse.dm.server;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import com.sun.net.httpserver.HttpServer;
import io.pilothouse.dm.raft.HostPort;
import io.pilothouse.tls.HttpServers;
import io.pilothouse.tls.TlsDirectory;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The HTTP port: metrics, health, what this replica is doing, and the operators' service for those
 * to whom gRPC is too heavy.
 */
final class HttpPort implements AutoCloseable {

  private static final Logger log = LoggerFactory.getLogger(HttpPort.class);

  static {
    // an answer in two writes would wait for the other side's delayed acknowledgement: 40 ms
    System.setProperty("sun.net.httpserver.nodelay", "true");
    // who does not read an answer would keep it in memory; above the longest poll by far
    if (System.getProperty("sun.net.httpserver.maxRspTime") == null) {
      System.setProperty("sun.net.httpserver.maxRspTime", "300");
    }
  }

  private final HttpServer server;

  private HttpPort(HttpServer server) {
    this.server = server;
  }

  /**
   * Serves at once.
   *
   * @param threads for an exchange each
   * @throws IOException when the address cannot be had
   */
  static HttpPort open(
      HostPort address,
      Optional<TlsDirectory> tls,
      Supplier<String> metrics,
      SelfReport self,
      HttpGateway gateway,
      Executor threads)
      throws IOException {
    HttpPort port =
        new HttpPort(
            HttpServers.create(new InetSocketAddress(address.host(), address.port()), tls));
    port.page("/metrics", http -> send(http, 200, "text/plain; version=0.0.4", metrics.get()));
    port.page(
        "/health",
        http -> send(http, self.isReady() ? 200 : 503, "application/json", self.health()));
    port.page("/status", http -> send(http, 200, "application/json", self.status()));
    HttpGateway.PATHS.forEach(path -> port.page(path, gateway));
    port.page("/", HttpPort::notFound);
    port.server.setExecutor(threads);
    port.server.start();
    return port;
  }

  int port() {
    return server.getAddress().getPort();
  }

  private void page(String path, HttpHandler handler) {
    server.createContext(
        path,
        http -> {
          try (http) {
            handler.handle(http);
          } catch (RuntimeException e) {
            log.error("{} {} failed", http.getRequestMethod(), http.getRequestURI(), e);
            if (http.getResponseCode() < 0) {
              send(http, 500, "text/plain", "failed: " + e + "\n");
            }
          }
        });
  }

  private static void notFound(HttpExchange http) throws IOException {
    send(
        http,
        404,
        "text/plain",
        "no page %s; there are /health, /status, /metrics and POST %sMETHOD\n"
            .formatted(http.getRequestURI().getPath(), HttpGateway.PATHS.get(0)));
  }

  private static void send(HttpExchange http, int status, String type, String text)
      throws IOException {
    send(http, status, type, text.getBytes(StandardCharsets.UTF_8));
  }

  /** Sends an answer in full. */
  static void send(HttpExchange http, int status, String type, byte[] body) throws IOException {
    http.getResponseHeaders().set("Content-Type", type);
    boolean head = http.getRequestMethod().equals("HEAD");
    http.sendResponseHeaders(status, head || body.length == 0 ? -1 : body.length);
    if (!head && body.length > 0) {
      http.getResponseBody().write(body);
    }
  }

  @Override
  public void close() {
    server.stop(0);
  }
}
