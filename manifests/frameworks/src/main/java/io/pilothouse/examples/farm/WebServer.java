package io.pilothouse.examples.farm;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/**
 * A task of the farm: answers each request after some work, a few at once. The work is to wait, so
 * that many servers fit on a machine that has less than it says.
 */
public final class WebServer {
  private WebServer() {}

  /** {@code PORT MILLISECONDS AT_ONCE}, and {@code TASK} in the environment. */
  public static void main(String... args) throws IOException {
    int port = Integer.parseInt(args[0]);
    int millis = Integer.parseInt(args[1]);
    Semaphore workers = new Semaphore(Integer.parseInt(args[2]));
    String me = System.getenv().getOrDefault("TASK", "server") + "\n";
    HttpServer server = HttpServer.create(new InetSocketAddress(port), 0);
    server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
    server.createContext("/healthz", exchange -> answer(exchange, "ok\n"));
    server.createContext(
        "/",
        exchange -> {
          try {
            workers.acquire();
            try {
              TimeUnit.MILLISECONDS.sleep(millis);
            } finally {
              workers.release();
            }
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          }
          answer(exchange, me);
        });
    server.start();
  }

  private static void answer(HttpExchange exchange, String text) throws IOException {
    byte[] body = text.getBytes(StandardCharsets.UTF_8);
    try (exchange) {
      exchange.sendResponseHeaders(200, body.length);
      exchange.getResponseBody().write(body);
    }
  }
}
