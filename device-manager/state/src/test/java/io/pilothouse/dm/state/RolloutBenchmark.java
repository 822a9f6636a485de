package io.pilothouse.dm.state;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Message;
import io.pilothouse.api.log.v1.ApplyVerdicts;
import io.pilothouse.api.log.v1.Command;
import io.pilothouse.api.log.v1.Entry;
import io.pilothouse.api.log.v1.Event;
import io.pilothouse.api.log.v1.ObserveMachine;
import io.pilothouse.api.log.v1.Request;
import io.pilothouse.api.log.v1.StartRollout;
import io.pilothouse.api.log.v1.Tick;
import io.pilothouse.api.log.v1.VerdictReport;
import io.pilothouse.api.v1.Budgets;
import io.pilothouse.api.v1.Condition;
import io.pilothouse.api.v1.DeploymentReplica;
import io.pilothouse.api.v1.Fleet;
import io.pilothouse.api.v1.Lifecycle;
import io.pilothouse.api.v1.Limit;
import io.pilothouse.api.v1.Machine;
import io.pilothouse.api.v1.MachineType;
import io.pilothouse.api.v1.Manifest;
import io.pilothouse.api.v1.Observed;
import io.pilothouse.api.v1.Rollout;
import io.pilothouse.api.v1.RolloutPolicy;
import io.pilothouse.api.v1.ScaleUnit;
import io.pilothouse.api.v1.Thing;
import io.pilothouse.api.v1.UnitVersion;
import io.pilothouse.api.v1.Verdict;
import io.pilothouse.api.v1.VerdictKind;
import io.pilothouse.api.v1.VersionRef;
import io.pilothouse.api.v1.WatchdogSpec;
import io.pilothouse.api.v1.WatchdogState;
import java.lang.management.ManagementFactory;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What a rollout over a whole fleet costs the state machine, in units of 500: each machine stages,
 * is switched, and reports. Not part of the suite: {@code testing/benchmarks/rollout}.
 */
class RolloutBenchmark {
  private static final VersionRef BEFORE = FleetScenario.version("web", "1.0.0");
  private static final VersionRef AFTER = FleetScenario.version("web", "1.1.0");
  private static final List<String> WATCHDOGS = List.of("disk", "heartbeat");
  private static final int UNIT = 500;
  private static final int RACK = 40;
  // what a leader puts into one entry under load
  private static final int REQUESTS = 50;
  private static final long STEP_MS = 5_000;

  private final State state = new State();
  private final Apply apply = new Apply();
  private final ArrayDeque<Request> queue = new ArrayDeque<>();
  private final long begin = Instant.parse("2026-03-01T08:00:00Z").toEpochMilli();
  private long now = begin;
  private long index;
  private long requests;
  private long bytes;

  static IntStream sizes() {
    return IntStream.of(1_000, Integer.getInteger("machines", 50_000));
  }

  @ParameterizedTest
  @MethodSource("sizes")
  void rollout(int machines) {
    fleet(machines);
    long memory = used();
    long cpu = cpu();
    queue.add(
        request(
            Command.newBuilder()
                .setStartRollout(
                    StartRollout.newBuilder()
                        .setType("web")
                        .setName("web")
                        .setVersion(AFTER.getVersion()))));
    drain();
    for (int i = 0; i < machines; i++) {
      observe(machine(i), BEFORE);
    }
    drain();
    while (rollout().getState() != Rollout.State.COMPLETED) {
      List<String> away = List.copyOf(state.indexes().standings.bound("O-1"));
      for (String name : away) {
        Machine machine = state.machine(name).orElseThrow();
        if (!machine.getObserved().getActive().equals(AFTER)) {
          observe(name, AFTER);
          report(name);
        }
      }
      drain();
      now += STEP_MS;
      queue.add(request(Command.newBuilder().setTick(Tick.newBuilder())));
      drain();
      assertThat(rollout().getState()).isNotEqualTo(Rollout.State.PAUSED);
    }
    cpu = cpu() - cpu;
    System.out.printf(
        Locale.ROOT,
        "| %,d | %d | %,d | %.1f | %.0f | %.1f | %s | %d |%n",
        machines,
        rollout().getUnitsCount(),
        index,
        (double) requests / machines,
        cpu / 1000.0 / machines,
        bytes / 1024.0 / machines,
        Texts.elapsed(now - begin),
        (used() - memory) >> 20);
  }

  private Rollout rollout() {
    return state.rollout("O-1").orElseThrow();
  }

  private void observe(String name, VersionRef active) {
    queue.add(
        request(
            Command.newBuilder()
                .setObserveMachine(
                    ObserveMachine.newBuilder()
                        .setMachine(name)
                        .setBootId("b")
                        .setObserved(observed(active).addStaged(AFTER)))));
  }

  private void report(String name) {
    ApplyVerdicts.Builder verdicts = ApplyVerdicts.newBuilder().setReporter("machine/" + name);
    for (String watchdog : WATCHDOGS) {
      verdicts.addReports(
          VerdictReport.newBuilder()
              .setMachine(name)
              .setWatchdog(watchdog)
              .setKind(VerdictKind.OK)
              .setSequence(now));
    }
    queue.add(request(Command.newBuilder().setApplyVerdicts(verdicts)));
  }

  private static Request request(Command.Builder command) {
    return Request.newBuilder().setPrincipal("bench").setReason("r").setCommand(command).build();
  }

  private void drain() {
    while (!queue.isEmpty()) {
      List<Request> batch = new ArrayList<>();
      while (batch.size() < REQUESTS && !queue.isEmpty()) {
        batch.add(queue.poll());
      }
      requests += batch.size();
      Entry entry = Entry.newBuilder().setAt(now).addAllRequests(batch).build();
      Applied applied = apply.apply(state, entry, ++index);
      applied.replies().forEach(each -> assertThat(each.getRefusal().getMessage()).isEmpty());
      bytes += applied.events().stream().mapToLong(Event::getSerializedSize).sum();
    }
  }

  private static long cpu() {
    return ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
  }

  private static long used() {
    Runtime runtime = Runtime.getRuntime();
    runtime.gc();
    return runtime.totalMemory() - runtime.freeMemory();
  }

  private static String machine(int number) {
    return String.format(Locale.ROOT, "m-%06d", number);
  }

  private static Observed.Builder observed(VersionRef active) {
    return Observed.newBuilder().setBootId("b").setActive(active).addStaged(BEFORE);
  }

  private void fleet(int machines) {
    Limit tenth = Limit.newBuilder().setPercent(10).build();
    Fleet.Builder fleet =
        Fleet.newBuilder()
            .setName("bench")
            .setBudgets(
                Budgets.newBuilder()
                    .setFleet(tenth)
                    .setUnit(tenth)
                    .setType(tenth)
                    .setRack(Limit.newBuilder().setPercent(100))
                    .setSwitch(Limit.newBuilder().setPercent(100))
                    .setFeed(tenth))
            .addRolloutPolicies(
                RolloutPolicy.newBuilder().setName("default").setDeadlineMs(1L << 34))
            .addTypes(
                MachineType.newBuilder()
                    .setName("web")
                    .setManifest("web")
                    .addAllWatchdogs(WATCHDOGS));
    for (int unit = 0; unit * UNIT < machines; unit++) {
      fleet.addUnits(ScaleUnit.newBuilder().setName("su-" + unit).setOrder(unit + 1));
      put(
          Table.UNIT_VERSION,
          Change.unitVersionKey("web", "su-" + unit, Thing.THING_MANIFEST),
          UnitVersion.newBuilder()
              .setType("web")
              .setScaleUnit("su-" + unit)
              .setVersion(BEFORE)
              .build());
    }
    for (String each : WATCHDOGS) {
      fleet.addWatchdogs(
          WatchdogSpec.newBuilder().setName(each).setRunner(WatchdogSpec.Runner.BUILTIN));
      put(
          Table.WATCHDOG,
          each,
          WatchdogState.newBuilder().setName(each).setMode(WatchdogState.Mode.LIVE).build());
    }
    put(Table.FLEET, Change.ONLY, fleet.build());
    for (VersionRef each : List.of(BEFORE, AFTER)) {
      put(
          Table.MANIFEST,
          Change.manifestKey(each.getName(), each.getVersion()),
          Manifest.newBuilder().setRef(each).build());
    }
    put(
        Table.REPLICA,
        "d-1",
        DeploymentReplica.newBuilder()
            .setId("d-1")
            .setAddress("d:1")
            .setUp(true)
            .addHeld(BEFORE.getDigest())
            .addHeld(AFTER.getDigest())
            .build());
    for (int i = 0; i < machines; i++) {
      machineOf(i);
    }
  }

  private void machineOf(int number) {
    String name = machine(number);
    put(
        Table.MACHINE,
        name,
        Machine.newBuilder()
            .setName(name)
            .setType("web")
            .setScaleUnit("su-" + number / UNIT)
            .setRack("r-" + number / RACK)
            .setSwitch("sw-" + number / RACK)
            .setFeed("f-" + number % 2)
            .setLifecycle(Lifecycle.IN_SERVICE)
            .setCondition(Condition.HEALTHY)
            .setInInventory(true)
            .setHealthySince(now)
            .setWantedActive(BEFORE)
            .setObserved(observed(BEFORE))
            .build());
    for (String each : WATCHDOGS) {
      put(
          Table.VERDICT,
          Change.verdictKey(name, each),
          Verdict.newBuilder()
              .setMachine(name)
              .setWatchdog(each)
              .setReporter("machine/" + name)
              .setKind(VerdictKind.OK)
              .setSince(now)
              .build());
    }
  }

  private void put(Table table, String key, Message value) {
    state.put(new Change(table, key, value));
  }
}
