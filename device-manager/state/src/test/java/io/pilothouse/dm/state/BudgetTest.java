package io.pilothouse.dm.state;

import static org.assertj.core.api.Assertions.assertThat;

import io.pilothouse.api.v1.Action;
import io.pilothouse.api.v1.Budgets;
import io.pilothouse.api.v1.Condition;
import io.pilothouse.api.v1.Fleet;
import io.pilothouse.api.v1.Limit;
import io.pilothouse.api.v1.Machine;
import io.pilothouse.api.v1.Repair;
import io.pilothouse.api.v1.Severity;
import io.pilothouse.api.v1.VerdictKind;
import io.pilothouse.api.v1.Veto;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** How many machines may be away at once, and who waits. Two of su-1, three of the fleet. */
class BudgetTest {
  private static final List<String> SU_1 = List.of("web-03", "web-04", "web-05", "web-06");

  private final FleetScenario fleet = FleetScenario.inService(QuickFleet.withoutIncidents());

  @ParameterizedTest
  @CsvSource({
    "5, 0, 12, 5",
    "0, 5, 12, 1",
    "0, 5, 19, 1",
    "0, 5, 20, 1",
    "0, 5, 40, 2",
    "0, 33.3, 1000, 333",
    "0, 0.01, 1000, 1",
    "0, 0.29, 100000, 290",
    "0, 100, 7, 7",
    "3, 50, 100, 3",
  })
  void percentIsRoundedDownButAtLeastOne(int absolute, double percent, int machines, int limit) {
    Limit given = Limit.newBuilder().setAbsolute(absolute).setPercent(percent).build();
    assertThat(Policies.limit(given, machines)).isEqualTo(limit);
  }

  @Test
  void budgetsThatAreNotGivenAreFiveAndTenPercent() {
    Fleet.Builder spec = QuickFleet.spec().toBuilder().setBudgets(Budgets.getDefaultInstance());
    for (int i = 10; i < 90; i++) {
      spec.addMachines(QuickFleet.machine("big-" + i, "su-1", 1).toBuilder().clearMac());
    }
    fleet.apply(spec.build());
    for (int i = 10; i < 90; i++) {
      fleet.machine("big-" + i).isDiscovered();
    }
    assertThat(Budget.usage(fleet.state).get("fleet").limit()).isEqualTo(87 * 5 / 100);
    assertThat(Budget.usage(fleet.state).get("unit/su-1").limit()).isEqualTo(85 * 10 / 100);
    assertThat(Budget.usage(fleet.state).get("unit/canary").limit()).isEqualTo(1);
  }

  @Test
  void repairsBeyondTheLimitWaitAndSayForWhat() {
    failTogether();
    assertThat(states()).containsExactly("READY", "READY", "WAITING", "WAITING");
    Veto veto = fleet.repairOf("web-05").getVetoes(0);
    assertThat(veto.getKind()).isEqualTo("budget");
    assertThat(veto.getDomain()).isEqualTo("unit/su-1");
    assertThat(veto.getSentence())
        .isEqualTo("the budget of unit/su-1 is spent: 2 of 2 machines are taken");
  }

  @Test
  void slotIsFreeAgainOnlyWhenTheMachineIsHealthy() {
    failTogether();
    fleet.repairService().claims("web-03").executes("web-03").hasExecuted("web-03");
    fleet.machine("web-03").boots("disk");
    assertThat(fleet.repairOf("web-05").getState()).isEqualTo(Repair.State.WAITING);

    fleet.machine("web-03").reportsOk();
    fleet.passes(QuickFleet.QUIET);

    fleet.machine("web-03").is(Condition.HEALTHY);
    assertThat(fleet.repairOf("web-05").getState()).isEqualTo(Repair.State.READY);
    assertThat(fleet.repairOf("web-06").getState()).isEqualTo(Repair.State.WAITING);
  }

  @Test
  void fatalFaultsGoFirst() {
    failTogether();
    fleet.machine("web-07").reports(VerdictKind.ERROR, "disk", Severity.FATAL);
    assertThat(fleet.repairOf("web-07").getAction()).isEqualTo(Action.REPLACE);
    assertThat(fleet.repairOf("web-07").getState()).isEqualTo(Repair.State.WAITING);

    fleet.repairService().claims("web-03").executes("web-03").hasExecuted("web-03");
    fleet.machine("web-03").boots("disk").reportsOk();
    fleet.passes(QuickFleet.QUIET);

    assertThat(fleet.repairOf("web-07").getState()).isEqualTo(Repair.State.READY);
    assertThat(fleet.repairOf("web-05").getState()).isEqualTo(Repair.State.WAITING);
  }

  @Test
  void unitsShareTheFleetsBudget() {
    failTogether();
    for (String name : List.of("web-01", "web-02")) {
      fleet.machine(name).reports(VerdictKind.ERROR, "disk", Severity.FATAL);
    }
    fleet.passes(QuickFleet.CONFIRM);
    assertThat(Budget.usage(fleet.state).get("fleet")).isEqualTo(new Budget.Usage(3, 3, 3));
    assertThat(fleet.repairOf("web-01").getState()).isEqualTo(Repair.State.READY);
    assertThat(fleet.repairOf("web-02").getVetoes(0).getDomain()).isEqualTo("fleet");
  }

  @Test
  void lostMachinesHoldBackRolloutsAndMaintenanceButNoRepair() {
    fleet.machine("web-03").failsOnce("disk");
    fleet.machine("web-04").failsOnce("disk");
    assertThat(Budget.usage(fleet.state).get("unit/su-1")).isEqualTo(new Budget.Usage(2, 0, 2));

    Machine web05 = fleet.show("web-05");
    assertThat(Budget.veto(fleet.state, web05, Budget.Purpose.ROLLOUT)).isPresent();
    assertThat(Budget.veto(fleet.state, web05, Budget.Purpose.MAINTENANCE)).isPresent();
    assertThat(Budget.veto(fleet.state, web05, Budget.Purpose.REPAIR)).isEmpty();
  }

  @Test
  void limitThatIsLoweredTakesNothingBackAndAddsNothing() {
    failTogether();
    Fleet.Builder spec = QuickFleet.spec().toBuilder();
    spec.getBudgetsBuilder().setUnit(Limit.newBuilder().setAbsolute(1));
    Budget.Usage before = Budget.usage(fleet.state).get("unit/su-1");

    fleet.apply(spec.build());

    assertThat(Budget.usage(fleet.state).get("unit/su-1").taken()).isEqualTo(before.taken());
    assertThat(Invariants.check(fleet.state)).singleElement().asString().startsWith("1 taken");
    assertThat(Invariants.check(fleet.state, Budget.usage(fleet.state))).isEmpty();
  }

  private void failTogether() {
    SU_1.forEach(each -> fleet.machine(each).reports(VerdictKind.ERROR, "disk"));
    fleet.passes(QuickFleet.CONFIRM);
    SU_1.forEach(each -> fleet.machine(each).reports(VerdictKind.ERROR, "disk"));
    fleet.passes(QuickFleet.PROBATION_MAX);
  }

  private List<String> states() {
    return SU_1.stream().map(each -> fleet.repairOf(each).getState().name()).toList();
  }
}
