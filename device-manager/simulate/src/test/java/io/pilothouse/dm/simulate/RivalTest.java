package io.pilothouse.dm.simulate;

import static org.assertj.core.api.Assertions.assertThat;

import io.pilothouse.api.v1.Severity;
import java.util.Random;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

/** Where the rival policies do harm, and where they do their work. */
class RivalTest {

  private static Outcome of(Ruler ruler, Consumer<World> fault, long millis) {
    Simulation simulation =
        new Simulation(Simulation.Plan.of(GeneratedFleet.of(1000), Faults.none(), 1, 0), ruler);
    fault.accept(simulation.world);
    simulation.runFor(millis);
    return simulation.outcome();
  }

  private static Consumer<World> ill(Sign sign, Mend mend) {
    return world ->
        world.machine("m00007").suffers(new Ailment("test", sign, mend, world.agenda.now()));
  }

  @Test
  void theBreakerReplacesWhatStaysUnhealthy() {
    Outcome outcome = of(Ruler.BREAKER, ill(Sign.DEAD, Mend.REPLACE), 3 * Spans.HOUR);
    assertThat(outcome.repairs().replaces()).isEqualTo(1);
    assertThat(outcome.repairs().wrong()).isZero();
    assertThat(outcome.repair().samples()).isEqualTo(1);
  }

  @Test
  void rebootFirstRebootsWhatHangs() {
    Outcome outcome = of(Ruler.REBOOT_FIRST, ill(Sign.DEAD, Mend.REBOOT), 3 * Spans.HOUR);
    assertThat(outcome.repairs().reboots()).isEqualTo(1);
    assertThat(outcome.repairs().wrong()).isZero();
  }

  @Test
  void aRackWithoutPowerIsDeletedByTheBreaker() {
    Consumer<World> power = DomainFaults.power("rack/r003", 2 * Spans.HOUR);
    assertThat(of(Ruler.BREAKER, power, 6 * Spans.HOUR).repairs().needless()).isGreaterThan(39);
    assertThat(of(Ruler.REBOOT_FIRST, power, 6 * Spans.HOUR).repairs().needless())
        .isGreaterThan(39);
    assertThat(of(Ruler.PILOTHOUSE, power, 6 * Spans.HOUR).repairs().needless())
        .as("one machine an hour is tried")
        .isLessThanOrEqualTo(2);
  }

  @Test
  void aBadWatchdogBelowTheBreakersPercentageDeletesAFifthOfTheFleet() {
    Consumer<World> red =
        FleetFaults.badWatchdog("processes", 0.18, Severity.NORMAL, new Random(1));
    Outcome breaker = of(Ruler.BREAKER, red, 6 * Spans.HOUR);
    assertThat(breaker.repairs().needless()).isGreaterThan(150);
    assertThat(breaker.taken().get("fleet")).isGreaterThan(0.15);
    assertThat(of(Ruler.REBOOT_FIRST, red, 6 * Spans.HOUR).repairs().needless()).isGreaterThan(150);
  }

  @Test
  void aBadWatchdogAboveTheBreakersPercentageFreezesWhatIsReallyBroken() {
    Consumer<World> red = FleetFaults.badWatchdog("processes", 0.6, Severity.NORMAL, new Random(1));
    Consumer<World> and = red.andThen(ill(Sign.DEAD, Mend.REBOOT));
    assertThat(of(Ruler.BREAKER, and, Spans.HOUR).repairs().executed()).isZero();
    assertThat(of(Ruler.PILOTHOUSE, and, 2 * Spans.HOUR).repairs().wrong()).isZero();
    assertThat(of(Ruler.PILOTHOUSE, and, 2 * Spans.HOUR).repair().samples()).isEqualTo(1);
  }
}
