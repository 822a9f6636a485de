package io.pilothouse.filesync.client;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.pilothouse.filesync.Packer;
import io.pilothouse.filesync.Packer.Packed;
import io.pilothouse.filesync.Throttle;
import io.pilothouse.filesync.server.ContentHandler;
import io.pilothouse.filesync.server.ContentStore;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** A deployment replica on loopback that can be told to misbehave. */
final class TestReplica implements AutoCloseable {

  /** What may go wrong with an answer. */
  interface Fault {
    /** Answers instead of the replica; false to let it answer. */
    boolean answers(HttpExchange exchange, byte[] bytes) throws IOException;
  }

  final ContentStore store;
  final ContentHandler handler;
  final List<String> asked = new CopyOnWriteArrayList<>();
  volatile Fault fault = (exchange, bytes) -> false;
  private final HttpServer server;
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();

  TestReplica(Path dir) throws IOException {
    this.store = new ContentStore(dir);
    this.handler = new ContentHandler(store, Throttle.unlimited(), 16);
    this.server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.setExecutor(threads);
    server.createContext(ContentHandler.PATH, this::answer);
    server.start();
  }

  private void answer(HttpExchange exchange) throws IOException {
    String path = exchange.getRequestURI().getPath();
    String range = exchange.getRequestHeaders().getFirst("Range");
    asked.add(exchange.getRequestMethod() + " " + path + (range == null ? "" : " " + range));
    if (exchange.getRequestMethod().equals("GET")) {
      String hash = path.substring(path.lastIndexOf('/') + 1);
      byte[] bytes =
          (path.startsWith("/v1/index/") ? store.index(hash) : store.chunkBytes(hash))
              .orElse(new byte[0]);
      try {
        if (fault.answers(exchange, bytes)) {
          return;
        }
      } finally {
        if (exchange.getResponseCode() >= 0) {
          exchange.close();
        }
      }
    }
    handler.handle(exchange);
  }

  /** Packs a directory and keeps all of it. */
  Packed holds(Path dir) throws IOException {
    Packed packed = Packer.pack(dir);
    for (var chunk : packed.index().chunks()) {
      store.putChunk(chunk.sha256(), packed.read(chunk));
    }
    store.putIndex(packed.index().digest(), packed.index().toBytes());
    return packed;
  }

  String address() {
    return server.getAddress().getHostString() + ":" + server.getAddress().getPort();
  }

  long askedFor(String part) {
    return asked.stream().filter(each -> each.contains(part)).count();
  }

  @Override
  public void close() throws IOException {
    server.stop(0);
    threads.shutdownNow();
    store.close();
  }
}
