package io.pilothouse.dm.simulate;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

/** Weeks in which everything goes wrong far more often than it should. */
class RandomWeekTest {

  @TestFactory
  Stream<DynamicTest> everyWeekEndsWell() {
    return seeds().map(seed -> DynamicTest.dynamicTest("seed " + seed, () -> week(seed)));
  }

  private static void week(long seed) {
    int machines = List.of(12, 60, 200).get((int) (seed % 3));
    Faults storm = Faults.usual().times(2000.0 / machines, 4);
    Simulation simulation =
        new Simulation(
            Simulation.Plan.of(GeneratedFleet.of(machines), storm, seed, 3 * Spans.DAY).replayed(),
            Ruler.PILOTHOUSE);
    Outcome outcome = simulation.run(at -> {});
    simulation.calm();
    assertThat(outcome.entries()).isPositive();
  }

  /** {@code ./pilot test} takes the defaults; a night has time for more. */
  @Test
  @EnabledIfSystemProperty(named = "simulate.large", matches = "true")
  void daysOfThousandsOfMachines() {
    int machines = Integer.getInteger("simulate.machines", 2000);
    long days = Long.getLong("simulate.days", 3);
    Simulation simulation =
        new Simulation(
            Simulation.Plan.of(
                GeneratedFleet.of(machines), Faults.usual().times(5, 5), 2026, days * Spans.DAY),
            Ruler.PILOTHOUSE);
    Outcome outcome = simulation.run(at -> {});
    simulation.calm();
    assertThat(outcome.repairs().wrongShare()).as("%s", outcome).isLessThan(25);
    assertThat(outcome.taken().get("fleet")).isLessThanOrEqualTo(0.05);
  }

  private static Stream<Long> seeds() {
    String one = System.getProperty("simulate.seed", "");
    if (!one.isEmpty()) {
      return Stream.of(Long.parseLong(one));
    }
    return LongStream.rangeClosed(1, Long.getLong("simulate.seeds", 3)).boxed();
  }
}
