package io.pilothouse.dm.state;

import static org.assertj.core.api.Assertions.assertThat;

import io.pilothouse.api.log.v1.Command;
import io.pilothouse.api.log.v1.ControlRollout;
import io.pilothouse.api.log.v1.UpdateOffers;
import io.pilothouse.api.v1.Fleet;
import io.pilothouse.api.v1.Lifecycle;
import io.pilothouse.api.v1.MachineConsent;
import io.pilothouse.api.v1.OfferAgent;
import io.pilothouse.api.v1.Provisioning;
import io.pilothouse.api.v1.Rollout;
import io.pilothouse.api.v1.RolloutUnit;
import io.pilothouse.api.v1.Thing;
import io.pilothouse.api.v1.VersionRef;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A rollout of an image takes machines from frameworks as a repair does: announced, with time. */
class ImageRolloutOffersTest {
  private static final VersionRef NEW = FleetScenario.version("base", "2.0.0");
  private static final Duration DELAY = Duration.ofMinutes(2);
  private static final Duration SOAK = Duration.ofSeconds(30);
  private static final int MONDAY = 0b000_0001;

  /** Machines that run tasks of frameworks at most: no manifest of their own. */
  private final RolloutScenario rollouts =
      RolloutScenario.of(offering()).registers(NEW, Thing.THING_IMAGE);

  private String rollout = "";

  private static Fleet offering() {
    Fleet.Builder fleet = OffersTest.offering().toBuilder();
    fleet.getTypesBuilder(0).getOffersBuilder().setDelayMs(DELAY.toMillis());
    fleet.getRolloutPoliciesBuilder(0).setSoakMs(SOAK.toMillis());
    return fleet.build();
  }

  private void sends(UpdateOffers.Builder update) {
    update.setLeaseToken(rollouts.fleet.lease("scheduler", "s-1"));
    rollouts.fleet.sends(Command.newBuilder().setUpdateOffers(update));
  }

  private void begins() {
    rollouts.agents.isOff("web-01");
    rollout = rollouts.starts(NEW);
    rollouts.until(rollout, "canary", RolloutUnit.State.UNIT_ACTIVATING, Duration.ofMinutes(5));
    assertThat(rollouts.fleet.show("web-01").getLifecycle()).isEqualTo(Lifecycle.PROVISIONING);
  }

  private void beginsWithAnAgentThere() {
    sends(
        UpdateOffers.newBuilder()
            .addAgents(OfferAgent.newBuilder().setMachine("web-01").setId("a-1")));
    begins();
  }

  private void says(int frameworks, String... declined) {
    sends(
        UpdateOffers.newBuilder()
            .addConsents(
                MachineConsent.newBuilder()
                    .setMachine("web-01")
                    .setTakenBy("rollout")
                    .setFrameworks(frameworks)
                    .setDeclined(declined.length)
                    .addAllDeclinedNames(List.of(declined))));
  }

  private Provisioning.Step step() {
    return rollouts.fleet.show("web-01").getProvisioning().getStep();
  }

  private Offerability.Answer answer() {
    return answer("web-01");
  }

  private Offerability.Answer answer(String machine) {
    return new Offerability(rollouts.fleet.state).of(rollouts.fleet.show(machine)).orElseThrow();
  }

  private long since(Duration more) {
    return rollouts.show(rollout).getSince() + more.toMillis();
  }

  private long in(Duration time) {
    return rollouts.fleet.now().plus(time).toEpochMilli();
  }

  @Test
  void tasksHaveTheTimeOfTheDrainAndFrameworksAreToldWhenItEnds() {
    beginsWithAnAgentThere();
    assertThat(step()).isEqualTo(Provisioning.Step.MATCHED);
    assertThat(answer().takenBy()).isEqualTo("rollout");
    assertThat(answer().takenAt()).isEqualTo(in(QuickFleet.DRAIN));

    says(2);
    rollouts.fleet.passes(QuickFleet.DRAIN.minusSeconds(1));
    assertThat(step()).isEqualTo(Provisioning.Step.MATCHED);

    rollouts.fleet.passes(Duration.ofSeconds(1));
    assertThat(step()).as("nobody blocks it").isEqualTo(Provisioning.Step.POWERING);
  }

  @Test
  void itEndsAsSoonAsNothingOfTheirsRunsThere() throws Exception {
    beginsWithAnAgentThere();
    says(1);
    assertThat(step()).isEqualTo(Provisioning.Step.MATCHED);
    var why = Explainer.explain(rollouts.fleet.state, "machine", "web-01", rollouts.fleet.now());
    assertThat(why.getNextWhat()).startsWith("its processes and the tasks of frameworks end");
    assertThat(why.getEvidenceList()).anyMatch(each -> each.contains("1 framework has tasks on"));

    says(0);
    assertThat(step()).isEqualTo(Provisioning.Step.POWERING);
  }

  @Test
  void aDeclineProlongsItOnce() {
    beginsWithAnAgentThere();
    long until = in(QuickFleet.DRAIN.plus(DELAY));
    says(2, "batch");
    assertThat(answer().takenAt()).isEqualTo(until);
    says(2, "batch", "web");
    assertThat(answer().takenAt()).isEqualTo(until);

    rollouts.fleet.passes(QuickFleet.DRAIN.plus(DELAY).minusSeconds(1));
    assertThat(step()).isEqualTo(Provisioning.Step.MATCHED);

    rollouts.fleet.passes(Duration.ofSeconds(1));
    assertThat(step()).isEqualTo(Provisioning.Step.POWERING);
  }

  @Test
  void whereNoSchedulerHasAnAgentNothingIsWaitedFor() {
    begins();
    assertThat(step()).isEqualTo(Provisioning.Step.POWERING);
  }

  @Test
  void aMachineThatIsNotHeardOfIsNotWaitedFor() {
    beginsWithAnAgentThere();
    says(0);
    rollouts.agents.isOn("web-01");
    for (int i = 0; i < 300 && isAway(); i++) {
      rollouts.agents.work(Duration.ofSeconds(1));
    }
    assertThat(isAway()).isFalse();
    rollouts.agents.isOff("web-01");
    rollouts.fleet.machine("web-01").losesPower();

    rollouts.orders(rollout, ControlRollout.Verb.ROLL_BACK);

    assertThat(step()).isEqualTo(Provisioning.Step.POWERING);
  }

  private boolean isAway() {
    return rollouts.fleet.show("web-01").getLifecycle() != Lifecycle.IN_SERVICE;
  }

  @Test
  void itIsTakenUntilItIsBack() {
    beginsWithAnAgentThere();
    says(0);
    long begun = rollouts.fleet.show("web-01").getProbationSince();
    rollouts.agents.isOn("web-01");
    for (int i = 0; i < 300 && step() != Provisioning.Step.BURNING_IN; i++) {
      rollouts.agents.work(Duration.ofSeconds(1));
      assertThat(answer().takenAt()).isEqualTo(begun);
    }
    assertThat(step()).isEqualTo(Provisioning.Step.BURNING_IN);

    rollouts.until(rollout, "canary", RolloutUnit.State.PASSED, Duration.ofMinutes(9));
    assertThat(answer().takenAt()).isZero();
    assertThat(answer().takenBy()).isEmpty();
    assertThat(answer().whyNot()).isEmpty();
  }

  @Test
  void aRollBackMeanwhileLeavesThemTheirTime() {
    beginsWithAnAgentThere();
    long until = answer().takenAt();
    says(1);
    rollouts.fleet.passes(Duration.ofSeconds(5));

    rollouts.orders(rollout, ControlRollout.Verb.ROLL_BACK);

    assertThat(step()).isEqualTo(Provisioning.Step.MATCHED);
    assertThat(answer().takenAt()).isEqualTo(until);
    says(0);
    assertThat(step()).isEqualTo(Provisioning.Step.POWERING);
  }

  @Test
  void machinesOfLaterUnitsAreOfferedWithTheTimeBeforeWhichItDoesNotTakeThem() {
    assertThat(answer("web-03").plannedAt()).isZero();
    rollout = rollouts.starts(NEW);
    rollouts.until(rollout, Rollout.State.ACTIVATING, Duration.ofMinutes(5));
    assertThat(answer("web-03").whyNot()).isEmpty();
    assertThat(answer("web-03").plannedAt()).isEqualTo(since(QuickFleet.QUIET.plus(SOAK)));
    assertThat(answer("web-01").plannedAt()).as("it is taken").isZero();

    rollouts.until(rollout, Rollout.State.SOAKING, Duration.ofMinutes(5));
    assertThat(answer("web-03").plannedAt()).isEqualTo(since(SOAK));
    assertThat(answer("web-01").plannedAt()).as("it has it").isZero();

    rollouts.orders(rollout, ControlRollout.Verb.PAUSE);
    assertThat(answer("web-03").plannedAt()).as("nobody knows").isZero();
    rollouts.orders(rollout, ControlRollout.Verb.RESUME);
    rollouts.until(rollout, Rollout.State.COMPLETED, Duration.ofMinutes(30));
    assertThat(new Offerability(rollouts.fleet.state).all())
        .allMatch(each -> each.plannedAt() == 0);
  }

  @Test
  void theyAreOfferedUntilItsWindowOpens() {
    Fleet.Builder fleet = offering().toBuilder();
    fleet.getRolloutPoliciesBuilder(0).addWindows(WindowsTest.window(MONDAY, 120, 180));
    rollouts.fleet.apply(fleet.build());
    rollout = rollouts.starts(NEW);
    rollouts.until(rollout, Rollout.State.ACTIVATING, Duration.ofMinutes(5));

    long opens = Instant.parse("2026-03-02T02:00:00Z").toEpochMilli();
    assertThat(answer("web-01").whyNot()).isEmpty();
    assertThat(answer("web-01").plannedAt()).isEqualTo(opens);
    assertThat(answer("web-03").plannedAt())
        .isEqualTo(opens + QuickFleet.QUIET.plus(SOAK).toMillis());
  }

  @Test
  void whatKeepsTasksRunningIsNotPlanned() {
    rollouts.starts(RolloutScenario.V1);
    for (int i = 0; i < 10; i++) {
      rollouts.agents.work(Duration.ofSeconds(1));
      assertThat(answer("web-07").plannedAt()).isZero();
    }
  }
}
