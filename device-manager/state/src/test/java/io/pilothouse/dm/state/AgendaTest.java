package io.pilothouse.dm.state;

import static org.assertj.core.api.Assertions.assertThat;

import io.pilothouse.api.log.v1.Command;
import io.pilothouse.api.log.v1.Entry;
import io.pilothouse.api.log.v1.Event;
import io.pilothouse.api.log.v1.Tick;
import io.pilothouse.api.v1.Repair;
import java.time.Instant;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Rules that look only at what changed decide as rules would that look at everything. */
class AgendaTest {
  private static final int SEEDS = 30;
  private static final int STEPS = 300;
  private static final long EPOCH = Instant.parse("2026-03-01T08:00:00Z").toEpochMilli();
  private static final List<Entry> IN_SERVICE = FleetScenario.inService().log;

  @Test
  void whenAllIsLookedAtAgainNothingIsLeftToDo() {
    for (long seed = 0; seed < SEEDS; seed++) {
      walk(seed);
    }
  }

  private static void walk(long seed) {
    Random random = new Random(seed);
    State state = new State();
    Apply apply = new Apply();
    RandomCommands commands = new RandomCommands(random, state);
    int step = 1;
    for (Entry entry : seed % 2 == 0 ? IN_SERVICE : List.<Entry>of()) {
      apply.apply(state, entry, step++);
    }
    long now = Math.max(EPOCH, state.meta().getNow());
    for (int last = step + STEPS; step <= last; step++) {
      now += random.nextInt(8) == 0 ? random.nextInt(40_000) : random.nextInt(500);
      Entry.Builder entry = Entry.newBuilder().setAt(now);
      entry.addRequests(FleetScenario.request(commands.next(), "operator/any", "because"));
      // a refused request leaves what is due to the next one
      entry.addRequests(tick());
      apply.apply(state, entry.build(), step);
      Draft draft = new Draft(state, state.now(), step, tick().build(), 1000);
      state.machines().forEach(each -> draft.touch(each.getName()));
      draft.agenda().everything();
      Decider.settle(draft, RemoteSilence.gone(draft));
      assertThat(draft.events())
          .as("seed " + seed + ", step " + step + ": " + entry)
          .allMatch(each -> isFresherVeto(state, each));
      draft.undo();
    }
  }

  /** Which of several spent domains are named is as of when the repair was last looked at. */
  private static boolean isFresherVeto(State state, Event event) {
    return event.hasRepair()
        && event.getRepair().getState() == Repair.State.WAITING
        && event.getRepair().getVetoesList().stream()
            .allMatch(each -> each.getKind().equals("budget"))
        && state.repair(event.getRepair().getId()).isPresent();
  }

  private static io.pilothouse.api.log.v1.Request.Builder tick() {
    return FleetScenario.request(Command.newBuilder().setTick(Tick.newBuilder()), "dm", "");
  }
}
