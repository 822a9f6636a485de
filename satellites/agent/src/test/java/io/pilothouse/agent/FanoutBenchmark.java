package io.pilothouse.agent;

import com.sun.management.OperatingSystemMXBean;
import com.sun.net.httpserver.HttpServer;
import io.pilothouse.api.v1.Peers;
import io.pilothouse.api.v1.VersionRef;
import io.pilothouse.filesync.ContentIndex.Chunk;
import io.pilothouse.filesync.Packer;
import io.pilothouse.filesync.Throttle;
import io.pilothouse.filesync.server.ContentHandler;
import io.pilothouse.filesync.server.ContentStore;
import io.pilothouse.tls.HttpServers;
import java.io.EOFException;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/** The two sides of testing/benchmarks/fanout: a replica, and the machines that fetch from it. */
final class FanoutBenchmark {
  private static final Duration PATIENCE = Duration.ofMinutes(20);

  /** Mebibytes of the content that is brought before. */
  private static final int SMALL = 16;

  /** Milliseconds between two looks at how far they are. */
  private static final int TICK = 20;

  private static final int TICKS_A_LINE = 10;

  private FanoutBenchmark() {}

  /**
   * Runs one side.
   *
   * @param args {@code serve HOST:PORT DIR MIB}, until standard input ends, which prints the
   *     digests of a small content and of the measured one; or {@code fetch HOST:PORT SMALL
   *     MEASURED MACHINES DIR peers|alone}, which brings the small one first, as these machines are
   *     long up, says "ready", goes on at a line on standard input, and prints seconds, processor
   *     seconds of this process, requests to neighbours, and seconds until half of the machines had
   *     all; how far they are on standard error
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
        HttpServers.create(
            new InetSocketAddress(parts[0], Integer.parseInt(parts[1])), Optional.empty());
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
      int asked = asked(rack);
      double processor = processor();
      Brought brought = bring(rack, digests.getLast(), replica, peers.build());
      System.out.printf(
          Locale.ROOT,
          "%.2f %.2f %d %.2f%n",
          brought.seconds(),
          processor() - processor,
          asked(rack) - asked,
          brought.half());
    }
  }

  /** Seconds until all machines had it, and half of them. */
  private record Brought(double seconds, double half) {}

  private static Brought bring(Rack rack, String digest, String replica, Peers peers)
      throws Exception {
    VersionRef ref =
        VersionRef.newBuilder().setName("bench").setVersion(digest).setDigest(digest).build();
    rack.want(ref, replica, peers);
    long before = System.nanoTime();
    List<Future<?>> rounds = rack.stageAtLast(ref);
    double half = 0;
    long done = 0;
    long handedOn = -1;
    for (int tick = 0; done < rounds.size() && tick < PATIENCE.toMillis() / TICK; tick++) {
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(TICK));
      done = rounds.stream().filter(Future::isDone).count();
      double seconds = (System.nanoTime() - before) / 1e9;
      half = half == 0 && done >= rounds.size() / 2.0 ? seconds : half;
      long sum =
          rack.members.stream().mapToLong(each -> each.distribution.handler().servedBytes()).sum();
      if (tick % TICKS_A_LINE == 0 && sum != handedOn) {
        System.err.printf(
            Locale.ROOT, "%5.2f s: %d MiB handed on, %d have all%n", seconds, sum >> 20, done);
        handedOn = sum;
      }
    }
    Rack.await(rounds, PATIENCE);
    return new Brought((System.nanoTime() - before) / 1e9, half);
  }

  private static int asked(Rack rack) {
    return rack.members.stream().mapToInt(each -> each.asked.get()).sum();
  }

  /** Seconds of all threads of this process. */
  private static double processor() {
    OperatingSystemMXBean system = ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class);
    return system.getProcessCpuTime() / 1e9;
  }
}
