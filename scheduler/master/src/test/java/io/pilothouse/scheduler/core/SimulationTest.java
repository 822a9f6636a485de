package io.pilothouse.scheduler.core;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Schedulers, agents, frameworks and what a Device Manager keeps, with messages that are late, lost
 * with their connections or sent twice, writes that take their time, agents, frameworks and
 * schedulers that crash or are deposed while they live, frameworks that are torn down, and machines
 * that are taken, made anew or thrown out; tasks that take their time to end. Always: nothing is
 * allocated twice but shared volumes, to whom knows of them; no framework that was told that it is
 * subscribed is forgotten; none whose end is written down comes back; of no task that runs a
 * framework is told that it is unknown; nothing reserved is offered, told or launched on before it
 * is written down, and none of it is lost or doubled; what is lent, now more and now less, is never
 * lent to more than it was there for. Once the faults stop, all that was to be told has been.
 */
class SimulationTest {

  /** CI runs 1,000; others with {@code -Doffers.seed=5000 -Doffers.runs=300}. */
  @Test
  void nothingIsAllocatedTwiceAndEverythingIsToldAtLast() {
    int first = Integer.getInteger("offers.seed", 0);
    run(first, first + Integer.getInteger("offers.runs", 40));
  }

  /** Each on a thread of its own, as many as there are processors. */
  private static void run(int from, int to) {
    AtomicInteger tasks = new AtomicInteger();
    AtomicInteger operations = new AtomicInteger();
    AtomicInteger borrowed = new AtomicInteger();
    AtomicInteger byDeposed = new AtomicInteger();
    AtomicInteger sharedAtOnce = new AtomicInteger();
    AtomicInteger offeredWhileUsed = new AtomicInteger();
    IntStream.range(from, to)
        .parallel()
        .forEach(
            seed -> {
              SimulatedSite run = run(seed);
              tasks.addAndGet(run.launched);
              operations.addAndGet(run.operations);
              borrowed.addAndGet(run.borrowed);
              byDeposed.addAndGet(run.launchedByDeposed);
              sharedAtOnce.addAndGet(run.sharedAtOnce);
              offeredWhileUsed.addAndGet(run.offeredWhileUsed);
            });
    assertThat(tasks.get()).as("the simulation does something").isGreaterThan((to - from) * 20);
    assertThat(operations.get()).as("operations").isGreaterThan((to - from) * 10);
    assertThat(byDeposed.get()).as("launches of those that were deposed").isGreaterThan(to - from);
    assertThat(borrowed.get()).as("tasks on what is lent").isGreaterThan((to - from) * 5);
    assertThat(sharedAtOnce.get()).as("volumes with several tasks").isGreaterThan(to - from);
    assertThat(offeredWhileUsed.get())
        .as("volumes in use and in offers; many in some runs, in most none")
        .isGreaterThan((to - from) / 4);
  }

  private static SimulatedSite run(int seed) {
    try {
      SimulatedSite run = new SimulatedSite(seed);
      run.withFaults(150);
      run.quietly(60, 240);
      run.requireAllTold();
      return run;
    } catch (RuntimeException | AssertionError e) {
      throw new AssertionError("seed " + seed + ": " + e.getMessage(), e);
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {3, 77})
  void theSameSeedGivesTheSameRun(long seed) {
    SimulatedSite first = new SimulatedSite(seed);
    first.withFaults(150);
    SimulatedSite second = new SimulatedSite(seed);
    second.withFaults(150);
    assertThat(second.trace).isEqualTo(first.trace);
    assertThat(second.core.picture().state()).isEqualTo(first.core.picture().state());
  }
}
