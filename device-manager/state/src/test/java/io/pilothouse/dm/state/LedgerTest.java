package io.pilothouse.dm.state;

import static org.assertj.core.api.Assertions.assertThat;

import io.pilothouse.api.log.v1.Command;
import io.pilothouse.api.log.v1.SetFreeze;
import io.pilothouse.api.v1.BudgetLine;
import io.pilothouse.api.v1.Budgets;
import io.pilothouse.api.v1.Condition;
import io.pilothouse.api.v1.DeviceKind;
import io.pilothouse.api.v1.Fleet;
import io.pilothouse.api.v1.Limit;
import io.pilothouse.api.v1.Machine;
import io.pilothouse.api.v1.Repair;
import io.pilothouse.api.v1.Severity;
import io.pilothouse.api.v1.VerdictKind;
import io.pilothouse.api.v1.Veto;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** One ledger, every domain of a machine at once. */
class LedgerTest {
  private static final List<String> ALL =
      List.of("web-01", "web-02", "web-03", "web-04", "web-05", "web-06", "web-07");

  @Test
  void percentLimitsOfTinyDomainsAllowOneMachine() {
    FleetScenario fleet =
        FleetScenario.inService(
            spec(
                Budgets.newBuilder()
                    .setFleet(percent(5))
                    .setUnit(percent(10))
                    .setRack(percent(20))
                    .setType(percent(5))));
    assertThat(Budget.usage(fleet.state).values()).extracting(Budget.Usage::limit).containsOnly(1);
  }

  @Test
  void allDomainsBindAtOnceAndAreNamedInOrder() {
    FleetScenario fleet =
        FleetScenario.inService(
            spec(
                Budgets.newBuilder()
                    .setFleet(absolute(1))
                    .setUnit(absolute(7))
                    .setRack(absolute(1))
                    .setSwitch(absolute(1))
                    .setFeed(absolute(7))
                    .setType(absolute(1))));
    breaks(fleet, "web-01", "web-03");
    assertThat(fleet.repairOf("web-01").getState()).isEqualTo(Repair.State.READY);
    // in the same rack, switch, feed; another unit
    assertThat(fleet.repairOf("web-03").getVetoesList())
        .extracting(Veto::getDomain)
        .containsExactly("fleet", "rack/odd", "switch/sw1", "type/frontend");
    assertThat(fleet.repairOf("web-03").getVetoesList())
        .extracting(Veto::getSentence)
        .contains("the budget of rack/odd is spent: 1 of 1 machines are taken");
  }

  @Test
  void everyDomainIsShownWithWhatWaitsInIt() {
    FleetScenario fleet =
        FleetScenario.inService(
            spec(
                Budgets.newBuilder()
                    .setFleet(absolute(3))
                    .setUnit(absolute(3))
                    .setRack(absolute(1))
                    .setType(absolute(3))
                    .setSwitch(absolute(3))
                    .setFeed(absolute(3))));
    breaks(fleet, "web-03", "web-05");
    TreeMap<String, BudgetLine> lines = new TreeMap<>();
    BudgetView.lines(fleet.state).forEach(each -> lines.put(each.getDomain(), each));
    assertThat(lines)
        .containsOnlyKeys(
            "feed/f1",
            "fleet",
            "rack/even",
            "rack/odd",
            "switch/sw1",
            "type/frontend",
            "unit/canary",
            "unit/su-1");
    assertThat(lines.get("rack/odd"))
        .isEqualTo(
            BudgetLine.newBuilder()
                .setDomain("rack/odd")
                .setLimit(1)
                .setTaken(1)
                .setLost(1)
                .setWaiting(1)
                .build());
    assertThat(lines.get("rack/even").getWaiting()).isZero();
    assertThat(lines.get("fleet").getWaiting()).isEqualTo(1);
  }

  @Test
  void aRepairThatItsRackBlocksBlocksNoOther() {
    FleetScenario fleet =
        FleetScenario.inService(
            spec(
                Budgets.newBuilder()
                    .setFleet(absolute(5))
                    .setUnit(absolute(5))
                    .setRack(absolute(1))
                    .setType(absolute(5))
                    .setSwitch(absolute(5))
                    .setFeed(absolute(5))));
    breaks(fleet, "web-01", "web-03", "web-02");
    assertThat(fleet.repairOf("web-03").getState()).isEqualTo(Repair.State.WAITING);
    assertThat(fleet.repairOf("web-02").getState()).isEqualTo(Repair.State.READY);
  }

  @Test
  void aMachineWithoutARackHasNoRacksBudget() {
    Machine machine = Machine.newBuilder().setName("m").setType("t").setScaleUnit("u").build();
    assertThat(Domains.of(machine)).containsExactly("fleet", "unit/u", "type/t");
  }

  @Test
  void aSwitchIsNoMemberOfWhatIsMadeOfTheMachinesBehindIt() {
    Machine device =
        Machine.newBuilder()
            .setName("sw1")
            .setKind(DeviceKind.DEVICE_SWITCH)
            .setType("tor")
            .setScaleUnit("su-1")
            .setRack("r1")
            .setSwitch("sw1")
            .setFeed("f1")
            .build();
    assertThat(Domains.of(device)).containsExactly("fleet", "feed/f1", "type/tor");
  }

  @Test
  void theQueueHasOneOrderWhateverTheOrderOfFailing() {
    List<List<String>> orders =
        List.of(
            List.of("web-04", "web-03", "web-06", "web-05"),
            List.of("web-05", "web-06", "web-03", "web-04"));
    List<List<String>> admitted = new ArrayList<>();
    for (List<String> order : orders) {
      FleetScenario fleet = FleetScenario.inService(one());
      fleet.machine("web-07").reports(VerdictKind.ERROR, "disk", Severity.FATAL);
      fleet.passes(Duration.ofMillis(1));
      breaks(fleet, order.toArray(String[]::new));
      fleet.machine("web-02").reports(VerdictKind.ERROR, "disk", Severity.FATAL);
      admitted.add(
          fleet.state.indexes().repairs.waiting().stream().map(WaitingPlace::machine).toList());
    }
    assertThat(admitted.get(0))
        .containsExactly("web-02", "web-03", "web-04", "web-05", "web-06")
        .isEqualTo(admitted.get(1));
  }

  @Test
  void afterAFreezeOfDaysTheReleasedWorkFlowsAtTheBudgetsPace() {
    FleetScenario fleet = FleetScenario.inService(one());
    fleet.sends(Command.newBuilder().setSetFreeze(SetFreeze.newBuilder().setFrozen(true)));
    breaks(fleet, "web-01", "web-03", "web-04", "web-05", "web-06");
    fleet.passes(Duration.ofDays(4));
    assertThat(ready(fleet)).isEmpty();
    // two mended themselves meanwhile, and say so again in Probation: the freeze stops no reports
    fleet.machine("web-05").reportsOk().reportsOk();
    fleet.machine("web-06").reportsOk().reportsOk();
    fleet.sends(Command.newBuilder().setSetFreeze(SetFreeze.newBuilder().setFrozen(false)));
    List<String> done = new ArrayList<>();
    while (!ready(fleet).isEmpty()) {
      assertThat(ready(fleet)).hasSize(1);
      String next = ready(fleet).get(0);
      fleet.repairService().claims(next).executes(next).hasExecuted(next);
      fleet.machine(next).boots("disk").reportsOk();
      fleet.passes(QuickFleet.QUIET);
      fleet.machine(next).is(Condition.HEALTHY);
      done.add(next);
      assertThat(done).hasSizeLessThan(10);
    }
    assertThat(done).containsExactly("web-01", "web-03", "web-04");
    ALL.forEach(each -> fleet.machine(each).is(Condition.HEALTHY));
  }

  private static List<String> ready(FleetScenario fleet) {
    return fleet.state.repairs().stream()
        .filter(each -> each.getState() == Repair.State.READY)
        .map(Repair::getMachine)
        .toList();
  }

  /** Twice in error: the second time a Reboot is due, which needs the budget. */
  private static void breaks(FleetScenario fleet, String... machines) {
    for (int i = 0; i < 2; i++) {
      for (String each : machines) {
        fleet.machine(each).reports(VerdictKind.ERROR, "disk");
      }
      fleet.passes(i == 0 ? QuickFleet.CONFIRM : QuickFleet.PROBATION_MAX);
    }
  }

  private static Fleet one() {
    return spec(
        Budgets.newBuilder()
            .setFleet(absolute(1))
            .setUnit(absolute(9))
            .setRack(absolute(9))
            .setSwitch(absolute(9))
            .setFeed(absolute(9))
            .setType(absolute(9)));
  }

  private static Fleet spec(Budgets.Builder budgets) {
    Fleet.Builder spec = QuickFleet.withoutIncidents().toBuilder().setBudgets(budgets);
    for (int i = 0; i < spec.getMachinesCount(); i++) {
      spec.getMachinesBuilder(i)
          .setRack(i % 2 == 0 ? "odd" : "even")
          .setSwitch("sw1")
          .setFeed("f1");
    }
    return spec.build();
  }

  private static Limit percent(int percent) {
    return Limit.newBuilder().setPercent(percent).build();
  }

  private static Limit absolute(int machines) {
    return Limit.newBuilder().setAbsolute(machines).build();
  }
}
