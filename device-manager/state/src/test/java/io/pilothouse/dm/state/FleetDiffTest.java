package io.pilothouse.dm.state;

import static org.assertj.core.api.Assertions.assertThat;

import io.pilothouse.api.log.v1.ApplyFleet;
import io.pilothouse.api.log.v1.Command;
import io.pilothouse.api.v1.Fleet;
import io.pilothouse.api.v1.FleetChange;
import io.pilothouse.api.v1.InventoryMachine;
import io.pilothouse.api.v1.Lifecycle;
import io.pilothouse.api.v1.Machine;
import io.pilothouse.api.v1.RepairPolicy;
import io.pilothouse.api.v1.RolloutPolicy;
import io.pilothouse.api.v1.WatchdogSpec;
import io.pilothouse.api.v1.WatchdogState;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Differences of inventories, compared with what a table of all lines would say. */
class FleetDiffTest {
  private static final Fleet SPEC = QuickFleet.spec();

  private static String name(Random random) {
    return "m-%02d".formatted(random.nextInt(40));
  }

  private static InventoryMachine line(Random random, String name) {
    return InventoryMachine.newBuilder()
        .setName(name)
        .setType(SPEC.getTypes(0).getName())
        .setRack("r" + random.nextInt(2))
        .setBmc(random.nextInt(3) == 0 ? "" : "bmc-" + random.nextInt(2))
        .build();
  }

  private static State state(Random random) {
    State state = new State();
    state.put(new Change(Table.FLEET, Change.ONLY, SPEC.toBuilder().clearMachines().build()));
    for (int i = 0; i < 25; i++) {
      InventoryMachine line = line(random, name(random));
      Machine machine =
          Machine.newBuilder()
              .setName(line.getName())
              .setType(line.getType())
              .setRack(line.getRack())
              .setBmc(line.getBmc())
              .setInInventory(random.nextInt(6) > 0)
              .setLifecycle(
                  random.nextInt(6) == 0 ? Lifecycle.DECOMMISSIONED : Lifecycle.IN_SERVICE)
              .build();
      state.put(new Change(Table.MACHINE, machine.getName(), machine));
    }
    return state;
  }

  private static List<String> naive(State state, List<InventoryMachine> wanted) {
    TreeMap<String, InventoryMachine> after = new TreeMap<>();
    wanted.forEach(each -> after.put(each.getName(), each));
    TreeMap<String, InventoryMachine> before = new TreeMap<>();
    for (Machine each : state.machines()) {
      if (each.getInInventory() && each.getLifecycle() != Lifecycle.DECOMMISSIONED) {
        InventoryMachine.Builder known = FleetDiff.inventory(each).toBuilder();
        InventoryMachine line = after.get(each.getName());
        before.put(
            each.getName(),
            line != null && line.getBmc().isEmpty() ? known.clearBmc().build() : known.build());
      }
    }
    List<String> changes = new ArrayList<>();
    after.forEach(
        (name, line) -> {
          if (!before.containsKey(name)) {
            changes.add("add machine/" + name);
          } else if (!before.get(name).equals(line)) {
            changes.add("change machine/" + name);
          }
        });
    before.keySet().stream()
        .filter(each -> !after.containsKey(each))
        .forEach(each -> changes.add("remove machine/" + each));
    return changes;
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void inventories(boolean sorted) {
    Random random = new Random(20261130);
    for (int i = 0; i < 500; i++) {
      State state = state(random);
      TreeMap<String, InventoryMachine> byName = new TreeMap<>();
      for (int line = 0; line < 25; line++) {
        String name = name(random);
        byName.put(name, line(random, name));
      }
      List<InventoryMachine> wanted = new ArrayList<>(byName.values());
      if (!sorted) {
        Collections.shuffle(wanted, random);
        wanted.add(line(random, wanted.getFirst().getName())); // no fleet; not checked here
      }
      Fleet fleet = SPEC.toBuilder().clearMachines().addAllMachines(wanted).build();

      List<FleetChange> changes = FleetDiff.of(state, fleet);

      assertThat(changes.stream().map(each -> each.getVerb() + " " + each.getObject()).toList())
          .isEqualTo(naive(state, wanted));
      assertThat(changes.stream().filter(each -> each.getVerb().equals("change")))
          .allSatisfy(each -> assertThat(each.getLinesList()).isNotEmpty());
    }
  }

  @Test
  void whatATypeAUnitAndAWatchdogReachIsCounted() {
    FleetScenario fleet = FleetScenario.expected();
    FleetReach reach = new FleetReach(fleet.state, SPEC);
    int all = fleet.state.machines().size();
    assertThat(reach.of("type/" + SPEC.getTypes(0).getName())).isEqualTo(all);
    assertThat(reach.of("watchdog/" + SPEC.getTypes(0).getWatchdogs(0))).isEqualTo(all);
    assertThat(reach.of("unit/nobody")).isZero();
    assertThat(reach.of("access/somebody")).isZero();
    assertThat(reach.of("machine/web-01")).isEqualTo(1);
    assertThat(reach.of("machine/nobody")).isZero();
    assertThat(reach.of("cluster/quick")).isEqualTo(all);
    assertThat(reach.of("repair-policy/default")).as("the type names another").isZero();
    assertThat(
            reach.touched(
                List.of(
                    FleetChange.newBuilder().setObject("machine/web-01").build(),
                    FleetChange.newBuilder().setObject("machine/new").build())))
        .isEqualTo(1);
  }

  @Test
  void aPolicyNamedDefaultReachesTypesThatNameNone() throws RefusedException {
    Fleet.Builder none = SPEC.toBuilder();
    none.getTypesBuilder(0).clearRepairPolicy().clearRolloutPolicy();
    FleetScenario fleet = FleetScenario.expected(none.build());
    int all = fleet.state.machines().size();
    Fleet repair =
        none.clone().addRepairPolicies(RepairPolicy.newBuilder().setName("default")).build();
    Fleet rollout =
        none.clone().addRolloutPolicies(RolloutPolicy.newBuilder().setName("default")).build();
    for (Fleet each : List.of(repair, rollout)) {
      assertThat(touched(fleet, each)).isEqualTo(all);
      assertThat(ordered(fleet, each)).isEqualTo(all);
    }
    Fleet other =
        none.clone().addRepairPolicies(RepairPolicy.newBuilder().setName("unused")).build();
    assertThat(touched(fleet, other)).isZero();
    assertThat(ordered(fleet, other)).isZero();
  }

  @Test
  void whatTheClusterSaysReachesAllThatAreThere() throws RefusedException {
    FleetScenario fleet = FleetScenario.expected();
    int all = fleet.state.machines().size();
    Fleet stop = SPEC.toBuilder().setReportEveryMs(9_000).build();
    assertThat(touched(fleet, stop)).isEqualTo(all);
    assertThat(ordered(fleet, stop)).isEqualTo(all);
    assertThat(FleetDiff.of(fleet.state, stop).get(0).getEffect()).isEqualTo(all + " machines");
  }

  @Test
  void aNewWatchdogReachesTheTypesThatItNamesOnceItCounts() throws RefusedException {
    FleetScenario fleet = FleetScenario.expected();
    int all = fleet.state.machines().size();
    WatchdogSpec.Builder mine =
        QuickFleet.watchdog("mine", WatchdogState.Mode.LIVE).toBuilder().addTypes("frontend");
    Fleet live = SPEC.toBuilder().addWatchdogs(mine).build();
    Fleet shadow =
        SPEC.toBuilder()
            .addWatchdogs(mine.clone().setInitialMode(WatchdogState.Mode.SHADOW))
            .build();
    assertThat(touched(fleet, live)).isEqualTo(all);
    assertThat(touched(fleet, shadow)).as("it only looks").isZero();
    assertThat(ordered(fleet, shadow)).as("its script runs all the same").isEqualTo(all);
    fleet.apply(shadow);
    mine.setEveryMs(9_000).clearTypes();
    assertThat(touched(fleet, SPEC.toBuilder().addWatchdogs(mine).build()))
        .as("those it had")
        .isEqualTo(all);
  }

  @Test
  void whoHasLeftForGoodIsNotTouchedAndWhoComesIs() {
    State state = new State();
    state.put(new Change(Table.FLEET, Change.ONLY, SPEC.toBuilder().clearMachines().build()));
    for (Lifecycle each : List.of(Lifecycle.IN_SERVICE, Lifecycle.DECOMMISSIONED)) {
      Machine machine =
          Machine.newBuilder()
              .setName(each == Lifecycle.IN_SERVICE ? "here" : "gone")
              .setType("frontend")
              .setInInventory(true)
              .setLifecycle(each)
              .build();
      state.put(new Change(Table.MACHINE, machine.getName(), machine));
    }
    Fleet wanted =
        SPEC.toBuilder()
            .setReportEveryMs(9_000)
            .clearMachines()
            .addMachines(InventoryMachine.newBuilder().setName("gone").setType("frontend"))
            .addMachines(InventoryMachine.newBuilder().setName("here").setType("frontend"))
            .addMachines(InventoryMachine.newBuilder().setName("new").setType("frontend"))
            .build();
    assertThat(FleetDiff.machinesTouched(state, wanted, FleetDiff.of(state, wanted))).isEqualTo(3);
  }

  private static int touched(FleetScenario fleet, Fleet wanted) {
    return FleetDiff.machinesTouched(fleet.state, wanted, FleetDiff.of(fleet.state, wanted));
  }

  private static int ordered(FleetScenario fleet, Fleet wanted) throws RefusedException {
    return OrderCount.of(
            fleet.state,
            Command.newBuilder().setApplyFleet(ApplyFleet.newBuilder().setFleet(wanted)).build())
        .orElseThrow()
        .machines();
  }
}
