package io.pilothouse.dm.state;

import io.pilothouse.api.log.v1.ApplyVerdicts;
import io.pilothouse.api.log.v1.Command;
import io.pilothouse.api.log.v1.NoticeSilence;
import io.pilothouse.api.log.v1.Request;
import io.pilothouse.api.log.v1.VerdictReport;
import io.pilothouse.api.v1.Condition;
import io.pilothouse.api.v1.Fleet;
import io.pilothouse.api.v1.Incident;
import io.pilothouse.api.v1.InventoryMachine;
import io.pilothouse.api.v1.Lifecycle;
import io.pilothouse.api.v1.Limit;
import io.pilothouse.api.v1.Machine;
import io.pilothouse.api.v1.Observed;
import io.pilothouse.api.v1.Repair;
import io.pilothouse.api.v1.ScaleUnit;
import io.pilothouse.api.v1.Severity;
import io.pilothouse.api.v1.Verdict;
import io.pilothouse.api.v1.VerdictKind;
import io.pilothouse.api.v1.VersionRef;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.function.Consumer;

/**
 * A fleet in service of as many machines as a test wants, ten to a rack, two racks to a switch,
 * four to a power feed: large enough to tell a rack from bad luck. {@code m-000} to {@code m-009}
 * are in {@code r00}.
 */
final class WideFleet {
  static final VersionRef V1 = FleetScenario.version("web", "1.0.0");
  static final VersionRef V2 = FleetScenario.version("web", "1.1.0");
  static final Duration WINDOW = Duration.ofMinutes(10);
  private static final int RACK = 10;

  final FleetScenario fleet;
  private long sequence = 1000;

  private WideFleet(FleetScenario fleet) {
    this.fleet = fleet;
  }

  static WideFleet of(int machines) {
    return of(machines, RACK, spec -> {});
  }

  static WideFleet of(int machines, int perRack, Consumer<Fleet.Builder> change) {
    Fleet.Builder spec = QuickFleet.spec().toBuilder().clearMachines().clearUnits();
    spec.getBudgetsBuilder()
        .setFleet(Limit.newBuilder().setPercent(20))
        .setUnit(Limit.newBuilder().setPercent(20));
    spec.addUnits(ScaleUnit.newBuilder().setName("su-1").setOrder(1));
    spec.addUnits(ScaleUnit.newBuilder().setName("su-2").setOrder(2));
    for (int i = 0; i < machines; i++) {
      int rack = i / perRack;
      spec.addMachines(
          InventoryMachine.newBuilder()
              .setName(name(i))
              .setType("frontend")
              .setScaleUnit(2 * i < machines ? "su-1" : "su-2")
              .setRack("r%02d".formatted(rack))
              .setSwitch("sw%02d".formatted(rack / 2))
              .setFeed("f%02d".formatted(rack / 4))
              .setModel("model-" + i % 3)
              .setMac("02:00:00:00:%02x:%02x".formatted(i / 256, i % 256)));
    }
    change.accept(spec);
    FleetScenario fleet = FleetScenario.expected(spec.build());
    List.of(V1, V2).forEach(each -> fleet.registers(each, false));
    WideFleet wide = new WideFleet(fleet);
    List.copyOf(fleet.state.machines()).forEach(wide::serves);
    return wide;
  }

  static String name(int number) {
    return String.format(Locale.ROOT, "m-%03d", number);
  }

  /** Without the long way through provisioning. */
  private void serves(Machine machine) {
    Machine serving =
        machine.toBuilder()
            .setLifecycle(Lifecycle.IN_SERVICE)
            .setCondition(Condition.HEALTHY)
            .setHealthySince(fleet.now().toEpochMilli())
            .setKeySha256("key")
            .setWantedActive(V1)
            .setObserved(
                Observed.newBuilder()
                    .setBootId("boot-" + machine.getName())
                    .setImage(FleetScenario.IMAGE)
                    .addStaged(V1)
                    .addStaged(V2)
                    .setActive(V1)
                    .setFirmware("bios-" + machine.getName().charAt(4)))
            .build();
    fleet.putEverywhere(new Change(Table.MACHINE, machine.getName(), serving));
    for (String watchdog : QuickFleet.WATCHDOGS) {
      Verdict ok =
          Verdict.newBuilder()
              .setMachine(machine.getName())
              .setWatchdog(watchdog)
              .setReporter("test")
              .setKind(VerdictKind.OK)
              .setSince(fleet.now().toEpochMilli())
              .build();
      fleet.putEverywhere(
          new Change(Table.VERDICT, Change.verdictKey(machine.getName(), watchdog), ok));
    }
  }

  // what happens

  /** Names of a rack's machines. */
  List<String> rack(String rack) {
    return names(each -> each.getRack().equals(rack));
  }

  List<String> names(java.util.function.Predicate<Machine> which) {
    return fleet.state.machines().stream().filter(which).map(Machine::getName).toList();
  }

  /** They lose their power in the same moment: silence, and the probe from outside fails. */
  WideFleet losePower(Collection<String> machines) {
    NoticeSilence.Builder silence = NoticeSilence.newBuilder();
    for (String machine : machines) {
      for (String watchdog : List.of("disk", "heartbeat")) {
        silence.addSilent(
            NoticeSilence.Silent.newBuilder().setMachine(machine).setWatchdog(watchdog));
      }
    }
    fleet.sends(Command.newBuilder().setNoticeSilence(silence));
    report("reachable", VerdictKind.ERROR, Severity.SEVERITY_UNSPECIFIED, machines);
    return this;
  }

  /** They are up again, with another boot id or not, and all their watchdogs say OK. */
  WideFleet areWell(Collection<String> machines) {
    QuickFleet.WATCHDOGS.forEach(
        each -> report(each, VerdictKind.OK, Severity.SEVERITY_UNSPECIFIED, machines));
    return this;
  }

  WideFleet err(String watchdog, Collection<String> machines) {
    return report(watchdog, VerdictKind.ERROR, Severity.SEVERITY_UNSPECIFIED, machines);
  }

  /** One report of each machine, each in an entry of its own. */
  WideFleet report(
      String watchdog, VerdictKind kind, Severity severity, Collection<String> machines) {
    for (String machine : machines) {
      fleet.commit(List.of(request(watchdog, kind, severity, machine)));
    }
    return this;
  }

  /** The same in one entry. */
  WideFleet reportAtOnce(
      String watchdog, VerdictKind kind, Severity severity, Collection<String> machines) {
    List<Request> requests = new ArrayList<>();
    machines.forEach(each -> requests.add(request(watchdog, kind, severity, each)));
    fleet.commit(requests);
    return this;
  }

  private Request request(String watchdog, VerdictKind kind, Severity severity, String machine) {
    return FleetScenario.request(
            Command.newBuilder()
                .setApplyVerdicts(
                    ApplyVerdicts.newBuilder()
                        .setReporter("test")
                        .addReports(
                            VerdictReport.newBuilder()
                                .setMachine(machine)
                                .setWatchdog(watchdog)
                                .setKind(kind)
                                .setSeverity(severity)
                                .setText(watchdog + " says " + kind)
                                .setSequence(++sequence))),
            "test",
            "")
        .build();
  }

  /** As somebody else than alice. */
  io.pilothouse.api.log.v1.Reply as(String principal, Command.Builder command) {
    return fleet
        .commit(List.of(FleetScenario.request(command, principal, "as the test asks").build()))
        .get(0);
  }

  // what can be asked

  List<Incident> open() {
    return fleet.state.incidents().stream()
        .filter(each -> each.getState() == Incident.State.OPEN)
        .toList();
  }

  /** Dimension and value of the open incidents, in their order. */
  List<String> causes() {
    return open().stream().map(each -> each.getDimension() + "/" + each.getValue()).toList();
  }

  Incident incident(String id) {
    return fleet.state.incident(id).orElseThrow();
  }

  /** Repairs that came so far that someone might act on them. */
  List<Repair> begun() {
    return fleet.state.repairs().stream()
        .filter(
            each ->
                switch (each.getState()) {
                  case READY, CLAIMED, REPAIR_DRAINING, EXECUTING, VERIFYING -> true;
                  case ASSIGNED, WAITING, DONE, FAILED, EXPIRED, STATE_UNSPECIFIED, UNRECOGNIZED ->
                      false;
                })
        .toList();
  }

  /** Whether any repair ever was ready to be executed. */
  List<String> everReady() {
    return fleet.state.audit().stream()
        .filter(each -> each.getKind().equals("ACTION") && each.getTo().equals("READY"))
        .map(each -> each.getMachine() + " " + each.getAction())
        .toList();
  }

  long count(Condition condition) {
    return fleet.state.machines().stream().filter(each -> each.getCondition() == condition).count();
  }
}
