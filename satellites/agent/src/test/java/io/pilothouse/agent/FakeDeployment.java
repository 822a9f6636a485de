package io.pilothouse.agent;

import com.sun.net.httpserver.HttpServer;
import io.pilothouse.api.v1.VersionRef;
import io.pilothouse.filesync.ContentIndex.Chunk;
import io.pilothouse.filesync.Packer;
import io.pilothouse.filesync.Throttle;
import io.pilothouse.filesync.server.ContentHandler;
import io.pilothouse.filesync.server.ContentStore;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** A deployment replica that knows no Device Manager: the real store, filled by hand. */
final class FakeDeployment implements AutoCloseable {
  private final Path dir;
  private final ContentStore store;
  private final ContentHandler handler;
  private final Throttle throttle = Throttle.unlimited();
  private final HttpServer server;
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final String address;

  FakeDeployment(Path dir) throws IOException {
    this.dir = dir;
    this.store = new ContentStore(dir.resolve("store"));
    this.server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    this.handler = new ContentHandler(store, throttle, 32);
    server.createContext(ContentHandler.PATH, handler);
    server.setExecutor(threads);
    server.start();
    this.address = "127.0.0.1:" + server.getAddress().getPort();
  }

  String address() {
    return address;
  }

  /** Bytes of chunks and indexes that have left it. */
  long served() {
    return handler.servedBytes();
  }

  /** Nobody hears of it any more. */
  void goes() {
    server.stop(0);
  }

  /** Sends at most so many bytes a second from now on. */
  void slow(long bytesPerSecond) {
    throttle.change(bytesPerSecond);
  }

  /** Holds a version of one file from now on. */
  VersionRef add(String name, String version, String file, String content) throws IOException {
    return add(name, version, Map.of(file, content));
  }

  /** Holds a version of these files from now on. */
  VersionRef add(String name, String version, Map<String, String> files) throws IOException {
    Map<String, byte[]> bytes = new TreeMap<>();
    files.forEach((path, text) -> bytes.put(path, text.getBytes(StandardCharsets.UTF_8)));
    return addBytes(name, version, bytes);
  }

  /** The same of any bytes. */
  VersionRef addBytes(String name, String version, Map<String, byte[]> files) throws IOException {
    Path source = Files.createTempDirectory(dir, "source");
    for (Map.Entry<String, byte[]> each : files.entrySet()) {
      Path file = source.resolve(each.getKey());
      Files.createDirectories(file.getParent());
      Files.write(file, each.getValue());
      if (each.getKey().endsWith(".sh")) {
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
      }
    }
    Packer.Packed packed = Packer.pack(source);
    for (Chunk chunk : packed.index().chunks()) {
      store.putChunk(chunk.sha256(), packed.read(chunk));
    }
    store.putIndex(packed.index().digest(), packed.index().toBytes());
    return VersionRef.newBuilder()
        .setName(name)
        .setVersion(version)
        .setDigest(packed.index().digest())
        .build();
  }

  @Override
  public void close() throws IOException {
    server.stop(0);
    threads.shutdownNow();
    store.close();
  }
}
