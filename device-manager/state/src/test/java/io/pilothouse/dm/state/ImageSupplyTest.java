package io.pilothouse.dm.state;

import static io.pilothouse.dm.state.RolloutScenario.CANARY;
import static io.pilothouse.dm.state.RolloutScenario.SU_1;
import static org.assertj.core.api.Assertions.assertThat;

import io.pilothouse.api.log.v1.ControlRollout;
import io.pilothouse.api.v1.Condition;
import io.pilothouse.api.v1.Lifecycle;
import io.pilothouse.api.v1.Machine;
import io.pilothouse.api.v1.Provisioning;
import io.pilothouse.api.v1.Rollout;
import io.pilothouse.api.v1.RolloutUnit;
import io.pilothouse.api.v1.Thing;
import io.pilothouse.api.v1.VersionRef;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Installers get images from deployment replicas: while none is up nobody is sent to one. */
class ImageSupplyTest {
  private static final Thing IMAGE = Thing.THING_IMAGE;
  private static final VersionRef OLD = FleetScenario.IMAGE;
  private static final VersionRef NEW = FleetScenario.version("base", "2.0.0");
  private static final Duration LONG = Duration.ofMinutes(30);
  private static final Duration HOURS = Duration.ofHours(2);

  private final RolloutScenario rollouts =
      RolloutScenario.running(policy -> policy.setDeadlineMs(3_600_000)).registers(NEW, IMAGE);
  private final FleetScenario fleet = rollouts.fleet;

  @Test
  void aRolloutWaitsAndNobodyFailsByIt() {
    String rollout = rollouts.starts(NEW);
    rollouts.until(rollout, "canary", RolloutUnit.State.UNIT_ACTIVATING, LONG);
    fleet.deployment(false);
    rollouts.agents.work(HOURS);

    rollouts.is(rollout, Rollout.State.ACTIVATING);
    assertThat(rollouts.show(rollout).getWaitingFor())
        .isEqualTo(
            "canary: web-02 (to be installed);"
                + " no deployment replica that is up holds all of base@2.0.0");
    assertThat(rollouts.show(rollout).getDeadline()).isZero();
    assertThat(step("web-01")).isEqualTo(Provisioning.Step.MATCHED);
    assertThat(
            MachineExplainer.explain(fleet.state, fleet.show("web-01"), fleet.now()).getSentence())
        .contains("no deployment replica that is up holds all of base@2.0.0");
    assertServes("web-02", OLD);

    fleet.deployment(true);
    assertThat(step("web-01")).isEqualTo(Provisioning.Step.POWERING);
    assertThat(fleet.show("web-01").getProvisioning().getAttempts()).isEqualTo(1);
    rollouts.until(rollout, Rollout.State.COMPLETED, LONG).have(SU_1, IMAGE, NEW);
  }

  @Test
  void theLastMachineOfAUnitIsWaitedForToo() {
    String rollout = rollouts.starts(NEW);
    rollouts.until(rollout, "su-1", RolloutUnit.State.UNIT_ACTIVATING, LONG);
    while (fleet.show("web-07").getLifecycle() == Lifecycle.IN_SERVICE) {
      rollouts.agents.work(Duration.ofSeconds(1));
    }
    fleet.deployment(false);
    assertThat(step("web-07")).isEqualTo(Provisioning.Step.MATCHED);
    rollouts.agents.work(HOURS);

    rollouts.is(rollout, Rollout.State.VERIFYING);
    assertThat(rollouts.show(rollout).getWaitingFor())
        .isEqualTo(
            "su-1: 1 of 5 not healthy: web-07 (PROVISIONING);"
                + " no deployment replica that is up holds all of base@2.0.0");
    fleet.deployment(true);
    rollouts.until(rollout, Rollout.State.COMPLETED, LONG).have(SU_1, IMAGE, NEW);
  }

  @Test
  void whatGoesBackServesOnUntilTheImageBeforeCanBeHad() {
    String rollout = rollouts.starts(NEW);
    rollouts.until(rollout, Rollout.State.COMPLETED, LONG);
    rollouts.orders(rollout, ControlRollout.Verb.ROLL_BACK);
    fleet.deployment(false);
    rollouts.agents.work(HOURS);

    rollouts.is(rollout, Rollout.State.ROLLING_BACK);
    assertThat(rollouts.show(rollout).getWaitingFor())
        .contains("web-02 (no deployment replica that is up holds all of base@1.0.0)");
    List.of("web-02", "web-04", "web-07").forEach(each -> assertServes(each, NEW));

    fleet.deployment(true);
    rollouts.until(rollout, Rollout.State.ROLLED_BACK, LONG);
    CANARY.forEach(each -> assertServes(each, OLD));
    SU_1.forEach(each -> assertServes(each, OLD));
  }

  @Test
  void aStragglerServesOnUntilItsUnitsImageCanBeHad() {
    fleet.machine("web-05").isHeldFor(Duration.ZERO);
    rollouts.until(rollouts.starts(NEW), Rollout.State.COMPLETED, LONG);
    fleet.deployment(false);
    fleet.machine("web-05").isUnheld();
    rollouts.agents.work(Duration.ofMinutes(5));
    assertServes("web-05", OLD);

    fleet.deployment(true);
    rollouts.agents.work(Duration.ofMinutes(2));
    assertServes("web-05", NEW);
  }

  @Test
  void whoJoinsIsInstalledOnceItsImageCanBeHad() {
    fleet.deployment(false);
    fleet.apply(
        QuickFleet.spec().toBuilder().addMachines(QuickFleet.machine("web-08", "su-1", 8)).build());
    fleet.machine("web-08").isDiscovered();
    assertThat(fleet.machine("web-08").provisioning().getReason())
        .isEqualTo("no deployment replica that is up holds all of base@1.0.0");
    rollouts.agents.work(HOURS);
    assertThat(step("web-08")).isEqualTo(Provisioning.Step.MATCHED);

    fleet.deployment(true);
    assertThat(step("web-08")).isEqualTo(Provisioning.Step.POWERING);
  }

  private Provisioning.Step step(String machine) {
    return fleet.show(machine).getProvisioning().getStep();
  }

  private void assertServes(String name, VersionRef image) {
    Machine machine = fleet.show(name);
    assertThat(machine.getLifecycle()).as(name).isEqualTo(Lifecycle.IN_SERVICE);
    assertThat(machine.getCondition()).as(name).isEqualTo(Condition.HEALTHY);
    assertThat(Things.observed(machine, IMAGE)).as(name).isEqualTo(image);
  }
}
