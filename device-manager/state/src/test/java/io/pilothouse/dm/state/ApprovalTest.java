package io.pilothouse.dm.state;

import static org.assertj.core.api.Assertions.assertThat;

import io.pilothouse.api.log.v1.Command;
import io.pilothouse.api.log.v1.DecideRepair;
import io.pilothouse.api.log.v1.Refusal;
import io.pilothouse.api.v1.Action;
import io.pilothouse.api.v1.ApprovalPolicy;
import io.pilothouse.api.v1.Condition;
import io.pilothouse.api.v1.Fleet;
import io.pilothouse.api.v1.Hold;
import io.pilothouse.api.v1.Limit;
import io.pilothouse.api.v1.Repair;
import io.pilothouse.api.v1.Severity;
import io.pilothouse.api.v1.VerdictKind;
import io.pilothouse.api.v1.Veto;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What waits for a person's word, and whose. One Replace an hour goes unasked. */
class ApprovalTest {
  private static final String ALICE = "operator/alice";
  private static final String BOB = "operator/bob";
  private static final Duration WINDOW = Duration.ofHours(1);

  private final FleetScenario fleet = FleetScenario.inService(spec());

  private static Fleet spec() {
    Fleet.Builder spec = QuickFleet.spec().toBuilder();
    spec.getBudgetsBuilder().setFleet(limit(7)).setUnit(limit(7));
    spec.setApprovals(
        ApprovalPolicy.newBuilder()
            .setDestructive(limit(1))
            .setWindowMs(WINDOW.toMillis())
            .setBlastRadius(limit(2)));
    return spec.build();
  }

  private static Limit limit(int machines) {
    return Limit.newBuilder().setAbsolute(machines).build();
  }

  @Test
  void moreReplacementsThanGoUnaskedWaitForAPerson() {
    breaks("web-03", "web-04");
    assertThat(state("web-03")).isEqualTo(Repair.State.READY);
    assertThat(state("web-04")).isEqualTo(Repair.State.WAITING);
    Veto veto = fleet.repairOf("web-04").getVetoes(0);
    assertThat(veto.getKind()).isEqualTo("approval");
    assertThat(veto.getSentence())
        .startsWith("1 ReImage and Replace began within 1h, as many as go unasked")
        .contains("pilot repair approve " + id("web-04"), "pilot repair deny " + id("web-04"));

    fleet.sends(ALICE, approve("web-04"));

    assertThat(state("web-04")).isEqualTo(Repair.State.READY);
    assertThat(fleet.repairOf("web-04").getApproval().getPrincipal()).isEqualTo(ALICE);
  }

  @Test
  void nobodyNeedsToSpeakOnceTheWindowIsOver() {
    breaks("web-03", "web-04", "web-05");
    fleet.passes(WINDOW);
    assertThat(List.of(state("web-04"), state("web-05")))
        .as("one an hour, not all at once")
        .containsExactlyInAnyOrder(Repair.State.READY, Repair.State.WAITING);
  }

  @Test
  void approvalByTheSamePersonBeyondTheBlastRadiusNeedsASecondOne() {
    breaks("web-03", "web-04", "web-05", "web-06");
    fleet.sends(ALICE, approve("web-04"));
    fleet.sends(ALICE, approve("web-05"));

    Refusal refusal = fleet.isRefused(approve("web-06"));
    assertThat(refusal.getCode()).isEqualTo(Refusal.Code.NOT_ALLOWED);
    assertThat(refusal.getMessage())
        .isEqualTo(
            "operator/alice approved 2 ReImage or Replace within 1h, as many as one person may");

    fleet.sends(BOB, approve("web-06"));
    assertThat(state("web-06")).isEqualTo(Repair.State.READY);
  }

  @Test
  void denialClosesTheRepairAndHoldsTheMachine() {
    breaks("web-03", "web-04");
    String denied = id("web-04");

    fleet.sends(BOB, deny("web-04"));

    Repair closed = fleet.state.repair(denied).orElseThrow();
    assertThat(closed.getState()).isEqualTo(Repair.State.FAILED);
    assertThat(closed.getOutcome()).isEqualTo("operator/bob denied it: as the test asks");
    assertThat(fleet.show("web-04").getHold().getReason())
        .isEqualTo("denied %s: as the test asks".formatted(denied));
    assertThat(fleet.repairOf("web-04").getVetoesList()).extracting(Veto::getKind).contains("hold");
    assertThat(fleet.repairOf("web-04").getAction())
        .as("what was denied was not tried: nothing stronger follows")
        .isEqualTo(Action.REPLACE);
    fleet.passes(Duration.ofDays(2));
    assertThat(state("web-04")).isEqualTo(Repair.State.WAITING);
  }

  @Test
  void denialLeavesAnothersHoldAndNamesBoth() {
    breaks("web-03", "web-04");
    fleet.machine("web-04").isHeldFor(Duration.ZERO);
    String denied = id("web-04");

    fleet.sends(BOB, deny("web-04"));

    Hold hold = fleet.show("web-04").getHold();
    assertThat(hold.getPrincipal()).isEqualTo(ALICE);
    assertThat(hold.getReason())
        .isEqualTo("as the test asks; operator/bob denied %s: as the test asks".formatted(denied));
  }

  @Test
  void denialOutlastsAHoldThatEndsByItself() {
    breaks("web-03", "web-04");
    fleet.machine("web-04").isHeldFor(Duration.ofHours(1));

    fleet.sends(BOB, deny("web-04"));

    fleet.passes(Duration.ofHours(2));
    Hold hold = fleet.show("web-04").getHold();
    assertThat(hold.getPrincipal()).isEqualTo(BOB);
    assertThat(hold.getReason())
        .contains("; operator/alice holds it until ")
        .endsWith("Z: as the test asks");
  }

  @Test
  void ofAnEscalatedRepairThePersonChoosesTheAction() {
    escalates("web-04");
    assertThat(fleet.repairOf("web-04").getVetoes(0).getSentence())
        .contains("Choose one: pilot repair approve")
        .contains("--action DoNothing|Reboot|ReImage|Replace");
    assertThat(fleet.isRefused(approve("web-04")).getRemedy()).contains("--action");

    fleet.sends(ALICE, approve("web-04", Action.REBOOT));

    Repair chosen = fleet.repairOf("web-04");
    assertThat(chosen.getState()).isEqualTo(Repair.State.READY);
    assertThat(chosen.getAction()).isEqualTo(Action.REBOOT);
    assertThat(chosen.getRule()).endsWith("; operator/alice chose Reboot");
    fleet.repairService().claims("web-04").executes("web-04").hasExecuted("web-04");
    fleet.machine("web-04").boots("disk").is(Condition.PROBATION);
  }

  @Test
  void personMayFindThatNothingNeedsToBeDone() {
    escalates("web-04");
    fleet.sends(ALICE, approve("web-04", Action.DO_NOTHING));
    fleet.machine("web-04").is(Condition.PROBATION);
  }

  @Test
  void repairThatDoesNotWaitForApprovalCannotBeDecided() {
    breaks("web-03");
    assertThat(fleet.isRefused(approve("web-03")).getMessage())
        .isEqualTo(id("web-03") + " is READY and does not wait for approval");
    assertThat(fleet.isRefused(decide("R-99")).getCode()).isEqualTo(Refusal.Code.NOT_FOUND);
  }

  @Test
  void onlyAnEscalatedRepairLetsThePersonChoose() {
    breaks("web-03", "web-04");
    assertThat(fleet.isRefused(approve("web-04", Action.REBOOT)).getMessage())
        .contains("is a Replace; only of an escalated repair does a person choose");
  }

  @Test
  void programsApproveNothingAndEveryDecisionHasAReason() {
    breaks("web-03", "web-04");
    var program = FleetScenario.request(approve("web-04"), "satellite/repair-1", "why not");
    assertThat(fleet.commit(List.of(program.build())).get(0).getRefusal().getCode())
        .isEqualTo(Refusal.Code.NOT_ALLOWED);
    var silent = FleetScenario.request(approve("web-04"), ALICE, " ");
    assertThat(fleet.commit(List.of(silent.build())).get(0).getRefusal().getMessage())
        .isEqualTo("an approval needs a reason for the audit trail");
  }

  @Test
  void approvalOvercomesNoOtherVeto() {
    fleet.machine("web-04").isHeldFor(Duration.ofMinutes(10));
    breaks("web-03", "web-04");
    fleet.sends(ALICE, approve("web-04"));
    assertThat(fleet.repairOf("web-04").getVetoesList())
        .extracting(Veto::getKind)
        .containsExactly("hold");
    fleet.passes(Duration.ofMinutes(10));
    assertThat(state("web-04")).isEqualTo(Repair.State.READY);
  }

  private void breaks(String... machines) {
    for (String each : machines) {
      fleet.machine(each).reports(VerdictKind.ERROR, "disk", Severity.FATAL);
    }
    fleet.passes(QuickFleet.CONFIRM);
  }

  private void escalates(String machine) {
    breaks(machine);
    FakeRepairService service = fleet.repairService();
    while (fleet.repairOf(machine).getAction() != Action.ESCALATE) {
      if (state(machine) == Repair.State.WAITING) {
        fleet.passes(WINDOW);
      }
      service = fleet.repairService();
      service.claims(machine).fails(machine);
    }
  }

  private Repair.State state(String machine) {
    return fleet.repairOf(machine).getState();
  }

  private String id(String machine) {
    return fleet.repairOf(machine).getId();
  }

  private Command.Builder approve(String machine) {
    return decide(id(machine));
  }

  private Command.Builder approve(String machine, Action action) {
    Command.Builder command = approve(machine);
    command.getDecideRepairBuilder().setAction(action);
    return command;
  }

  private Command.Builder deny(String machine) {
    Command.Builder command = approve(machine);
    command.getDecideRepairBuilder().setDeny(true);
    return command;
  }

  private static Command.Builder decide(String repair) {
    return Command.newBuilder().setDecideRepair(DecideRepair.newBuilder().setRepair(repair));
  }
}
