package io.pilothouse.testing.simulation;

import io.pilothouse.api.log.v1.VerdictReport;
import io.pilothouse.api.v1.Observed;
import io.pilothouse.api.v1.Provisioning;
import io.pilothouse.api.v1.Severity;
import io.pilothouse.api.v1.VerdictKind;
import io.pilothouse.api.v1.VersionRef;
import io.pilothouse.api.v1.WantedState;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;

/** One machine: hardware that breaks, a disk that remembers, and the agent on it. */
final class FakeMachine {

  /** From where it boots. */
  enum BootDevice {
    DISK,
    NETWORK
  }

  /** What breaks it, by what mends it. */
  enum Fault {
    NONE,
    PASSES,
    NEEDS_REBOOT,
    NEEDS_IMAGE,
    NEEDS_HARDWARE,
    FATAL
  }

  /** A step of an installation, as it was assigned. */
  private record Work(long token, Provisioning.Step step) {}

  final String name;
  private final World world;

  // hardware
  private BootDevice device = BootDevice.NETWORK;
  private Fault fault = Fault.NONE;
  private boolean unclear;
  private boolean lied;
  private long generation;
  private int boots;

  private final FakeDisk disk = new FakeDisk();
  private String key = "";

  // the agent; its epoch ends with every boot and restart
  private long epoch;
  private boolean agentUp;
  private boolean installer;
  private boolean registered;
  private String bootId = "";
  private long sequence;
  private Optional<WantedState> wanted = Optional.empty();
  private long pulledAt = -1;
  private final TreeSet<String> fetching = new TreeSet<>();
  private boolean switching;
  private Optional<Work> working = Optional.empty();
  private Optional<Work> done = Optional.empty();
  private String failed = "";
  private Optional<Observed> observed = Optional.empty();

  FakeMachine(String name, World world) {
    this.name = name;
    this.world = world;
  }

  long generation() {
    return generation;
  }

  /** The digits of its name, from 1. */
  int number() {
    return Integer.parseInt(name.substring(name.indexOf('-') + 1));
  }

  BootDevice device() {
    return device;
  }

  /** Whether its agent answers, as seen from outside. */
  boolean answers() {
    return agentUp;
  }

  boolean isWell() {
    return agentUp && fault == Fault.NONE && !unclear;
  }

  boolean runsBad() {
    return !SimFleet.works(disk.active(), name);
  }

  // what happens to it

  void powerCycle(BootDevice from) {
    device = from;
    boot();
  }

  /** Goes down, and comes up by itself after a while, or never: 0. */
  void crash(long downMillis) {
    stop();
    if (downMillis > 0) {
      later(downMillis, this::boot);
    }
  }

  /** Power stays on, the agent does nothing any more. */
  void hang() {
    stop();
  }

  void restartAgent() {
    if (agentUp) {
      stop();
      later(world.between(500, 20_000), this::startAgent);
    }
  }

  void breaks(Fault kind) {
    fault = kind;
    if (kind == Fault.PASSES) {
      long now = epoch;
      world.agenda.after(
          world.between(5_000, 300_000),
          () -> {
            if (fault == Fault.PASSES && now <= epoch) {
              fault = Fault.NONE;
            }
          });
    }
  }

  /** Its disk watchdog can neither say yes nor no. */
  void becomesUnclear(boolean now) {
    unclear = now;
  }

  /** Its disk watchdog says ERROR, and nothing is wrong with the disk. */
  void isLiedAbout(boolean now) {
    lied = now;
  }

  void heal() {
    lied = false;
    fault = Fault.NONE;
    unclear = false;
    if (!agentUp) {
      boot();
    }
  }

  /** New hardware with an empty disk, switched off. */
  void replace(long newGeneration) {
    stop();
    generation = newGeneration;
    fault = Fault.NONE;
    unclear = false;
    device = BootDevice.NETWORK;
    disk.wipe();
    observed = Optional.empty();
    key = "";
  }

  private void stop() {
    epoch++;
    agentUp = false;
    registered = false;
    wanted = Optional.empty();
    pulledAt = -1;
    fetching.clear();
    switching = false;
    working = Optional.empty();
    done = Optional.empty();
    failed = "";
  }

  private void boot() {
    stop();
    bootId = name + "-boot-" + ++boots;
    observed = Optional.empty();
    fault = fault == Fault.NEEDS_REBOOT ? Fault.NONE : fault;
    later(world.between(3_000, 40_000), this::startAgent);
  }

  private void startAgent() {
    agentUp = true;
    installer = device == BootDevice.NETWORK || disk.image().equals(FakeDisk.NOTHING);
    observed = Optional.empty();
    sequence = 0;
    if (key.isEmpty()) {
      key = name + "-key-" + generation + "-" + boots;
    }
    register();
    later(world.between(0, SimFleet.REPORT_EVERY_MS), this::loop);
  }

  private void later(long millis, Runnable act) {
    long now = epoch;
    world.agenda.after(
        millis,
        () -> {
          if (now == epoch) {
            act.run();
          }
        });
  }

  // the agent

  private void register() {
    long now = epoch;
    world.wire.send(
        () ->
            world.edge.register(
                name,
                key,
                bootId,
                observed(),
                floor ->
                    world.wire.send(
                        () -> {
                          if (now == epoch && !registered) {
                            registered = true;
                            sequence = Math.max(sequence, floor);
                            report();
                            pull();
                          }
                        })));
  }

  private void loop() {
    if (registered) {
      report();
      pull();
    } else {
      register();
    }
    later(SimFleet.REPORT_EVERY_MS + world.random.nextInt(500), this::loop);
  }

  private Observed observed() {
    if (observed.isEmpty()) {
      Observed.Builder now = Observed.newBuilder().setBootId(bootId);
      if (!installer) {
        disk.report(now);
      }
      observed = Optional.of(now.build());
    }
    return observed.get();
  }

  private void changed() {
    observed = Optional.empty();
    report();
  }

  private void report() {
    if (!registered) {
      return;
    }
    Edge.Report report =
        new Edge.Report(
            name,
            key,
            bootId,
            ++sequence,
            observed(),
            installer ? List.of() : verdicts(),
            done.map(Work::token).orElse(0L),
            done.map(Work::step).orElse(Provisioning.Step.STEP_UNSPECIFIED),
            failed);
    long now = epoch;
    world.wire.send(
        () -> {
          if (world.edge.report(report) && now == epoch) {
            registered = false;
          }
        });
  }

  private List<VerdictReport> verdicts() {
    List<VerdictReport> verdicts = new ArrayList<>();
    for (String watchdog : SimFleet.OF_AGENT) {
      VerdictReport.Builder verdict =
          VerdictReport.newBuilder()
              .setMachine(name)
              .setWatchdog(watchdog)
              .setBootId(bootId)
              .setSequence(sequence)
              .setKind(VerdictKind.OK);
      if (watchdog.equals(SimFleet.PROCESSES) && runsBad()) {
        verdict.setKind(VerdictKind.ERROR).setFault("not-ready").setText("port refused");
      }
      if (watchdog.equals(SimFleet.DISK) && !SimFleet.works(disk.watchdogSet(), name)) {
        verdict.setKind(VerdictKind.ERROR).setFault("script").setText("line 3: syntax error");
      } else if (watchdog.equals(SimFleet.DISK) && lied) {
        verdict.setKind(VerdictKind.ERROR).setFault("io").setText("all disks are lost");
        verdict.setSeverity(name.hashCode() % 2 == 0 ? Severity.FATAL : Severity.NORMAL);
      } else if (watchdog.equals(SimFleet.DISK) && fault != Fault.NONE) {
        verdict.setKind(VerdictKind.ERROR).setFault("io").setText("broken: " + fault);
        verdict.setSeverity(fault == Fault.FATAL ? Severity.FATAL : Severity.NORMAL);
      } else if (watchdog.equals(SimFleet.DISK) && unclear) {
        verdict.setKind(VerdictKind.UNKNOWN).setText("no answer from the controller");
      }
      verdicts.add(verdict.build());
    }
    return verdicts;
  }

  private void pull() {
    if (world.dm.index() != pulledAt) {
      pulledAt = world.dm.index();
      Optional<WantedState> now = world.edge.pull(name, key, bootId);
      if (now.isEmpty()) {
        registered = false;
        return;
      }
      wanted = now;
    }
    wanted.ifPresent(installer ? this::install : this::serve);
  }

  private void serve(WantedState now) {
    if (now.getProvisioning().getToken() != 0) {
      return; // the installer's to do
    }
    for (VersionRef ref : now.getStagedList()) {
      String id = ref.getName() + "@" + ref.getVersion();
      if (!disk.holds(ref) && world.deploymentsUp > 0 && fetching.add(id)) {
        later(world.between(2_000, 60_000), () -> fetched(id, ref));
      }
    }
    if (disk.keep(now.getStagedList())) {
      observed = Optional.empty();
    }
    VersionRef run = now.getRunProcesses() ? now.getActive() : FakeDisk.NOTHING;
    if (!run.equals(disk.active()) && disk.holds(run) && !switching) {
      switching = true;
      later(world.between(500, 5_000), () -> switched(run));
    }
    if (now.getInService() && disk.takeWatchdogSet(now)) {
      changed();
    }
    if (now.getInService() && disk.takeAgent(now)) {
      restartAgent();
    }
  }

  private void fetched(String id, VersionRef ref) {
    fetching.remove(id);
    if (world.deploymentsUp > 0) {
      disk.add(ref);
      changed();
    }
  }

  private void switched(VersionRef run) {
    switching = false;
    if (disk.activate(run)) {
      changed();
    }
  }

  private void install(WantedState now) {
    Provisioning assigned = now.getProvisioning();
    boolean ours =
        assigned.getStep() == Provisioning.Step.IMAGING
            || assigned.getStep() == Provisioning.Step.BURNING_IN;
    Optional<Work> work = Optional.of(new Work(assigned.getToken(), assigned.getStep()));
    if (!ours || work.equals(working) || work.equals(done)) {
      return;
    }
    working = work;
    later(world.between(5_000, 60_000), () -> installed(work, assigned.getImage()));
  }

  private void installed(Optional<Work> work, VersionRef wantedImage) {
    working = Optional.empty();
    boolean fails =
        (world.storm && world.oneIn(25))
            || world.deploymentsUp == 0
            || !SimFleet.works(wantedImage, name);
    failed = fails ? "the image could not be fetched or written" : "";
    done = work;
    if (!fails && work.orElseThrow().step() == Provisioning.Step.IMAGING) {
      disk.install(wantedImage);
      observed = Optional.empty();
      fault = fault == Fault.NEEDS_IMAGE ? Fault.NONE : fault;
    }
    changed();
  }
}
