package io.pilothouse.kit;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import com.sun.net.httpserver.HttpServer;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.pilothouse.client.ServerAddress;
import io.pilothouse.tls.HttpServers;
import io.pilothouse.tls.TlsDirectory;
import java.io.IOException;
import java.io.OutputStream;
import java.net.BindException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A program's HTTP address: {@code /metrics} (Prometheus text), {@code /health} (200, or 503 with
 * what is wrong), {@code /status} (what it does now), and what else it adds. Each request runs on a
 * virtual thread, so a slow handler holds up nobody else.
 */
public final class HttpPage implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(HttpPage.class);

  static {
    // without it an answer in two writes waits for the other side's delayed ACK: 40 ms
    System.setProperty("sun.net.httpserver.nodelay", "true");
  }

  private final Optional<TlsDirectory> tls;
  private final HttpServer server;
  private final ExecutorService handlers = Executors.newVirtualThreadPerTaskExecutor();
  private final ConcurrentMap<String, Supplier<Optional<String>>> checks =
      new ConcurrentHashMap<>();
  private volatile Supplier<Map<String, ?>> status = Map::of;

  private HttpPage(
      ServerAddress address, Optional<TlsDirectory> tls, PrometheusMeterRegistry meters) {
    this.tls = tls;
    tls.ifPresent(each -> meterExpiry(each, meters));
    try {
      server = HttpServers.create(new InetSocketAddress(address.host(), address.port()), tls);
    } catch (BindException e) {
      throw new ProgramException(
          "cannot serve HTTP on %s (%s): stop the program that has the port, `ss -ltnp` names it, "
                  .formatted(address, e.getMessage())
              + "or give another --http",
          e);
    } catch (IOException e) {
      throw new ProgramException("cannot serve HTTP on " + address + ": " + e.getMessage(), e);
    }
    server.setExecutor(handlers);
    context(
        "/metrics", exchange -> send(exchange, 200, "text/plain; version=0.0.4", meters.scrape()));
    context("/health", this::health);
    context("/status", exchange -> sendJson(exchange, 200, statusAndTls()));
    context("/", HttpPage::notFound);
  }

  /** Refuses an address that other hosts reach: without TLS nothing authenticates them. */
  public static HttpPage onLoopback(ServerAddress address, PrometheusMeterRegistry meters) {
    if (!new InetSocketAddress(address.host(), address.port()).getAddress().isLoopbackAddress()) {
      throw new ProgramException(
          "will not serve HTTP on "
              + address
              + ": others reach it and nothing authenticates them; give a loopback address, or "
              + "--tls DIR, or add --listen-beyond-loopback when the network is trusted");
    }
    return new HttpPage(address, Optional.empty(), meters);
  }

  /** Serves on any address; only when the operator has said so. */
  public static HttpPage beyondLoopback(ServerAddress address, PrometheusMeterRegistry meters) {
    return new HttpPage(address, Optional.empty(), meters);
  }

  /** Serves on any address, to programs and people of the cluster alone. */
  public static HttpPage secure(
      ServerAddress address, TlsDirectory tls, PrometheusMeterRegistry meters) {
    return new HttpPage(address, Optional.of(tls), meters);
  }

  private static void meterExpiry(TlsDirectory tls, PrometheusMeterRegistry meters) {
    Gauge.builder("pilot.tls.certificate.expiry", tls, HttpPage::secondsLeft)
        .description("Time until this program's certificate expires; below 0 when it has")
        .baseUnit("seconds")
        .register(meters);
  }

  private static double secondsLeft(TlsDirectory tls) {
    return Duration.between(Instant.now(), tls.notAfter()).toSeconds();
  }

  private Map<String, ?> statusAndTls() {
    Map<String, Object> all = new LinkedHashMap<>(status.get());
    tls.ifPresent(
        each ->
            all.put(
                "tls",
                Map.of(
                    "principal",
                    each.name().principal(),
                    "not_after",
                    each.notAfter().toString())));
    return all;
  }

  /** What {@code /status} shows: maps, iterables, numbers, booleans, texts. */
  public HttpPage status(Supplier<Map<String, ?>> what) {
    status = what;
    return this;
  }

  /** Adds a check to {@code /health}: empty when well, else what is wrong. */
  public HttpPage check(String name, Supplier<Optional<String>> problem) {
    checks.put(name, problem);
    return this;
  }

  /** Serves more. Failures of the handler become 500, logged. */
  public HttpPage context(String path, HttpHandler handler) {
    server.createContext(path, exchange -> guarded(exchange, handler));
    return this;
  }

  public HttpPage start() {
    server.start();
    return this;
  }

  public int port() {
    return server.getAddress().getPort();
  }

  private void health(HttpExchange exchange) throws IOException {
    Map<String, Object> results = new LinkedHashMap<>();
    boolean healthy = true;
    for (Map.Entry<String, Supplier<Optional<String>>> each : checks.entrySet()) {
      Optional<String> problem = each.getValue().get();
      healthy &= problem.isEmpty();
      results.put(each.getKey(), problem.orElse("ok"));
    }
    sendJson(exchange, healthy ? 200 : 503, Map.of("healthy", healthy, "checks", results));
  }

  private static void notFound(HttpExchange exchange) throws IOException {
    send(
        exchange,
        404,
        "text/plain",
        "no such page: " + exchange.getRequestURI().getPath() + "; try /health /status /metrics\n");
  }

  private static void guarded(HttpExchange exchange, HttpHandler handler) throws IOException {
    try (exchange) {
      try {
        handler.handle(exchange);
      } catch (RuntimeException e) {
        log.error("{} {} failed", exchange.getRequestMethod(), exchange.getRequestURI(), e);
        if (exchange.getResponseCode() < 0) {
          send(exchange, 500, "text/plain", "failed: " + e + "\n");
        }
      }
    }
  }

  /** Sends a JSON object. */
  public static void sendJson(HttpExchange exchange, int code, Map<String, ?> object)
      throws IOException {
    send(exchange, code, "application/json", JsonText.of(object));
  }

  /** Sends a text. */
  public static void send(HttpExchange exchange, int code, String type, String text)
      throws IOException {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    exchange.getResponseHeaders().set("Content-Type", type + "; charset=utf-8");
    boolean head = exchange.getRequestMethod().equals("HEAD");
    exchange.sendResponseHeaders(code, head ? -1 : bytes.length);
    if (!head) {
      try (OutputStream out = exchange.getResponseBody()) {
        out.write(bytes);
      }
    }
  }

  @Override
  public void close() {
    server.stop(0);
    handlers.shutdownNow();
  }
}
