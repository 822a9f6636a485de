package io.pilothouse.dm.state;

import static org.assertj.core.api.Assertions.assertThat;

import io.pilothouse.api.log.v1.Command;
import io.pilothouse.api.log.v1.Entry;
import io.pilothouse.api.log.v1.Reply;
import io.pilothouse.api.v1.Condition;
import io.pilothouse.api.v1.Lifecycle;
import io.pilothouse.api.v1.Machine;
import io.pilothouse.api.v1.Repair;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/**
 * When the faults stop, and everyone does what is asked of them, every machine ends HEALTHY on its
 * version: no state that commands in any order lead to is a dead end.
 */
class CalmAfterTheStormTest {
  private static final int SEEDS = Integer.getInteger("pilothouse.fuzz.seeds", 60);
  private static final List<Entry> IN_SERVICE = FleetScenario.inService().log;

  private final Apply apply = new Apply();
  private State state = new State();
  private long now;
  private long index;

  @Test
  void everyMachineEndsHealthy() {
    for (long seed = 0; seed < SEEDS; seed++) {
      state = new State();
      index = 0;
      IN_SERVICE.forEach(each -> apply.apply(state, each, ++index));
      now = state.meta().getNow();
      storm(new Random(seed));
      calm("seed " + seed);
    }
  }

  private void storm(Random random) {
    RandomCommands commands = new RandomCommands(random, state);
    for (int step = 0; step < 300; step++) {
      passes(random.nextInt(8) == 0 ? random.nextInt(40_000) : random.nextInt(500));
      send(commands.next());
    }
  }

  private void calm(String seed) {
    GoodWorld world = new GoodWorld(state);
    int calmRounds = 0;
    for (int round = 0; round < 3000 && calmRounds < 10; round++) {
      world.leases().forEach(this::send);
      for (Command.Builder command : world.next()) {
        Reply reply = send(command);
        assertThat(reply.hasRefusal()).as(seed + ": " + command + reply.getRefusal()).isFalse();
      }
      passes(5000);
      calmRounds = stuck().isEmpty() ? calmRounds + 1 : 0;
    }
    assertThat(stuck()).as(seed).isEmpty();
  }

  private List<String> stuck() {
    List<String> stuck = new ArrayList<>();
    for (Machine machine : state.machines()) {
      boolean well =
          machine.getLifecycle() == Lifecycle.IN_SERVICE
              && machine.getCondition() == Condition.HEALTHY
              && machine.getRepairId().isEmpty()
              && Things.ALL.stream().allMatch(each -> Things.isThere(machine, each));
      boolean gone =
          machine.getLifecycle() == Lifecycle.DECOMMISSIONED
              || machine.getLifecycle() == Lifecycle.DISCOVERED;
      if (!well && !gone) {
        stuck.add(machine + " " + state.repair(machine.getRepairId()).map(Repair::toString));
      }
    }
    state.rollouts().stream().filter(Rollouts::isOpen).forEach(each -> stuck.add(each.toString()));
    return stuck;
  }

  private Reply send(Command.Builder command) {
    Entry entry =
        Entry.newBuilder()
            .setAt(now)
            .addRequests(FleetScenario.request(command, "operator/alice", "to see it calm"))
            .build();
    return apply.apply(state, entry, ++index).replies().get(0);
  }

  private void passes(long millis) {
    long until = now + millis;
    while (state.nextDue().map(Instant::toEpochMilli).orElse(Long.MAX_VALUE) <= until) {
      now = Math.max(now, state.nextDue().orElseThrow().toEpochMilli());
      send(Command.newBuilder().setTick(io.pilothouse.api.log.v1.Tick.newBuilder()));
    }
    now = until;
  }
}
