package io.pilothouse.cli;

import com.sun.net.httpserver.HttpServer;
import io.pilothouse.api.v1.DeploymentReplica;
import io.pilothouse.filesync.Throttle;
import io.pilothouse.filesync.server.ContentHandler;
import io.pilothouse.filesync.server.ContentStore;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.function.Consumer;

/** A deployment replica's content service: the real handler over a real store. */
final class TestReplica implements AutoCloseable {
  private static final int AT_ONCE = 64;

  final Path data;
  private final String id;
  private final HttpServer server;
  private final ContentStore store;
  private final List<String> requests = new ArrayList<>();

  /** Called with {@code METHOD PATH} before a request is answered. */
  volatile Consumer<String> before = request -> {};

  /** Who answers; one request after the other, unless a test has it otherwise. */
  volatile Executor answers = Runnable::run;

  /** Whether its network turns bits of chunks round. */
  volatile boolean flipsBits;

  TestReplica(String id, Path data) throws IOException {
    this.id = id;
    this.data = data;
    store = new ContentStore(data);
    ContentHandler handler = new ContentHandler(store, Throttle.unlimited(), AT_ONCE);
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext(
        "/",
        exchange -> {
          String request = exchange.getRequestMethod() + " " + exchange.getRequestURI().getPath();
          synchronized (requests) {
            requests.add(request);
          }
          before.accept(request);
          if (flipsBits && request.startsWith("GET /v1/chunks/")) {
            exchange.sendResponseHeaders(200, 1);
            exchange.getResponseBody().write(0);
            exchange.close();
          } else {
            handler.handle(exchange);
          }
        });
    server.setExecutor(work -> answers.execute(work));
    server.start();
  }

  DeploymentReplica.Builder isUp() {
    return DeploymentReplica.newBuilder()
        .setId(id)
        .setAddress("127.0.0.1:" + server.getAddress().getPort())
        .setUp(true);
  }

  /** Requests so far that begin so. */
  long count(String start) {
    synchronized (requests) {
      return requests.stream().filter(each -> each.startsWith(start)).count();
    }
  }

  @Override
  public void close() throws IOException {
    server.stop(0);
    store.close();
  }
}
