package io.pilothouse.filesync.client;

import com.sun.net.httpserver.HttpServer;
import io.pilothouse.filesync.ContentIndex;
import io.pilothouse.filesync.DurableFiles;
import io.pilothouse.filesync.IndexFile;
import io.pilothouse.filesync.Throttle;
import io.pilothouse.filesync.server.ContentHandler;
import io.pilothouse.filesync.server.Contents;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** A machine that hands on what it has in a directory. */
final class MachineServer implements Contents, AutoCloseable {
  private final IndexFile index;
  private final ChunkPlaces places;
  private final HttpServer server;
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();

  /** The directory holds what the index says. */
  MachineServer(Path directory, ContentIndex content) throws IOException {
    Path file = Files.write(Fetcher.indexFile(directory), content.toBytes());
    this.index = new IndexFile(file, content.digest());
    this.places = ChunkPlaces.of(directory, index);
    this.server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.setExecutor(threads);
    server.createContext(
        ContentHandler.PATH, new ContentHandler((Contents) this, Throttle.unlimited(), 32));
    server.start();
  }

  String address() {
    return "127.0.0.1:" + server.getAddress().getPort();
  }

  String digest() {
    return index.digest();
  }

  @Override
  public Held chunk(String sha256) {
    Optional<ChunkPlaces.Place> place = places.find(sha256);
    return place.isPresent()
        ? new At(place.get().file(), place.get().offset(), place.get().size())
        : new Absent();
  }

  @Override
  public Held index(String digest) throws IOException {
    return digest.equals(index.digest())
        ? new At(index.file(), 0, Files.size(index.file()))
        : new Absent();
  }

  @Override
  public boolean isSoundChunk(String sha256) {
    return chunk(sha256) instanceof At;
  }

  @Override
  public boolean isSoundIndex(String digest) {
    return digest.equals(index.digest());
  }

  @Override
  public void close() throws IOException {
    server.stop(0);
    threads.shutdownNow();
    places.close();
    DurableFiles.deleteTree(index.file());
  }
}
