package io.pilothouse.dm.state;

import static org.assertj.core.api.Assertions.assertThat;

import io.pilothouse.api.log.v1.Command;
import io.pilothouse.api.log.v1.Entry;
import io.pilothouse.api.log.v1.Event;
import io.pilothouse.api.log.v1.Request;
import io.pilothouse.api.log.v1.Tick;
import java.time.Instant;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Commands in any order, from anyone, sensible or not. Whatever comes into the log must be done or
 * refused: an exception would stop every replica at the same entry, for good.
 */
class CommandFuzzTest {
  private static final int SEEDS = Integer.getInteger("pilothouse.fuzz.seeds", 40);
  private static final int STEPS = 400;

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2, 3, 4})
  void everyCommandIsDoneOrRefused(int block) {
    for (long seed = (long) block * SEEDS; seed < (long) (block + 1) * SEEDS; seed++) {
      run(seed);
    }
  }

  private static void run(long seed) {
    Random random = new Random(seed);
    State state = new State();
    State replica = new State();
    Apply apply = new Apply();
    RandomCommands commands = new RandomCommands(random, state);
    long now = Instant.parse("2026-03-01T08:00:00Z").toEpochMilli();
    for (int step = 1; step <= STEPS; step++) {
      now += random.nextInt(4) == 0 ? random.nextInt(60_000) : random.nextInt(500);
      Entry.Builder entry = Entry.newBuilder().setAt(now);
      Command.Builder tick = Command.newBuilder().setTick(Tick.newBuilder());
      boolean due =
          state.nextDue().filter(each -> each.toEpochMilli() <= entry.getAt()).isPresent();
      if (due) {
        entry.addRequests(FleetScenario.request(tick, "dm", ""));
      }
      for (int i = random.nextInt(3); i >= 0; i--) {
        entry.addRequests(request(random, commands.next()));
      }
      Map<String, Budget.Usage> usage = Budget.usage(state);
      String where = "seed " + seed + ", step " + step + ": " + entry;
      Applied applied;
      try {
        applied = apply.apply(state, entry.build(), step);
      } catch (RuntimeException e) {
        throw new AssertionError(where, e);
      }
      for (Event event : applied.events()) {
        replica.replay(event);
      }
      assertThat(Invariants.check(state, usage)).as(where).isEmpty();
      if (due) {
        long after = state.nextDue().map(Instant::toEpochMilli).orElse(Long.MAX_VALUE);
        assertThat(after).as("next due after " + where).isGreaterThan(entry.getAt());
      }
    }
    assertThat(StateDigest.of(replica)).as("seed " + seed).isEqualTo(StateDigest.of(state));
  }

  private static Request.Builder request(Random random, Command.Builder command) {
    String reason = random.nextInt(10) == 0 ? "" : "because";
    Request.Builder request = FleetScenario.request(command, "operator/fuzz", reason);
    if (random.nextInt(3) == 0) {
      request.setClientId("client-" + random.nextInt(4)).setSequence(random.nextInt(400));
    }
    return request;
  }
}
