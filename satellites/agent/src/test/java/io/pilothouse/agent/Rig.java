package io.pilothouse.agent;

import io.pilothouse.api.v1.Observed;
import io.pilothouse.api.v1.VersionRef;
import io.pilothouse.api.v1.WantedState;
import io.pilothouse.client.DmClient;
import io.pilothouse.filesync.Throttle;
import io.pilothouse.filesync.client.Fetcher;
import io.pilothouse.filesync.client.Route;
import io.pilothouse.filesync.client.Scrubber;
import io.pilothouse.filesync.client.Transfer;
import io.pilothouse.processes.Cgroups;
import io.pilothouse.processes.Family;
import io.pilothouse.tls.HttpConnections;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;

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
  final Fetcher fetcher =
      new Fetcher(Throttle.unlimited(), new SplittableRandom(1), HttpConnections.PLAIN);
  final Sourcing sourcing = new ServiceAlone();
  final Staged staged;
  private final Path dir;
  private final List<ApplicationManager> managers = new ArrayList<>();

  /** As an agent finds them; replaced in tests of machines without any. */
  Cgroups cgroups;

  /** Contents come from the Deployment Service: neighbours have tests of their own. */
  private final class ServiceAlone implements Sourcing {
    @Override
    public Transfer of(String digest) {
      Route route = Route.among(wanted.get().getDeploymentsList(), new SplittableRandom(1));
      return wanted.get().getUrgentList().contains(digest)
          ? Transfer.urgent(route)
          : Transfer.bulk(route);
    }

    @Override
    public Transfer ofRepair() {
      return of("");
    }

    @Override
    public void repaired() {}
  }

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
    this.staged =
        new Staged(disk, wanted, fetcher, sourcing, directories -> {}, news::incrementAndGet);
    this.cgroups =
        Cgroups.find(
            Cgroups.MOUNTS, "pilothouse-test/%08x".formatted(disk.root().toString().hashCode()));
  }

  /** Another agent's memory of the same disk. */
  Wanted wantedAfterRestart() {
    return new Wanted("web-01", client, disk, true);
  }

  Staged stagedAfterRestart(Wanted of) throws IOException {
    return new Staged(disk, of, fetcher, sourcing, directories -> {}, news::incrementAndGet);
  }

  ApplicationManager applications(Wanted of, Staged held) {
    return applications(of, held, ApplicationManager.SwitchPoints.NONE);
  }

  ApplicationManager applications(Wanted of, Staged held, ApplicationManager.SwitchPoints points) {
    ApplicationManager manager =
        new ApplicationManager(around(), of, held, news::incrementAndGet, points);
    managers.add(manager);
    return manager;
  }

  private Surroundings around() {
    return new Surroundings(
        disk,
        cgroups,
        new Readiness("127.0.0.1", 1),
        Map.of(
            "PORT",
            "1234",
            "PILOT_MACHINE",
            "web-01",
            "PILOT_DISK",
            disk.root().toString(),
            "OUT",
            dir.toString()),
        1234,
        () -> {});
  }

  ApplicationManager applications() {
    return applications(wanted, staged);
  }

  WatchdogSets watchdogSets() {
    return new WatchdogSets(disk, wanted, staged, System::nanoTime, news::incrementAndGet);
  }

  Scrub scrub() {
    Scrubber scrubber =
        new Scrubber(
            Throttle.unlimited(),
            Throttle.unlimited(),
            new SplittableRandom(1),
            HttpConnections.PLAIN);
    return new Scrub(disk, staged, scrubber, sourcing, news::incrementAndGet);
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

  /** A version with any processes. */
  VersionRef manifest(String version, String processes) throws IOException {
    return manifest(version, processes, Map.of());
  }

  VersionRef manifest(String version, String processes, Map<String, String> files)
      throws IOException {
    Map<String, String> all = new HashMap<>(files);
    String head = "kind: Manifest\nname: web\nversion: \"%s\"\n".formatted(version);
    all.put("manifest.yaml", head + processes);
    return deployment.add("web", version, all);
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
    try {
      managers.forEach(ApplicationManager::close);
      for (Map.Entry<String, RunFile> each : RunFile.all(disk).entrySet()) {
        new Family(
                each.getValue().pid(),
                Family.marks(disk.root(), Family.PROCESS, each.getKey()),
                Optional.empty())
            .kill();
      }
      Family.killForgotten(disk.root(), Family.PROCESS, Set.of());
      cgroups.retain(Set.of());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      client.close();
      dm.close();
      deployment.close();
    }
  }
}
