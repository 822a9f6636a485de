package io.pilothouse.filesync.client;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.pilothouse.filesync.Pack;
import io.pilothouse.filesync.Packer;
import io.pilothouse.filesync.Packer.Packed;
import io.pilothouse.filesync.Throttle;
import io.pilothouse.filesync.server.ContentHandler;
import io.pilothouse.filesync.server.ContentStore;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
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

  /** Hashes asked for in packs, one after the other. */
  final List<String> askedChunks = new CopyOnWriteArrayList<>();

  private final List<String> uploaded = new CopyOnWriteArrayList<>();
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
    if (exchange.getRequestMethod().equals("PUT") && path.equals(Pack.PATH)) {
      byte[] upload = exchange.getRequestBody().readAllBytes();
      exchange.setStreams(new ByteArrayInputStream(upload), null);
      uploaded.addAll(Pack.chunks(new ByteArrayInputStream(upload)).keySet());
    }
    boolean pack = exchange.getRequestMethod().equals("POST") && path.equals(Pack.PATH);
    if (pack || exchange.getRequestMethod().equals("GET")) {
      byte[] bytes = pack ? pack(exchange) : bytes(path);
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

  private byte[] bytes(String path) throws IOException {
    String hash = path.substring(path.lastIndexOf('/') + 1);
    return (path.startsWith("/v1/index/") ? store.indexBytes(hash) : store.chunkBytes(hash))
        .orElse(new byte[0]);
  }

  /** The answer to a request for many chunks, which is put back to be answered. */
  private byte[] pack(HttpExchange exchange) throws IOException {
    byte[] request = exchange.getRequestBody().readAllBytes();
    exchange.setStreams(new ByteArrayInputStream(request), null);
    ByteArrayOutputStream answer = new ByteArrayOutputStream();
    for (String hash : Pack.hashes(request)) {
      askedChunks.add(hash);
      Optional<byte[]> bytes = store.chunkBytes(hash);
      int size = bytes.map(each -> each.length).orElse(Pack.ABSENT);
      answer.write(ByteBuffer.allocate(Integer.BYTES).putInt(size).array());
      answer.write(bytes.orElse(new byte[0]));
    }
    return answer.toByteArray();
  }

  /** Packs a directory and keeps all of it. */
  Packed holds(Path dir) throws IOException {
    Packed packed = Packer.pack(dir);
    Map<String, byte[]> chunks = new LinkedHashMap<>();
    for (var chunk : packed.index().chunks()) {
      chunks.put(chunk.sha256(), packed.read(chunk));
    }
    store.putChunks(chunks);
    store.putIndex(packed.index().digest(), packed.index().toBytes());
    return packed;
  }

  String address() {
    return server.getAddress().getHostString() + ":" + server.getAddress().getPort();
  }

  /** How many chunks came in uploads. */
  int uploadedChunks() {
    return uploaded.size();
  }

  /** Forgets what it was asked for. */
  void forget() {
    uploaded.clear();
    asked.clear();
    askedChunks.clear();
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
