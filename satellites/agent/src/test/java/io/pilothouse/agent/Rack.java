package io.pilothouse.agent;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.pilothouse.api.v1.Peers;
import io.pilothouse.api.v1.TransferLimits;
import io.pilothouse.api.v1.VersionRef;
import io.pilothouse.api.v1.WantedState;
import io.pilothouse.client.DmClient;
import io.pilothouse.filesync.server.ContentHandler;
import io.pilothouse.tls.HttpConnections;
import io.pilothouse.tls.HttpServers;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;

/** Machines of one rack, each with its disk and what it serves, around one deployment replica. */
final class Rack implements AutoCloseable {
  private static final Duration ROUND = Duration.ofSeconds(2);

  private final Path dir;
  private final FakeDm dm = new FakeDm();
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  final FakeDeployment deployment;
  final List<Member> members = new ArrayList<>();

  /** One machine. */
  final class Member implements AutoCloseable {
    final Disk disk;
    final Distribution distribution;
    final Staged staged;
    final String address;
    final AtomicInteger asked = new AtomicInteger();
    private final DmClient client;
    private final Wanted wanted;
    private final HttpServer server;

    private Member(String name) throws IOException {
      disk = new Disk(Files.createDirectories(dir.resolve(name)));
      client = new DmClient(List.of(dm.address()), "machine/" + name, () -> Optional.of("secret"));
      wanted = new Wanted(name, client, disk, true);
      server =
          HttpServers.create(
              new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), Optional.empty());
      server.setExecutor(threads);
      address = "127.0.0.1:" + server.getAddress().getPort();
      distribution =
          new Distribution(
              address,
              wanted,
              1L << 30,
              new SplittableRandom(name.length()),
              HttpConnections.PLAIN);
      staged =
          new Staged(
              disk,
              wanted,
              distribution.fetcher(),
              distribution,
              distribution.holdings()::publish,
              () -> {});
      server.createContext(ContentHandler.PATH, this::count);
      server.start();
    }

    private void count(HttpExchange exchange) throws IOException {
      asked.incrementAndGet();
      distribution.handler().handle(exchange);
    }

    void pulls() throws IOException {
      wanted.pull();
    }

    /** Its power is cut. */
    void dies() {
      server.stop(0);
    }

    Path file(VersionRef ref, String name) {
      return disk.version(ref).resolve(name);
    }

    @Override
    public void close() {
      server.stop(0);
      client.close();
    }
  }

  Rack(Path dir) throws IOException {
    this.dir = dir;
    this.deployment = new FakeDeployment(Files.createDirectories(dir.resolve("deployment")));
  }

  Member add(String name) throws IOException {
    Member member = new Member(name);
    members.add(member);
    return member;
  }

  void add(int machines) throws IOException {
    for (int i = 0; i < machines; i++) {
      add("m-" + i);
    }
  }

  /** A version of many files of different bytes. */
  VersionRef version(String version, int files, int size) throws IOException {
    SplittableRandom random = new SplittableRandom(version.hashCode());
    Map<String, byte[]> contents = new TreeMap<>();
    for (int i = 0; i < files; i++) {
      byte[] bytes = new byte[size];
      random.nextBytes(bytes);
      contents.put("file-" + i, bytes);
    }
    return deployment.addBytes("web", version, contents);
  }

  /** All are told to hold it, and who their neighbours are. */
  void want(VersionRef ref, String... deadNeighbours) throws IOException {
    Peers.Builder peers = Peers.newBuilder().setRackAgents(members.size());
    members.forEach(each -> peers.addRack(each.address));
    peers.addAllRack(List.of(deadNeighbours));
    want(ref, deployment.address(), peers.build());
  }

  /** The same, of a replica elsewhere. */
  void want(VersionRef ref, String replica, Peers peers) throws IOException {
    dm.want(
        WantedState.newBuilder()
            .setInService(true)
            .addStaged(ref)
            .addDeployments(replica)
            .setPeers(peers)
            .setLimits(TransferLimits.newBuilder().setMachineServes(1 << 30))
            .build());
    for (Member each : members) {
      each.pulls();
    }
  }

  /** All of these fetch what they want, at the same time. */
  List<Future<?>> stage(List<Member> which) {
    List<Future<?>> rounds = new ArrayList<>();
    for (Member each : which) {
      rounds.add(
          threads.submit(
              () -> {
                each.staged.round();
                return null;
              }));
    }
    return rounds;
  }

  /** The same as agents do it: one that could not goes on in its next round. */
  List<Future<?>> stageAtLast(VersionRef ref) {
    List<Future<?>> rounds = new ArrayList<>();
    for (Member each : members) {
      rounds.add(
          threads.submit(
              () -> {
                while (!each.staged.versions().contains(ref)) {
                  try {
                    each.staged.round();
                  } catch (IOException e) {
                    LockSupport.parkNanos(ROUND.toNanos()); // everybody was busy
                  }
                }
                return null;
              }));
    }
    return rounds;
  }

  static void await(List<Future<?>> rounds) throws Exception {
    await(rounds, Duration.ofSeconds(60));
  }

  static void await(List<Future<?>> rounds, Duration patience) throws Exception {
    for (Future<?> each : rounds) {
      try {
        each.get(patience.toSeconds(), TimeUnit.SECONDS);
      } catch (ExecutionException e) {
        throw new AssertionError("a machine could not stage", e.getCause());
      }
    }
  }

  @Override
  public void close() throws IOException {
    members.forEach(Member::close);
    threads.shutdownNow();
    deployment.close();
    dm.close();
  }
}
