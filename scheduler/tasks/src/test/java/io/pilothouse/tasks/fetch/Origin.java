package io.pilothouse.tasks.fetch;

import com.sun.net.httpserver.Headers;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** A server that things are fetched from, with the faults that servers have. */
public final class Origin implements AutoCloseable {
  private static final String NOBODY_WAITS = "closed";

  /** Answers a request. */
  public interface Answer {
    void to(HttpExchange exchange) throws Exception;
  }

  private final HttpServer server;
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final Map<String, Answer> answers = new ConcurrentHashMap<>();
  private final CountDownLatch closed = new CountDownLatch(1);

  /** Method, path and what of the header matters, of each request. */
  public final List<String> requests = new CopyOnWriteArrayList<>();

  public Origin() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.setExecutor(threads);
    server.createContext("/", this::handle);
    server.start();
  }

  private void handle(HttpExchange exchange) throws IOException {
    String path = exchange.getRequestURI().getPath();
    StringBuilder request = new StringBuilder(path);
    for (String each : List.of("Range", "If-None-Match", "If-Modified-Since", "Authorization")) {
      String value = exchange.getRequestHeaders().getFirst(each);
      request.append(value == null ? "" : " " + each + ": " + value);
    }
    requests.add(request.toString());
    try (exchange) {
      Answer answer = answers.get(path);
      if (answer == null) {
        exchange.sendResponseHeaders(404, -1);
      } else {
        answer.to(exchange);
      }
    } catch (IOException e) {
      throw e;
    } catch (Exception e) {
      throw new IOException(NOBODY_WAITS, e);
    }
  }

  /** Where a path is. */
  public String uri(String path) {
    return "http://127.0.0.1:" + server.getAddress().getPort() + path;
  }

  public int port() {
    return server.getAddress().getPort();
  }

  public void answers(String path, Answer answer) {
    answers.put(path, answer);
  }

  public void has(String path, String text) {
    has(path, text.getBytes(StandardCharsets.UTF_8));
  }

  /** With an ETag, conditional requests and ranges. */
  public void has(String path, byte[] content) {
    String tag = "\"" + Arrays.hashCode(content) + "\"";
    answers(
        path,
        exchange -> {
          Headers asked = exchange.getRequestHeaders();
          exchange.getResponseHeaders().set("ETag", tag);
          if (tag.equals(asked.getFirst("If-None-Match"))) {
            exchange.sendResponseHeaders(304, -1);
            return;
          }
          send(exchange, content, content.length);
        });
  }

  /** Content with its length, of which so many bytes are sent; the rest, where it is asked for. */
  public static void send(HttpExchange exchange, byte[] content, int bytes) throws IOException {
    String range = exchange.getRequestHeaders().getFirst("Range");
    int from = range == null ? 0 : Integer.parseInt(range.replaceAll("\\D", ""));
    if (from > 0) {
      exchange
          .getResponseHeaders()
          .set(
              "Content-Range",
              "bytes %d-%d/%d".formatted(from, content.length - 1, content.length));
    }
    exchange.sendResponseHeaders(from > 0 ? 206 : 200, content.length - from);
    exchange.getResponseBody().write(content, from, Math.max(0, bytes - from));
    exchange.getResponseBody().flush();
  }

  public void redirects(String path, String to) {
    answers(
        path,
        exchange -> {
          exchange.getResponseHeaders().set("Location", to);
          exchange.sendResponseHeaders(302, -1);
        });
  }

  /** Says how much will come, and sends no more than the beginning until it is closed. */
  public void hangs(String path) {
    answers(
        path,
        exchange -> {
          exchange.sendResponseHeaders(200, 1000);
          exchange.getResponseBody().write(new byte[10]);
          exchange.getResponseBody().flush();
          closed.await();
        });
  }

  @Override
  public void close() {
    closed.countDown();
    server.stop(0);
    threads.shutdownNow();
  }
}
