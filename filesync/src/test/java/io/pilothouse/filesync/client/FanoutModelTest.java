package io.pilothouse.filesync.client;

import static org.assertj.core.api.Assertions.assertThat;

import io.pilothouse.filesync.client.FanoutModel.Fleet;
import io.pilothouse.filesync.client.FanoutModel.Outcome;
import org.junit.jupiter.api.Test;

/** Uplinks stay flat as a fleet grows; the large fleets are in testing/benchmarks/fanout. */
class FanoutModelTest {
  private static final double GIGABIT = 125e6;

  private static Outcome run(int machines, int racks, int units) {
    return FanoutModel.run(
        new Fleet(machines, racks, units, 128, 4 << 20, GIGABIT, 10 * GIGABIT, GIGABIT, 1));
  }

  @Test
  void oneCopyForAUnitAndOneForARack() {
    Outcome outcome = run(400, 10, 2);
    assertThat(outcome.serviceCopies()).isBetween(2.0, 2.01);
    assertThat(outcome.rackCopies()).isBetween(0.9, 2.01);
    assertThat(outcome.servedCopies()).as("nobody carries the others").isLessThan(6);
  }

  @Test
  void aLargeRackIsNoHeavierThanASmallOne() {
    Outcome outcome = run(600, 2, 1);
    assertThat(outcome.serviceCopies()).isBetween(1.0, 1.01);
    assertThat(outcome.rackCopies()).isLessThan(2.01);
  }
}
