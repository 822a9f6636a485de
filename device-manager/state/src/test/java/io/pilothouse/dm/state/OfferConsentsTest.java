package io.pilothouse.dm.state;

import static org.assertj.core.api.Assertions.assertThat;

import io.pilothouse.api.log.v1.Command;
import io.pilothouse.api.log.v1.DrainMachine;
import io.pilothouse.api.log.v1.ReleaseLease;
import io.pilothouse.api.log.v1.UndrainMachine;
import io.pilothouse.api.log.v1.UpdateOffers;
import io.pilothouse.api.v1.Fleet;
import io.pilothouse.api.v1.Lifecycle;
import io.pilothouse.api.v1.MachineConsent;
import io.pilothouse.api.v1.OfferAgent;
import io.pilothouse.api.v1.Repair;
import io.pilothouse.api.v1.Severity;
import io.pilothouse.api.v1.VerdictKind;
import io.pilothouse.api.v1.VersionRef;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;

/** What frameworks say to a machine's being taken shortens its drain, or prolongs it once. */
class OfferConsentsTest {
  private static final VersionRef WEB = FleetScenario.version("web", "1.0.0");
  private static final Duration DELAY = Duration.ofMinutes(2);
  private static final Duration MAINTENANCE = Duration.ofMinutes(1);

  private final FleetScenario fleet = FleetScenario.inService(offering(DELAY));
  private final FakeMachine web03 = fleet.machine("web-03");

  private static Fleet offering(Duration delay) {
    Fleet.Builder fleet = OffersTest.offering().toBuilder();
    fleet.getTypesBuilder(0).getOffersBuilder().setDelayMs(delay.toMillis());
    return fleet.build();
  }

  private UpdateOffers.Builder update() {
    return UpdateOffers.newBuilder().setLeaseToken(fleet.lease("scheduler", "s-1"));
  }

  private static Command.Builder of(UpdateOffers.Builder update) {
    return Command.newBuilder().setUpdateOffers(update);
  }

  private MachineConsent.Builder consent(int frameworks, int agreed, String... declined) {
    return MachineConsent.newBuilder()
        .setMachine("web-03")
        .setTakenBy("repair/" + fleet.show("web-03").getRepairId())
        .setFrameworks(frameworks)
        .setAgreed(agreed)
        .setDeclined(declined.length)
        .addAllDeclinedNames(java.util.List.of(declined));
  }

  private void says(MachineConsent.Builder consent) {
    fleet.sends(of(update().addConsents(consent)));
  }

  private void says(int frameworks, int agreed, String... declined) {
    says(consent(frameworks, agreed, declined));
  }

  private void saysOfTheDrain(int frameworks, int agreed, String... declined) {
    says(consent(frameworks, agreed, declined).setTakenBy("drain"));
  }

  /** A scheduler has an agent there. */
  private void hasAnAgent() {
    fleet.sends(of(update().addAgents(OfferAgent.newBuilder().setMachine("web-03").setId("a-1"))));
  }

  private FakeRepairService claimed() {
    hasAnAgent();
    web03.failsOnce("disk").failsAgain("disk");
    FakeRepairService service = fleet.repairService().claims("web-03");
    assertThat(repair().getState()).isEqualTo(Repair.State.REPAIR_DRAINING);
    return service;
  }

  private Repair repair() {
    return fleet.repairOf("web-03");
  }

  private Instant deadline() {
    return Instant.ofEpochMilli(repair().getDeadline());
  }

  private boolean inTheTrail(String text) {
    return fleet.state.audit().stream()
        .anyMatch(each -> each.getMachine().equals("web-03") && each.getText().contains(text));
  }

  private String explained() throws Exception {
    var why = Explainer.explain(fleet.state, "machine", "web-03", fleet.now());
    return why.getSentence() + why.getEvidenceList() + why.getNextWhat();
  }

  // ---- repairs

  @Test
  void tasksOfFrameworksHaveTheTimeOfTheDrainAlsoWhereNothingElseRuns() throws Exception {
    FakeRepairService service = claimed();
    assertThat(deadline()).isEqualTo(fleet.now().plus(QuickFleet.DRAIN));
    assertThat(explained())
        .contains("it goes on when the tasks of frameworks on web-03 have ended, or then")
        .contains("no scheduler has said yet what frameworks have on it");
    assertThat(fleet.isRefused(service.report(repair(), Repair.State.EXECUTING)).getMessage())
        .contains("have until");

    fleet.passes(QuickFleet.DRAIN);

    assertThat(repair().getDrained()).as("whoever says nothing").isTrue();
    service.executes("web-03");
  }

  @Test
  void itEndsAsSoonAsNothingOfTheirsRunsThere() throws Exception {
    claimed();
    says(2, 1);
    assertThat(repair().getDrained()).isFalse();
    assertThat(explained())
        .contains("2 frameworks have tasks on it, 1 of them agree to its being taken");

    fleet.passes(Duration.ofSeconds(5));
    says(0, 0);

    assertThat(repair().getDrained()).isTrue();
    assertThat(inTheTrail("drained: its processes have stopped, and nothing of frameworks"))
        .isTrue();
    assertThat(new Offerability(fleet.state).of(fleet.show("web-03")).orElseThrow().takenAt())
        .as("its time has come, if later than thought")
        .isLessThanOrEqualTo(fleet.now().toEpochMilli());
  }

  @Test
  void theProcessesOfItsManifestAreWaitedForToo() {
    hasAnAgent();
    web03.failsOnce("disk").failsAgain("disk").runs(WEB);
    fleet.repairService().claims("web-03");
    says(0, 0);
    assertThat(repair().getDrained()).isFalse();

    web03.runs(VersionRef.getDefaultInstance());

    assertThat(repair().getDrained()).isTrue();
  }

  @Test
  void whatIsSaidBeforeTheClaimCountsThen() {
    hasAnAgent();
    web03.failsOnce("disk").failsAgain("disk");
    assertThat(repair().getState()).isEqualTo(Repair.State.READY);
    says(0, 0);

    fleet.repairService().claims("web-03");

    assertThat(repair().getState()).as("there is nothing to drain").isEqualTo(Repair.State.CLAIMED);
  }

  @Test
  void oneThatDeclinesProlongsItOnceAndThenItIsOver() throws Exception {
    claimed();
    Instant first = deadline();

    says(2, 1, "batch");

    assertThat(deadline()).isEqualTo(first.plus(DELAY));
    assertThat(inTheTrail("\"batch\" declined: its tasks have 2m longer, once, until ")).isTrue();
    assertThat(explained())
        .contains("1 of them agree to its being taken, and \"batch\" declined; that prolonged");
    assertThat(new Offerability(fleet.state).of(fleet.show("web-03")).orElseThrow().takenAt())
        .isEqualTo(first.plus(DELAY).toEpochMilli());

    says(2, 0, "batch", "web");
    assertThat(deadline()).as("once, whoever declines").isEqualTo(first.plus(DELAY));

    fleet.passes(QuickFleet.DRAIN.plus(DELAY));
    assertThat(repair().getDrained()).as("nobody blocks it").isTrue();
  }

  @Test
  void whoAgreedAndDeclinesAfterAllProlongsNothing() {
    claimed();
    Instant first = deadline();
    says(1, 0, "batch");
    says(1, 1);
    says(1, 0, "batch");
    assertThat(deadline()).isEqualTo(first.plus(DELAY));

    fleet.passes(QuickFleet.DRAIN.plus(DELAY));

    assertThat(repair().getDrained()).isTrue();
  }

  @Test
  void whoAcceptsTheLaterTimeHasItUntilNothingRunsAnyMore() {
    claimed();
    Instant first = deadline();
    says(2, 1, "batch");

    says(2, 2);
    assertThat(deadline()).as("by then, not now").isEqualTo(first.plus(DELAY));
    fleet.passes(QuickFleet.DRAIN.plusSeconds(5));
    assertThat(repair().getDrained()).isFalse();

    says(0, 0);
    assertThat(repair().getDrained()).isTrue();
  }

  @Test
  void whatIsUrgentLaterIsNotDelayedAnyMore() {
    claimed();
    says(1, 0, "batch");
    fleet.passes(QuickFleet.DRAIN.plusSeconds(5));
    assertThat(repair().getDrained()).isFalse();

    web03.reports(VerdictKind.ERROR, "disk", Severity.FATAL);
    fleet.passes(Duration.ofSeconds(1));

    assertThat(repair().getDrained()).isTrue();
    assertThat(inTheTrail("it is urgent by now: the delay ends")).isTrue();
  }

  @Test
  void aDelayThatTheOperatorTakesBackIsOver() {
    claimed();
    Instant first = deadline();
    says(1, 0, "batch");
    assertThat(deadline()).isEqualTo(first.plus(DELAY));

    fleet.apply(OffersTest.offering());
    fleet.passes(Duration.ofSeconds(1));

    assertThat(deadline()).isEqualTo(first);
  }

  @Test
  void withoutADelayOfItsTypeDecliningChangesNothing() {
    Fleet.Builder none = OffersTest.offering().toBuilder();
    fleet.apply(none.build());
    claimed();
    Instant first = deadline();

    says(1, 0, "batch");

    assertThat(deadline()).isEqualTo(first);
  }

  @Test
  void aFatalErrorIsNotDelayed() {
    hasAnAgent();
    web03.reports(VerdictKind.ERROR, "disk", Severity.FATAL);
    fleet.repairService().claims("web-03");
    assertThat(repair().getSeverity()).isEqualTo(Severity.FATAL);
    Instant first = deadline();

    says(1, 0, "batch");

    assertThat(deadline()).isEqualTo(first);
  }

  @Test
  void aMachineThatIsNotHeardOfIsNotWaitedForWhateverFrameworksSay() {
    claimed();
    says(1, 0, "batch");

    web03.losesPower();

    assertThat(repair().getDrained()).isTrue();
    assertThat(inTheTrail("it is no longer heard of")).isTrue();
  }

  @Test
  void withoutAnAgentOfASchedulerThereIsNothingToWaitFor() {
    web03.failsOnce("disk").failsAgain("disk");
    fleet.repairService().claims("web-03");

    assertThat(repair().getState()).isEqualTo(Repair.State.CLAIMED);
  }

  @Test
  void aLeaseThatIsLostBeginsTheDrainAnewWithTheTimeThatWasGivenAndNoMore() {
    FakeRepairService service = claimed();
    says(1, 0, "batch");
    Instant promised = deadline();
    fleet.sends(
        Command.newBuilder()
            .setReleaseLease(ReleaseLease.newBuilder().setRole("repair").setToken(service.token)));
    assertThat(repair().getState()).isEqualTo(Repair.State.READY);
    fleet.passes(Duration.ofSeconds(5));

    new FakeRepairService(fleet, "repair-2").claims("web-03");
    says(2, 0, "batch", "web");

    assertThat(deadline()).isEqualTo(promised);
  }

  @Test
  void whatIsSaidOfAnEarlierRepairOrOfNoneIsNothing() {
    says(MachineConsent.newBuilder().setMachine("web-03").setTakenBy("drain").setFrameworks(0));
    says(MachineConsent.newBuilder().setMachine("web-03").setFrameworks(0));
    says(MachineConsent.newBuilder().setMachine("none").setTakenBy("drain"));
    assertThat(fleet.show("web-03").hasConsent()).isFalse();
    claimed();

    says(consent(0, 0).setTakenBy("repair/R-999"));
    assertThat(repair().getDrained()).isFalse();

    says(0, 0);
    fleet.repairService().executes("web-03").hasExecuted("web-03");
    web03.boots("disk");
    assertThat(fleet.show("web-03").hasConsent()).as("it is over").isFalse();
  }

  @Test
  void whatMakesNoSenseIsRefused() {
    claimed();
    assertThat(fleet.isRefused(of(update().addConsents(consent(1, 1, "batch")))).getMessage())
        .isEqualTo(
            "of 1 frameworks on web-03 2 are said to have answered, and 1 names are given;"
                + " expected at most all of them, and at most 5 names");
    assertThat(
            fleet
                .isRefused(of(update().addConsents(consent(9, 0, "a", "b", "c", "d", "e", "f"))))
                .getMessage())
        .contains("6 names are given");
    assertThat(fleet.isRefused(of(update().addConsents(consent(-1, 0)))).getMessage())
        .startsWith("of 4294967295 frameworks");
    assertThat(fleet.refuses(offering(Duration.ofHours(25))).getMessage())
        .contains("delay: 90000000 ms; expected a duration up to 24h");
  }

  @Test
  void whatIsSaidTwiceIsOnce() {
    claimed();
    says(2, 1, "batch");
    Command.Builder again = of(update().addConsents(consent(2, 1, "batch")));
    fleet.passes(Duration.ofSeconds(1));
    long revision = fleet.show("web-03").getRevision();

    fleet.sends(again);

    assertThat(fleet.show("web-03").getRevision()).isEqualTo(revision);
  }

  // ---- maintenance

  private void drains() {
    hasAnAgent();
    fleet.sends(
        Command.newBuilder().setDrainMachine(DrainMachine.newBuilder().setMachine("web-03")));
  }

  private Lifecycle lifecycle() {
    return fleet.show("web-03").getLifecycle();
  }

  @Test
  void maintenanceWaitsForTasksAndBeginsWhenTheyHaveEnded() throws Exception {
    drains();
    assertThat(lifecycle()).isEqualTo(Lifecycle.DRAINING);
    assertThat(explained()).contains("the tasks of frameworks end for maintenance");
    saysOfTheDrain(1, 1);
    assertThat(lifecycle()).isEqualTo(Lifecycle.DRAINING);

    saysOfTheDrain(0, 0);

    assertThat(lifecycle()).isEqualTo(Lifecycle.MAINTENANCE);
    assertThat(fleet.show("web-03").hasConsent()).isFalse();
  }

  @Test
  void maintenanceIsDelayedOnceAndNoLonger() {
    drains();
    saysOfTheDrain(1, 0, "batch");
    assertThat(inTheTrail("\"batch\" declined: its tasks have 2m longer")).isTrue();

    fleet.passes(MAINTENANCE.plus(DELAY).minusSeconds(1));
    assertThat(lifecycle()).isEqualTo(Lifecycle.DRAINING);

    fleet.passes(Duration.ofSeconds(1));
    assertThat(lifecycle()).isEqualTo(Lifecycle.MAINTENANCE);
  }

  @Test
  void maintenanceGoesOnWhenThoseThatDeclinedAreGone() {
    drains();
    saysOfTheDrain(1, 0, "batch");
    fleet.passes(MAINTENANCE.plusSeconds(10));
    assertThat(lifecycle()).isEqualTo(Lifecycle.DRAINING);

    saysOfTheDrain(0, 0);

    assertThat(lifecycle()).isEqualTo(Lifecycle.MAINTENANCE);
  }

  @Test
  void whatWasSaidOfADrainThatWasTakenBackCountsForNoOther() {
    drains();
    saysOfTheDrain(1, 0, "batch");
    fleet.sends(
        Command.newBuilder().setUndrainMachine(UndrainMachine.newBuilder().setMachine("web-03")));
    web03.reportsOk();
    fleet.passes(QuickFleet.QUIET);

    drains();

    assertThat(lifecycle()).isEqualTo(Lifecycle.DRAINING);
    saysOfTheDrain(1, 0, "batch");
    fleet.passes(MAINTENANCE.plusSeconds(10));
    assertThat(lifecycle()).as("it has its own delay").isEqualTo(Lifecycle.DRAINING);
  }
}
