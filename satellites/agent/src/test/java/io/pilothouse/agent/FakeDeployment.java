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
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** A deployment replica that knows no Device Manager: the real store, filled by hand. */
final class FakeDeployment implements AutoCloseable {
  private final Path dir;
  private final ContentStore store;
  private final HttpServer server;
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final String address;

  FakeDeployment(Path dir) throws IOException {
    this.dir = dir;
    this.store = new ContentStore(dir.resolve("store"));
    this.server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext(ContentHandler.PATH, new ContentHandler(store, Throttle.unlimited(), 10));
    server.setExecutor(threads);
    server.start();
    this.address = "127.0.0.1:" + server.getAddress().getPort();
  }

  String address() {
    return address;
  }

  /** Holds a version of one file from now on. */
  VersionRef add(String name, String version, String file, String content) throws IOException {
    return add(name, version, Map.of(file, content));
  }

  /** Holds a version of these files from now on. */
  VersionRef add(String name, String version, Map<String, String> files) throws IOException {
    Path source = Files.createTempDirectory(dir, "source");
    for (Map.Entry<String, String> each : files.entrySet()) {
      Path file = source.resolve(each.getKey());
      Files.createDirectories(file.getParent());
      Files.writeString(file, each.getValue());
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
