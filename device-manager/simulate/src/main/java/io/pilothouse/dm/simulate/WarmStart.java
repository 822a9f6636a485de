package io.pilothouse.dm.simulate;

import io.pilothouse.api.log.v1.ApplyFleet;
import io.pilothouse.api.log.v1.Command;
import io.pilothouse.api.log.v1.Entry;
import io.pilothouse.api.log.v1.Event;
import io.pilothouse.api.log.v1.ObserveReplica;
import io.pilothouse.api.log.v1.RegisterManifest;
import io.pilothouse.api.log.v1.Reply;
import io.pilothouse.api.log.v1.Request;
import io.pilothouse.api.v1.Condition;
import io.pilothouse.api.v1.DeploymentReplica;
import io.pilothouse.api.v1.Fleet;
import io.pilothouse.api.v1.Image;
import io.pilothouse.api.v1.Lifecycle;
import io.pilothouse.api.v1.Machine;
import io.pilothouse.api.v1.MachineType;
import io.pilothouse.api.v1.Manifest;
import io.pilothouse.api.v1.Severity;
import io.pilothouse.api.v1.UnitVersion;
import io.pilothouse.api.v1.Verdict;
import io.pilothouse.api.v1.VerdictKind;
import io.pilothouse.api.v1.VersionRef;
import io.pilothouse.api.v1.WatchdogSpec;
import io.pilothouse.api.v1.WatchdogState;
import io.pilothouse.dm.state.Levels;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A fleet that has served for a week when the run begins: applied by the real rules, then every
 * machine put IN_SERVICE and HEALTHY as loading a snapshot would.
 */
final class WarmStart {
  private static final long AGE = 7 * Spans.DAY;
  private static final String FIRST = "1.0.0";

  private final World world;
  private final Leader leader;
  private final Fleet fleet;
  private final Watchdogs watchdogs;

  WarmStart(World world, Leader leader, Fleet fleet, Watchdogs watchdogs) {
    this.world = world;
    this.leader = leader;
    this.fleet = fleet;
    this.watchdogs = watchdogs;
  }

  void run() {
    List<Request> requests = new ArrayList<>();
    requests.add(
        request(Command.newBuilder().setApplyFleet(ApplyFleet.newBuilder().setFleet(fleet))));
    List<String> digests = new ArrayList<>();
    for (Image image : fleet.getImagesList()) {
      VersionRef ref = version(image.getName(), image.getVersion());
      digests.add(ref.getDigest());
      requests.add(register(ref, true));
    }
    for (MachineType type : fleet.getTypesList()) {
      if (!type.getManifest().isEmpty()) {
        for (String version : versions()) {
          VersionRef ref = version(type.getManifest(), version);
          digests.add(ref.getDigest());
          requests.add(register(ref, false));
        }
      }
    }
    requests.add(replica(digests));
    Entry entry =
        Entry.newBuilder()
            .setAt(world.agenda.now() - AGE)
            .setBornAtLevel(Levels.BUILD.max())
            .addAllRequests(requests)
            .build();
    for (Reply reply : leader.commit(entry).replies()) {
      if (reply.hasRefusal()) {
        throw new IllegalArgumentException(reply.getRefusal().getMessage());
      }
    }
    warm();
  }

  /** Versions there are of every manifest, the first one active. */
  private static List<String> versions() {
    List<String> versions = new ArrayList<>(List.of(FIRST));
    for (int i = 1; i <= 60; i++) {
      versions.add("1.%s.0".formatted(i));
    }
    return versions;
  }

  static VersionRef version(String name, String version) {
    return VersionRef.newBuilder()
        .setName(name)
        .setVersion(version)
        .setDigest("%064x".formatted((name + "@" + version).hashCode() & 0xffffffffL))
        .build();
  }

  private static Request register(VersionRef ref, boolean image) {
    return request(
        Command.newBuilder()
            .setRegisterManifest(
                RegisterManifest.newBuilder()
                    .setManifest(
                        Manifest.newBuilder()
                            .setRef(ref)
                            .setFiles(1)
                            .setBytes(1)
                            .setImage(image))));
  }

  private static Request replica(List<String> digests) {
    return request(
        Command.newBuilder()
            .setObserveReplica(
                ObserveReplica.newBuilder()
                    .setReplica(
                        DeploymentReplica.newBuilder()
                            .setId("deployment-1")
                            .setAddress("10.0.0.1:80")
                            .addAllHeld(digests.stream().sorted().distinct().toList())
                            .setUp(true))));
  }

  private static Request request(Command.Builder command) {
    return Request.newBuilder().setPrincipal("operator/alice").setCommand(command).build();
  }

  private void warm() {
    for (WatchdogState each : List.copyOf(leader.state.watchdogs())) {
      put(Event.newBuilder().setWatchdog(each.toBuilder().setMode(WatchdogState.Mode.LIVE)));
    }
    for (MachineType type : fleet.getTypesList()) {
      if (!type.getManifest().isEmpty()) {
        fleet.getUnitsList().stream()
            .map(
                unit ->
                    UnitVersion.newBuilder()
                        .setType(type.getName())
                        .setScaleUnit(unit.getName())
                        .setVersion(version(type.getManifest(), FIRST)))
            .forEach(each -> put(Event.newBuilder().setUnitVersion(each)));
      }
    }
    for (Machine machine : List.copyOf(leader.state.machines())) {
      machine(machine, world.machine(machine.getName()));
    }
  }

  private void machine(Machine machine, SimMachine real) {
    MachineType type = type(machine.getType());
    Optional<VersionRef> image =
        fleet.getImagesList().stream()
            .filter(each -> each.getName().equals(type.getImage()))
            .map(each -> version(each.getName(), each.getVersion()))
            .findFirst();
    VersionRef active = version(type.getManifest(), FIRST);
    real.settled(image.orElse(version("none", FIRST)), active);
    long since = world.agenda.now() - AGE;
    put(
        Event.newBuilder()
            .setMachine(
                machine.toBuilder()
                    .setLifecycle(Lifecycle.IN_SERVICE)
                    .setCondition(Condition.HEALTHY)
                    .setSince(since)
                    .setHealthySince(since)
                    .setObserved(Agents.observed(real))
                    .setWantedActive(active)
                    .setKeySha256(real.key())
                    .setDueAt(0)));
    for (WatchdogSpec spec : watchdogs.of(real)) {
      boolean outside = spec.getRunner() == WatchdogSpec.Runner.REMOTE;
      put(
          Event.newBuilder()
              .setVerdict(
                  Verdict.newBuilder()
                      .setMachine(machine.getName())
                      .setWatchdog(spec.getName())
                      .setReporter(outside ? Reporting.PROBER : "machine/" + machine.getName())
                      .setKind(VerdictKind.OK)
                      .setSeverity(Severity.SEVERITY_UNSPECIFIED)
                      .setSequence(since)
                      .setSince(since)
                      .setReportedAt(since)));
    }
  }

  private MachineType type(String name) {
    return fleet.getTypesList().stream()
        .filter(each -> each.getName().equals(name))
        .findFirst()
        .orElseThrow(() -> new IllegalArgumentException("no machine type " + name));
  }

  private void put(Event.Builder event) {
    leader.state.replay(event.build());
  }
}
