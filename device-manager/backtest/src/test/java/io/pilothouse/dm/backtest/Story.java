package io.pilothouse.dm.backtest;

import com.google.protobuf.ByteString;
import com.google.protobuf.Message;
import io.pilothouse.api.log.v1.AcquireLease;
import io.pilothouse.api.log.v1.ApplyVerdicts;
import io.pilothouse.api.log.v1.ClaimRepair;
import io.pilothouse.api.log.v1.Command;
import io.pilothouse.api.log.v1.Entry;
import io.pilothouse.api.log.v1.Meta;
import io.pilothouse.api.log.v1.RegisterMachine;
import io.pilothouse.api.log.v1.Reply;
import io.pilothouse.api.log.v1.ReportRepair;
import io.pilothouse.api.log.v1.Request;
import io.pilothouse.api.log.v1.Tick;
import io.pilothouse.api.log.v1.VerdictReport;
import io.pilothouse.api.v1.Action;
import io.pilothouse.api.v1.Condition;
import io.pilothouse.api.v1.Fleet;
import io.pilothouse.api.v1.IncidentPolicy;
import io.pilothouse.api.v1.Lease;
import io.pilothouse.api.v1.Lifecycle;
import io.pilothouse.api.v1.Limit;
import io.pilothouse.api.v1.Machine;
import io.pilothouse.api.v1.MachineType;
import io.pilothouse.api.v1.Observed;
import io.pilothouse.api.v1.Repair;
import io.pilothouse.api.v1.RepairPolicy;
import io.pilothouse.api.v1.ScaleUnit;
import io.pilothouse.api.v1.Verdict;
import io.pilothouse.api.v1.VerdictKind;
import io.pilothouse.api.v1.WatchdogSpec;
import io.pilothouse.api.v1.WatchdogState;
import io.pilothouse.dm.record.RecordSettings;
import io.pilothouse.dm.record.Recorder;
import io.pilothouse.dm.state.Apply;
import io.pilothouse.dm.state.Change;
import io.pilothouse.dm.state.State;
import io.pilothouse.dm.state.Table;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** What happens to a small fleet, recorded as a replica would record it. */
final class Story implements AutoCloseable {
  static final long BEGIN = Instant.parse("2026-03-01T08:00:00Z").toEpochMilli();

  /** Confirmed after 10 s, quiet after 20 s, tried again after 60 s. */
  static final RepairPolicy SHORT =
      RepairPolicy.newBuilder()
          .setName("short")
          .setConfirmAfterMs(10_000)
          .setQuietMs(20_000)
          .setProbationMaxMs(60_000)
          .build();

  final State state = new State();
  private final Apply apply = new Apply();
  private final Recorder recorder;
  private final Map<String, Long> sequences = new HashMap<>();
  private long now = BEGIN;
  private long index = 10;
  private int boots;

  Story(Path record, int machines) {
    recorder = Recorder.open(record, RecordSettings.DEFAULT);
    put(Table.META, Change.ONLY, Meta.newBuilder().setNow(now).build());
    put(Table.FLEET, Change.ONLY, fleet());
    put(
        Table.WATCHDOG,
        "disk",
        WatchdogState.newBuilder().setName("disk").setMode(WatchdogState.Mode.LIVE).build());
    for (int i = 1; i <= machines; i++) {
      String name = "web-" + i;
      put(
          Table.MACHINE,
          name,
          Machine.newBuilder()
              .setName(name)
              .setType("frontend")
              .setScaleUnit("su-1")
              .setRack("r" + i)
              .setInInventory(true)
              .setLifecycle(Lifecycle.IN_SERVICE)
              .setCondition(Condition.HEALTHY)
              .setHealthySince(BEGIN)
              .setSince(BEGIN)
              .setObserved(Observed.newBuilder().setBootId("boot-0"))
              .build());
      put(
          Table.VERDICT,
          Change.verdictKey(name, "disk"),
          Verdict.newBuilder()
              .setMachine(name)
              .setWatchdog("disk")
              .setReporter("machine/" + name)
              .setKind(VerdictKind.OK)
              .setSince(BEGIN)
              .setReportedAt(BEGIN)
              .build());
    }
    commit(Command.newBuilder().setTick(Tick.getDefaultInstance())); // the record begins after it
  }

  static Fleet fleet() {
    return Fleet.newBuilder()
        .setName("story")
        .setBudgets(
            io.pilothouse.api.v1.Budgets.newBuilder()
                .setFleet(absolute(3))
                .setUnit(absolute(3))
                .setRack(absolute(3))
                .setType(absolute(3)))
        .addTypes(
            MachineType.newBuilder()
                .setName("frontend")
                .addWatchdogs("disk")
                .setRepairPolicy("short"))
        // what is common to many is another story's
        .setIncidents(IncidentPolicy.newBuilder().setMachines(1000).setMassMachines(1000))
        .addUnits(ScaleUnit.newBuilder().setName("su-1").setOrder(1))
        .addRepairPolicies(SHORT)
        .addWatchdogs(
            WatchdogSpec.newBuilder()
                .setName("disk")
                .setRunner(WatchdogSpec.Runner.BUILTIN)
                .setEveryMs(5_000)
                .setInitialMode(WatchdogState.Mode.LIVE))
        .build();
  }

  private static Limit absolute(int machines) {
    return Limit.newBuilder().setAbsolute(machines).build();
  }

  private void put(Table table, String key, Message value) {
    state.put(new Change(table, key, value));
  }

  void hasAnError(String machine) {
    reports(machine, VerdictKind.ERROR);
  }

  void isFine(String machine) {
    reports(machine, VerdictKind.OK);
  }

  /** Its watchdog says the same again: what a machine in Probation waits for. */
  private void reports(String machine, VerdictKind kind) {
    commit(
        Command.newBuilder()
            .setApplyVerdicts(
                ApplyVerdicts.newBuilder()
                    .setReporter("machine/" + machine)
                    .addReports(
                        VerdictReport.newBuilder()
                            .setMachine(machine)
                            .setWatchdog("disk")
                            .setKind(kind)
                            .setFault(kind == VerdictKind.ERROR ? "disk.full" : "")
                            .setText(kind.name())
                            .setSequence(sequences.merge(machine, 1L, Long::sum)))));
  }

  /** Time goes by, with a Tick when one is due. */
  void passes(Duration span) {
    long until = now + span.toMillis();
    while (state.nextDue().filter(due -> due.toEpochMilli() <= until).isPresent()) {
      now = Math.max(now, state.nextDue().orElseThrow().toEpochMilli());
      commit(Command.newBuilder().setTick(Tick.getDefaultInstance()));
    }
    now = until;
  }

  /** The Repair Service does what is to be done now: a Reboot changes the boot id. */
  void repairs() {
    for (Repair repair : List.copyOf(state.repairs())) {
      if (repair.getAction() != Action.REBOOT || repair.getState() != Repair.State.READY) {
        continue;
      }
      commit(
          Command.newBuilder()
              .setAcquireLease(
                  AcquireLease.newBuilder().setRole("repair").setHolder("a").setTtlMs(300_000)));
      long token = state.lease("repair").map(Lease::getToken).orElseThrow();
      commit(
          Command.newBuilder()
              .setClaimRepair(
                  ClaimRepair.newBuilder()
                      .setRepair(repair.getId())
                      .setHolder("a")
                      .setToken(token)));
      report(repair, token, Repair.State.EXECUTING);
      if (state.repair(repair.getId()).orElseThrow().getState() != Repair.State.EXECUTING) {
        passes(Duration.ofMinutes(2)); // its processes are given time to stop
        report(repair, token, Repair.State.EXECUTING);
      }
      report(repair, token, Repair.State.VERIFYING);
      commit(
          Command.newBuilder()
              .setRegisterMachine(
                  RegisterMachine.newBuilder()
                      .setMachine(repair.getMachine())
                      .setKeySha256("k")
                      .setBootId("boot-" + ++boots)
                      .setObserved(Observed.newBuilder().setBootId("boot-" + boots))));
    }
  }

  private void report(Repair repair, long token, Repair.State to) {
    commit(
        Command.newBuilder()
            .setReportRepair(
                ReportRepair.newBuilder().setRepair(repair.getId()).setToken(token).setState(to)));
  }

  private Reply commit(Command.Builder command) {
    Entry entry =
        Entry.newBuilder()
            .setAt(now)
            .addRequests(
                Request.newBuilder()
                    .setPrincipal("dm")
                    .setEntropy(ByteString.copyFromUtf8("entropy"))
                    .setCommand(command))
            .build();
    Reply reply = apply.apply(state, entry, ++index).replies().get(0);
    recorder.applied(index, entry, entry.getSerializedSize(), state);
    return reply;
  }

  Condition condition(String machine) {
    return state.machine(machine).orElseThrow().getCondition();
  }

  long now() {
    return now;
  }

  @Override
  public void close() {
    recorder.close();
  }
}
