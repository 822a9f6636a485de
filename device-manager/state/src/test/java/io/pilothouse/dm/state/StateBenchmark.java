package io.pilothouse.dm.state;

import com.google.protobuf.Message;
import io.pilothouse.api.log.v1.ApplyVerdicts;
import io.pilothouse.api.log.v1.Command;
import io.pilothouse.api.log.v1.Entry;
import io.pilothouse.api.log.v1.Request;
import io.pilothouse.api.log.v1.Tick;
import io.pilothouse.api.log.v1.VerdictReport;
import io.pilothouse.api.v1.Condition;
import io.pilothouse.api.v1.Fleet;
import io.pilothouse.api.v1.Lifecycle;
import io.pilothouse.api.v1.Machine;
import io.pilothouse.api.v1.MachineType;
import io.pilothouse.api.v1.ScaleUnit;
import io.pilothouse.api.v1.Verdict;
import io.pilothouse.api.v1.VerdictKind;
import io.pilothouse.api.v1.WatchdogSpec;
import io.pilothouse.api.v1.WatchdogState;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * How many log entries a second are applied, by fleet size. Asserts nothing, and is not part of the
 * suite: {@code mvn -pl device-manager/state -am test -Dtest=StateBenchmark
 * -Dsurefire.failIfNoSpecifiedTests=false}.
 */
class StateBenchmark {
  private static final List<String> WATCHDOGS = List.of("disk", "heartbeat", "memory", "processes");
  private static final int UNIT = 500;
  private static final int RACK = 40;
  private static final int MOST_ENTRIES = 20_000;
  private static final long MOST_NANOS = 10_000_000_000L;

  private final State state = new State();
  private final Apply apply = new Apply();
  private int machines;
  private long now = Instant.parse("2026-03-01T08:00:00Z").toEpochMilli();
  private long index;
  private long sequence;

  @ParameterizedTest
  @ValueSource(ints = {1_000, 10_000, 100_000})
  void entriesPerSecond(int size) {
    measure(size);
  }

  private void measure(int size) {
    machines = size;
    fleet();
    Runtime runtime = Runtime.getRuntime();
    run("warm-up", 5_000, i -> flip(i, VerdictKind.WARNING));
    run("verdict OK and WARNING in turn", MOST_ENTRIES, i -> flip(i, VerdictKind.WARNING));
    run("verdict OK and ERROR in turn", MOST_ENTRIES, i -> flip(i, VerdictKind.ERROR));
    int failing = size / 10;
    run("a tenth of the fleet fails", failing, i -> report(i * 10, VerdictKind.ERROR));
    run("… is confirmed, DoNothing, Probation, Reboot assigned", 4, i -> tick(31 * 60_000));
    long waiting = state.repairs().stream().filter(each -> each.getVetoesCount() > 0).count();
    run(
        "verdict OK and WARNING in turn, " + waiting + " repairs waiting",
        MOST_ENTRIES,
        i -> flip(i * 10 + 1, VerdictKind.WARNING));
    System.out.printf(
        Locale.ROOT,
        "%,9d machines: %,d MiB used%n",
        size,
        (runtime.totalMemory() - runtime.freeMemory()) >> 20);
  }

  /** One entry of some work. */
  private interface Step {
    void run(int number);
  }

  private void run(String what, int entries, Step step) {
    long begin = System.nanoTime();
    int done = 0;
    while (done < entries && System.nanoTime() - begin < MOST_NANOS) {
      step.run(done++);
    }
    double seconds = (System.nanoTime() - begin) / 1e9;
    System.out.printf(
        Locale.ROOT,
        "%,9d machines: %,12.0f entries/s (%,d in %.1f s)  %s%n",
        machines,
        done / seconds,
        done,
        seconds,
        what);
  }

  private void flip(int number, VerdictKind other) {
    report(number / 2, number % 2 == 0 ? other : VerdictKind.OK);
  }

  private void report(int machine, VerdictKind kind) {
    commit(
        Command.newBuilder()
            .setApplyVerdicts(
                ApplyVerdicts.newBuilder()
                    .setReporter("machine/" + name(machine % machines))
                    .addReports(
                        VerdictReport.newBuilder()
                            .setMachine(name(machine % machines))
                            .setWatchdog("disk")
                            .setKind(kind)
                            .setFault(kind == VerdictKind.ERROR ? "disk" : "")
                            .setSequence(++sequence))),
        1);
  }

  private void tick(long later) {
    commit(Command.newBuilder().setTick(Tick.newBuilder()), later);
  }

  private void commit(Command.Builder command, long later) {
    now += later;
    Request request = Request.newBuilder().setPrincipal("bench").setCommand(command).build();
    apply.apply(state, Entry.newBuilder().setAt(now).addRequests(request).build(), ++index);
  }

  private static String name(int number) {
    return String.format(Locale.ROOT, "m-%06d", number);
  }

  /** Every machine in service and HEALTHY, as if it had been so for long. */
  private void fleet() {
    Fleet.Builder fleet =
        Fleet.newBuilder()
            .setName("bench")
            .addTypes(MachineType.newBuilder().setName("web").addAllWatchdogs(WATCHDOGS));
    for (int unit = 0; unit * UNIT < machines; unit++) {
      fleet.addUnits(ScaleUnit.newBuilder().setName("su-" + unit).setOrder(unit));
    }
    for (String each : WATCHDOGS) {
      fleet.addWatchdogs(
          WatchdogSpec.newBuilder()
              .setName(each)
              .setRunner(WatchdogSpec.Runner.BUILTIN)
              .setEveryMs(10_000));
    }
    put(Table.FLEET, Change.ONLY, fleet.build());
    for (String each : WATCHDOGS) {
      put(
          Table.WATCHDOG,
          each,
          WatchdogState.newBuilder().setName(each).setMode(WatchdogState.Mode.LIVE).build());
    }
    for (int i = 0; i < machines; i++) {
      put(Table.MACHINE, name(i), machine(i));
      for (String each : WATCHDOGS) {
        put(
            Table.VERDICT,
            Change.verdictKey(name(i), each),
            Verdict.newBuilder()
                .setMachine(name(i))
                .setWatchdog(each)
                .setReporter("machine/" + name(i))
                .setKind(VerdictKind.OK)
                .setSince(now)
                .build());
      }
    }
  }

  private Machine machine(int number) {
    return Machine.newBuilder()
        .setName(name(number))
        .setType("web")
        .setScaleUnit("su-" + number / UNIT)
        .setRack("r-" + number / RACK)
        .setSwitch("sw-" + number / RACK)
        .setFeed("f-" + number % 2)
        .setLifecycle(Lifecycle.IN_SERVICE)
        .setCondition(Condition.HEALTHY)
        .setInInventory(true)
        .setHealthySince(now)
        .build();
  }

  private void put(Table table, String key, Message value) {
    state.put(new Change(table, key, value));
  }
}
