package io.pilothouse.agent;

import com.sun.net.httpserver.HttpServer;
import io.pilothouse.api.v1.Peers;
import io.pilothouse.api.v1.VersionRef;
import io.pilothouse.filesync.ContentIndex.Chunk;
import io.pilothouse.filesync.Packer;
import io.pilothouse.filesync.Throttle;
import io.pilothouse.filesync.server.ContentHandler;
import io.pilothouse.filesync.server.ContentStore;
import java.io.EOFException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;
import java.util.concurrent.Executors;

/** The two sides of testing/benchmarks/fanout: a replica, and the machines that fetch from it. */
final class FanoutBenchmark {
  private static final Duration PATIENCE = Duration.ofMinutes(20);

  /** Mebibytes of the content that is brought before. */
  private static final int SMALL = 16;

  private FanoutBenchmark() {}

  /**
   * Runs one side.
   *
   * @param args {@code serve HOST:PORT DIR MIB}, until standard input ends, which prints the
   *     digests of a small content and of the measured one; or {@code fetch HOST:PORT SMALL
   *     MEASURED MACHINES DIR peers|alone}, which brings the small one first, as these machines are
   *     long up, says "ready", goes on at a line on standard input, and prints seconds
   */
  public static void main(String[] args) throws Exception {
    switch (args[0]) {
      case "serve" -> serve(args[1], Path.of(args[2]), Integer.parseInt(args[3]));
      case "fetch" -> fetch(args[1], List.of(args[2], args[3]), args[4], args[5], args[6]);
      default -> throw new IllegalArgumentException("serve or fetch, not " + args[0]);
    }
    System.exit(0);
  }

  private static void serve(String address, Path dir, int mebibytes) throws IOException {
    ContentStore store = new ContentStore(dir.resolve("store"));
    String small = add(store, dir.resolve("small"), SMALL);
    String measured = add(store, dir.resolve("measured"), mebibytes);
    String[] parts = address.split(":", -1);
    HttpServer server =
        HttpServer.create(new InetSocketAddress(parts[0], Integer.parseInt(parts[1])), 0);
    server.createContext(ContentHandler.PATH, new ContentHandler(store, Throttle.unlimited(), 64));
    server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
    server.start();
    System.out.println(small + " " + measured);
    while (System.in.read() >= 0) {
      // until the script closes it
    }
  }

  private static String add(ContentStore store, Path source, int mebibytes) throws IOException {
    Files.createDirectories(source);
    SplittableRandom random = new SplittableRandom(mebibytes);
    byte[] bytes = new byte[1 << 20];
    for (int i = 0; i < mebibytes; i++) {
      random.nextBytes(bytes);
      Files.write(source.resolve("file-" + i), bytes);
    }
    Packer.Packed packed = Packer.pack(source);
    for (Chunk chunk : packed.index().chunks()) {
      store.putChunk(chunk.sha256(), packed.read(chunk));
    }
    store.putIndex(packed.index().digest(), packed.index().toBytes());
    return packed.index().digest();
  }

  private static void fetch(
      String replica, List<String> digests, String machines, String dir, String how)
      throws Exception {
    int count = Integer.parseInt(machines);
    try (Rack rack = new Rack(Path.of(dir))) {
      rack.add(count);
      Peers.Builder peers = Peers.newBuilder().setRackAgents(count);
      if (how.equals("peers")) {
        rack.members.forEach(each -> peers.addRack(each.address));
      }
      bring(rack, digests.getFirst(), replica, peers.build());
      System.out.println("ready");
      if (System.in.read() < 0) {
        throw new EOFException("nobody measures");
      }
      System.out.printf(
          Locale.ROOT, "%.2f%n", bring(rack, digests.getLast(), replica, peers.build()));
    }
  }

  /** Returns seconds. */
  private static double bring(Rack rack, String digest, String replica, Peers peers)
      throws Exception {
    VersionRef ref =
        VersionRef.newBuilder().setName("bench").setVersion(digest).setDigest(digest).build();
    rack.want(ref, replica, peers);
    long before = System.nanoTime();
    Rack.await(rack.stageAtLast(ref), PATIENCE);
    return (System.nanoTime() - before) / 1e9;
  }
}
