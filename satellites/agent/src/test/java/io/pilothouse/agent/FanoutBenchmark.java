package io.pilothouse.agent;

import com.sun.net.httpserver.HttpServer;
import io.pilothouse.api.v1.Peers;
import io.pilothouse.api.v1.VersionRef;
import io.pilothouse.filesync.ContentIndex.Chunk;
import io.pilothouse.filesync.Packer;
import io.pilothouse.filesync.Throttle;
import io.pilothouse.filesync.server.ContentHandler;
import io.pilothouse.filesync.server.ContentStore;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;
import java.util.SplittableRandom;
import java.util.concurrent.Executors;

/** The two sides of testing/benchmarks/fanout: a replica, and the machines that fetch from it. */
final class FanoutBenchmark {
  private static final Duration PATIENCE = Duration.ofMinutes(20);

  private FanoutBenchmark() {}

  /**
   * Runs one side.
   *
   * @param args {@code serve HOST:PORT DIR MIB}, until standard input ends; or {@code fetch
   *     HOST:PORT DIGEST MACHINES DIR peers|alone}, which prints seconds
   */
  public static void main(String[] args) throws Exception {
    switch (args[0]) {
      case "serve" -> serve(args[1], Path.of(args[2]), Integer.parseInt(args[3]));
      case "fetch" ->
          fetch(
              args[1],
              args[2],
              Integer.parseInt(args[3]),
              Path.of(args[4]),
              args[5].equals("peers"));
      default -> throw new IllegalArgumentException("serve or fetch, not " + args[0]);
    }
    System.exit(0);
  }

  private static void serve(String address, Path dir, int mebibytes) throws IOException {
    Path source = Files.createDirectories(dir.resolve("source"));
    SplittableRandom random = new SplittableRandom(mebibytes);
    byte[] bytes = new byte[1 << 20];
    for (int i = 0; i < mebibytes; i++) {
      random.nextBytes(bytes);
      Files.write(source.resolve("file-" + i), bytes);
    }
    Packer.Packed packed = Packer.pack(source);
    ContentStore store = new ContentStore(dir.resolve("store"));
    for (Chunk chunk : packed.index().chunks()) {
      store.putChunk(chunk.sha256(), packed.read(chunk));
    }
    store.putIndex(packed.index().digest(), packed.index().toBytes());
    String[] parts = address.split(":", -1);
    HttpServer server =
        HttpServer.create(new InetSocketAddress(parts[0], Integer.parseInt(parts[1])), 0);
    server.createContext(ContentHandler.PATH, new ContentHandler(store, Throttle.unlimited(), 64));
    server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
    server.start();
    System.out.println(packed.index().digest());
    while (System.in.read() >= 0) {
      // until the script closes it
    }
  }

  private static void fetch(
      String replica, String digest, int machines, Path dir, boolean withPeers) throws Exception {
    VersionRef ref =
        VersionRef.newBuilder().setName("bench").setVersion("1").setDigest(digest).build();
    try (Rack rack = new Rack(dir)) {
      rack.add(machines);
      Peers.Builder peers = Peers.newBuilder().setRackAgents(machines);
      if (withPeers) {
        rack.members.forEach(each -> peers.addRack(each.address));
      }
      rack.want(ref, replica, peers.build());
      long before = System.nanoTime();
      Rack.await(rack.stageAtLast(ref), PATIENCE);
      System.out.printf(Locale.ROOT, "%.2f%n", (System.nanoTime() - before) / 1e9);
    }
  }
}
