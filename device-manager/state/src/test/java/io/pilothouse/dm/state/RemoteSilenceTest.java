package io.pilothouse.dm.state;

import static org.assertj.core.api.Assertions.assertThat;

import io.pilothouse.api.v1.Condition;
import io.pilothouse.api.v1.HealthCode;
import io.pilothouse.api.v1.Machine;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A watchdog service that dies is not a fleet that died. */
class RemoteSilenceTest {
  private static final String REMOTE = "reachable";

  private final FleetScenario fleet = FleetScenario.inService();
  private final List<String> machines =
      fleet.state.machines().stream().map(Machine::getName).toList();

  @Test
  void silenceOnMostMachinesIsTheWatchdogsOwn() {
    machines.forEach(each -> fleet.machine(each).fallsSilent(REMOTE));
    fleet.passes(Duration.ofMinutes(10));
    machines.forEach(each -> fleet.machine(each).is(Condition.HEALTHY));
    assertThat(fleet.state.repairs()).isEmpty();
    assertThat(StatusView.of(fleet.state, fleet.now()).getCodesList())
        .extracting(HealthCode::getCode)
        .contains("WATCHDOG_SILENT");
  }

  @Test
  void silenceOnOneMachineIsTheMachines() {
    fleet.machine(machines.get(0)).fallsSilent(REMOTE);
    fleet.passes(QuickFleet.CONFIRM);
    assertThat(fleet.conditionsOf(machines.get(0))).contains("FAILURE");
  }

  @Test
  void otherErrorsStillCountMeanwhile() {
    machines.forEach(each -> fleet.machine(each).fallsSilent(REMOTE));
    fleet.machine(machines.get(0)).fallsSilent("disk");
    fleet.passes(QuickFleet.CONFIRM);
    assertThat(fleet.conditionsOf(machines.get(0))).contains("FAILURE");
  }
}
