package io.pilothouse.dm.state;

import io.pilothouse.api.log.v1.ApplyFleet;
import io.pilothouse.api.log.v1.Discover;
import io.pilothouse.api.log.v1.Refusal;
import io.pilothouse.api.v1.AuditRecord;
import io.pilothouse.api.v1.DeviceKind;
import io.pilothouse.api.v1.Fleet;
import io.pilothouse.api.v1.FleetChange;
import io.pilothouse.api.v1.InventoryMachine;
import io.pilothouse.api.v1.Lifecycle;
import io.pilothouse.api.v1.Machine;
import io.pilothouse.api.v1.ProbationCause;
import io.pilothouse.api.v1.Verdict;
import io.pilothouse.api.v1.WatchdogSpec;
import io.pilothouse.api.v1.WatchdogState;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;

/** Takes a fleet specification and an inventory, whole or not at all; and discovered machines. */
final class FleetApply {
  /** Kept of an apply in the trail: the first inventory of a large fleet is half a million. */
  private static final int MOST_LINES = 1000;

  private FleetApply() {}

  /**
   * Applies.
   *
   * @return the differences, a line each
   */
  static List<String> apply(Draft draft, ApplyFleet command) throws RefusedException {
    Fleet fleet = PackedFleet.of(draft, command);
    if (command.getDryRun()) {
      throw new RefusedException(
          Refusal.Code.INVALID,
          "a dry run must not come into the log",
          "ask for the plan, which is a read");
    }
    long revision = draft.meta().getFleetRevision();
    FleetRehearsal.requireCurrent(draft, command.getIfRevision(), fleet);
    FleetRehearsal.requireWhole(draft, fleet, FleetCheck.problems(fleet));
    LockOut.refuse(draft, draft.request().getPrincipal(), fleet);
    if (StagedFleet.is(command)) {
      StagedFleet.drop(draft);
    }
    List<FleetChange> changes = FleetDiff.of(draft, fleet);
    List<String> lines = lines(draft, changes);
    if (changes.isEmpty()) {
      return lines;
    }
    int touched = FleetDiff.machinesTouched(draft, fleet, changes);
    watchdogs(draft, fleet);
    draft.put(fleet.toBuilder().clearMachines().build());
    inventory(draft, fleet);
    discardVerdicts(draft);
    draft.put(draft.meta().toBuilder().setFleetRevision(draft.index()).build());
    draft.audit(
        AuditRecord.newBuilder()
            .setKind("FLEET")
            .setSubject("fleet")
            .setFrom(Long.toString(revision))
            .setTo(Long.toString(draft.index()))
            .addAllEvidence(lines)
            .setText("applied %s changes, %s machines touched".formatted(changes.size(), touched)));
    draft.touchAll();
    return lines;
  }

  private static List<String> lines(Entities state, List<FleetChange> changes) {
    if (changes.size() <= MOST_LINES || !FeatureLevel.has(state, FeatureLevel.BOUNDED_REQUESTS)) {
      return changes.stream().map(FleetDiff::line).toList();
    }
    List<String> lines =
        new ArrayList<>(changes.stream().limit(MOST_LINES).map(FleetDiff::line).toList());
    lines.add("and %s more".formatted(changes.size() - MOST_LINES));
    return lines;
  }

  private static void inventory(Draft draft, Fleet fleet) {
    for (InventoryMachine wanted : fleet.getMachinesList()) {
      Optional<Machine> known =
          draft
              .machine(wanted.getName())
              .filter(each -> each.getLifecycle() != Lifecycle.DECOMMISSIONED);
      if (known.isEmpty() || !isAsWanted(draft, known.get(), wanted)) {
        inventory(draft, known, wanted);
      }
    }
    InventoryLines lines = new InventoryLines(fleet);
    for (Machine machine : List.copyOf(draft.machines())) {
      if (lines.of(machine.getName()).isEmpty() && machine.getInInventory()) {
        List.copyOf(draft.verdicts(machine.getName()))
            .forEach(each -> draft.removeVerdict(machine.getName(), each.getWatchdog()));
        draft.removeMachine(machine.getName());
      }
    }
  }

  /** Whether its line changes nothing of a machine: of most of a large fleet, each time. */
  private static boolean isAsWanted(Draft draft, Machine known, InventoryMachine wanted) {
    boolean enters =
        known.getLifecycle() == Lifecycle.DISCOVERED
            || (known.getLifecycle() == Lifecycle.EXPECTED
                && known.getKind() == DeviceKind.DEVICE_SWITCH);
    return !enters
        && known.getInInventory()
        && FleetDiff.isAsIn(known, wanted)
        && known.getKind() == Switches.kind(draft, wanted.getType());
  }

  private static void inventory(Draft draft, Optional<Machine> known, InventoryMachine wanted) {
    Machine.Builder machine =
        known
            .map(Machine::toBuilder)
            .orElseGet(() -> Machine.newBuilder().setLifecycle(Lifecycle.EXPECTED));
    if (known.isEmpty()) {
      machine.setSince(draft.nowMillis());
    }
    boolean unseen = machine.getLifecycle() == Lifecycle.EXPECTED;
    Optional<Machine> seen = unseen ? discovered(draft, wanted) : Optional.empty();
    if (seen.isPresent()) {
      // the network knew it by another name until the inventory gave it this one
      machine.setLifecycle(Lifecycle.DISCOVERED).setBmc(seen.get().getBmc());
      draft.removeMachine(seen.get().getName());
    }
    machine
        .setName(wanted.getName())
        .setType(wanted.getType())
        .setScaleUnit(wanted.getScaleUnit())
        .setRack(wanted.getRack())
        .setSwitch(wanted.getSwitch())
        .setFeed(wanted.getFeed())
        .setModel(wanted.getModel())
        .setMac(wanted.getMac())
        .setBmc(wanted.getBmc().isEmpty() ? machine.getBmc() : wanted.getBmc())
        .setAddress(wanted.getAddress())
        .setKind(Switches.kind(draft, wanted.getType()))
        .setInInventory(true);
    boolean entering =
        machine.getLifecycle() == Lifecycle.EXPECTED
            || machine.getLifecycle() == Lifecycle.DISCOVERED;
    if (entering && machine.getKind() == DeviceKind.DEVICE_SWITCH) {
      Switches.enterService(
          draft,
          machine.setLifecycle(Lifecycle.EXPECTED),
          ProbationCause.CAUSE_JOINING,
          "the inventory names it; a switch is not installed");
    } else if (machine.getLifecycle() == Lifecycle.DISCOVERED) {
      Provision.begin(draft, machine, "the inventory names it now");
    } else {
      draft.put(machine.build());
    }
  }

  /** The machine that was discovered under another name and has the MAC of an inventory line. */
  private static Optional<Machine> discovered(Draft draft, InventoryMachine wanted) {
    return draft.indexes().machines.withMac(wanted.getMac()).stream()
        .flatMap(each -> draft.machine(each).stream())
        .filter(each -> each.getLifecycle() == Lifecycle.DISCOVERED && !each.getInInventory())
        .findFirst();
  }

  private static void watchdogs(Draft draft, Fleet fleet) {
    Set<String> named = new TreeSet<>();
    for (WatchdogSpec spec : fleet.getWatchdogsList()) {
      named.add(spec.getName());
      watchdog(draft, spec);
    }
    for (WatchdogState state : List.copyOf(draft.watchdogs())) {
      if (!named.contains(state.getName())) {
        draft.removeWatchdog(state.getName());
      }
    }
  }

  private static void watchdog(Draft draft, WatchdogSpec spec) {
    String digest = digest(spec);
    Optional<WatchdogState> known = draft.watchdog(spec.getName());
    if (known.filter(each -> each.getDigest().equals(digest)).isPresent()) {
      long promoteAfter =
          Policies.watchdog(draft, spec.getName()).map(WatchdogSpec::getPromoteAfterMs).orElse(0L);
      if (promoteAfter != spec.getPromoteAfterMs()) {
        long due = WatchdogModes.due(draft, spec, known.get().getMode());
        draft.put(known.get().toBuilder().setDueAt(due).build());
      }
      return;
    }
    boolean live = known.isEmpty() && spec.getInitialMode() == WatchdogState.Mode.LIVE;
    WatchdogState.Mode mode = live ? WatchdogState.Mode.LIVE : WatchdogState.Mode.SHADOW;
    WatchdogState.Builder state =
        known
            .map(WatchdogState::toBuilder)
            .orElseGet(() -> WatchdogState.newBuilder().setName(spec.getName()));
    String before = known.map(each -> each.getMode().name()).orElse("");
    state
        .setDigest(digest)
        .setSince(draft.nowMillis())
        .setMode(mode)
        .setDueAt(WatchdogModes.due(draft, spec, mode));
    draft.put(state.build());
    draft.audit(
        AuditRecord.newBuilder()
            .setKind("WATCHDOG")
            .setSubject("watchdog/" + spec.getName())
            .setFrom(before)
            .setTo(mode.name())
            .setText(known.isEmpty() ? "new" : "its definition changed"));
  }

  /** Of what makes its verdicts; how often it may report and when it is promoted does not. */
  private static String digest(WatchdogSpec spec) {
    return StateDigest.hex(
        spec.toBuilder().clearPromoteAfterMs().clearQuotaPerMinute().build().toByteArray());
  }

  /** Verdicts of watchdogs that are gone, or no longer concern the machine, are gone, too. */
  private static void discardVerdicts(Draft draft) {
    List<Verdict> gone = new ArrayList<>();
    SortedMap<String, Boolean> known = new TreeMap<>(); // by watchdog and type: both are few
    String name = "";
    Optional<Machine> machine = Optional.empty();
    for (Verdict verdict : draft.verdicts()) {
      if (!name.equals(verdict.getMachine())) {
        name = verdict.getMachine();
        machine = draft.machine(name);
      }
      boolean concerns =
          machine.isPresent() && concerns(draft, machine.get(), verdict.getWatchdog(), known);
      if (!concerns) {
        gone.add(verdict);
      }
    }
    gone.forEach(each -> draft.removeVerdict(each.getMachine(), each.getWatchdog()));
  }

  private static boolean concerns(
      Draft draft, Machine machine, String watchdog, SortedMap<String, Boolean> known) {
    return known.computeIfAbsent(
        watchdog + "/" + machine.getType(),
        key ->
            Policies.watchdog(draft, watchdog)
                .filter(spec -> Policies.concerns(draft, machine, spec))
                .isPresent());
  }

  /** Provisioning saw a machine on the network. */
  static void discover(Draft draft, Discover seen) throws RefusedException {
    if (seen.getName().isEmpty() && seen.getMac().isEmpty()) {
      throw new RefusedException(
          Refusal.Code.INVALID, "a discovered machine has neither name nor MAC", "report one");
    }
    Optional<Machine> known = draft.seenAs(seen.getMac(), seen.getName());
    if (known.isPresent()) {
      if (known.get().getLifecycle() == Lifecycle.EXPECTED) {
        Machine.Builder machine = known.get().toBuilder();
        if (machine.getBmc().isEmpty()) {
          machine.setBmc(seen.getBmc());
        }
        Provision.begin(draft, machine, "discovered, MAC " + seen.getMac());
      }
      return;
    }
    if (!seen.getName().matches("[a-z0-9][a-z0-9.-]{0,62}")) {
      throw new RefusedException(
          Refusal.Code.INVALID,
          "\"" + seen.getName() + "\" cannot be a machine's name",
          "a name has 1 to 63 of a-z 0-9 . -");
    }
    draft.put(
        Machine.newBuilder()
            .setName(seen.getName())
            .setMac(seen.getMac())
            .setBmc(seen.getBmc())
            .setModel(seen.getModel())
            .setLifecycle(Lifecycle.DISCOVERED)
            .setSince(draft.nowMillis())
            .build());
    draft.audit(
        AuditRecord.newBuilder()
            .setKind("LIFECYCLE")
            .setSubject(Texts.machine(seen.getName()))
            .setMachine(seen.getName())
            .setTo(Lifecycle.DISCOVERED.name())
            .setText("discovered, but no inventory line names MAC " + seen.getMac()));
  }
}
