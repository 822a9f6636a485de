package io.pilothouse.agent;

import io.pilothouse.api.v1.Observed;
import io.pilothouse.api.v1.VersionRef;
import io.pilothouse.api.v1.WantedState;
import io.pilothouse.client.DmClient;
import io.pilothouse.filesync.Throttle;
import io.pilothouse.filesync.client.Fetcher;
import io.pilothouse.filesync.client.Scrubber;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;

/** The parts of an agent around a disk, with a Device Manager and a content source to speak to. */
final class Rig implements AutoCloseable {
  private static final Duration PATIENCE = Duration.ofSeconds(20);

  /** Something that holds at last. */
  interface Condition {
    boolean holds() throws Exception;
  }

  final FakeDm dm = new FakeDm();
  final FakeDeployment deployment;
  final Disk disk;
  final Path chassis;
  final DmClient client;
  final AtomicInteger news = new AtomicInteger();
  final Wanted wanted;
  final Fetcher fetcher = new Fetcher(Throttle.unlimited(), new SplittableRandom(1));
  final Staged staged;
  private final Path dir;

  Rig(Path dir) throws IOException {
    this(dir, true);
  }

  Rig(Path dir, boolean installed) throws IOException {
    this.dir = dir;
    this.deployment = new FakeDeployment(Files.createDirectories(dir.resolve("deployment")));
    this.disk = new Disk(Files.createDirectories(dir.resolve("disk")));
    this.chassis = Files.createDirectories(dir.resolve("chassis"));
    Files.writeString(chassis.resolve("boot_id"), "boot-1\n");
    this.client =
        new DmClient(List.of(dm.address()), "machine/web-01", () -> Optional.of("secret"));
    this.wanted = new Wanted("web-01", client, disk, installed);
    this.staged = new Staged(disk, wanted, fetcher, news::incrementAndGet);
  }

  /** Another agent's memory of the same disk. */
  Wanted wantedAfterRestart() {
    return new Wanted("web-01", client, disk, true);
  }

  Staged stagedAfterRestart(Wanted of) throws IOException {
    return new Staged(disk, of, fetcher, news::incrementAndGet);
  }

  ApplicationManager applications(Wanted of, Staged held) {
    return new ApplicationManager(
        disk,
        of,
        held,
        new ManifestProcesses(),
        new Readiness("127.0.0.1", 1),
        Map.of("PORT", "1234", "PILOT_MACHINE", "web-01", "OUT", dir.toString()),
        news::incrementAndGet);
  }

  ApplicationManager applications() {
    return applications(wanted, staged);
  }

  Scrub scrub() {
    Scrubber scrubber =
        new Scrubber(Throttle.unlimited(), Throttle.unlimited(), new SplittableRandom(1));
    return new Scrub(disk, wanted, staged, scrubber, news::incrementAndGet);
  }

  Reporter reporter() {
    return new Reporter("web-01", "boot-1", client, Observed::getDefaultInstance, () -> List.of());
  }

  Hardware hardware() {
    return new Hardware(Optional.of(chassis));
  }

  /** A version with one process. */
  VersionRef web(String version, String run, String more) throws IOException {
    String manifest =
        """
        kind: Manifest
        name: web
        version: "%s"
        processes:
          - name: server
            run: |
        %s
        %s"""
            .formatted(version, run.indent(6), more.indent(4));
    return deployment.add("web", version, "manifest.yaml", manifest);
  }

  /** In service: to hold these versions, and to run the first. */
  void serve(VersionRef... versions) throws IOException {
    want(inService().addAllStaged(List.of(versions)).setActive(versions[0]));
  }

  WantedState.Builder inService() {
    return WantedState.newBuilder()
        .setInService(true)
        .setRunProcesses(true)
        .addDeployments(deployment.address());
  }

  void want(WantedState.Builder state) throws IOException {
    dm.want(state.build());
    wanted.pull();
  }

  Path out(String name) {
    return dir.resolve(name);
  }

  /** What a process has written there; empty when nothing yet. */
  String said(String name) throws IOException {
    Path file = out(name);
    return Files.exists(file) ? Files.readString(file).strip() : "";
  }

  /** Rounds until it runs and serves. */
  void settle(ApplicationManager applications) throws Exception {
    until(applications, () -> applications.problem().isEmpty());
  }

  void until(ApplicationManager applications, Condition condition) throws Exception {
    await(
        () -> {
          applications.round();
          return condition.holds();
        });
  }

  static void await(Condition condition) throws Exception {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (!condition.holds()) {
      if (System.nanoTime() > deadline) {
        throw new AssertionError("it did not come true within " + PATIENCE);
      }
      LockSupport.parkNanos(Duration.ofMillis(10).toNanos());
    }
  }

  /** Ends all processes that the disk tells of. */
  @Override
  public void close() throws IOException {
    List<Path> files = new ArrayList<>();
    if (Files.isDirectory(disk.run())) {
      try (Stream<Path> list = Files.list(disk.run())) {
        files.addAll(list.toList());
      }
    }
    try {
      for (Path file : files) {
        Optional<RunFile> run = RunFile.read(file);
        if (run.filter(RunFile::runs).isPresent()) {
          Groups.kill(run.get().pid());
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      client.close();
      dm.close();
      deployment.close();
    }
  }
}
