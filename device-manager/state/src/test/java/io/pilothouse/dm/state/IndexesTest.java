package io.pilothouse.dm.state;

import static org.assertj.core.api.Assertions.assertThat;

import io.pilothouse.api.log.v1.Entry;
import io.pilothouse.api.log.v1.Event;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** What is kept beside the tables follows from them, whatever has happened. */
class IndexesTest {
  private static final int SEEDS = 12;
  private static final int STEPS = 300;
  private static final long EPOCH = Instant.parse("2026-03-01T08:00:00Z").toEpochMilli();
  private static final List<Entry> IN_SERVICE = FleetScenario.inService().log;

  private int refused;

  @Test
  void indexesEqualThoseRebuiltFromTheTables() {
    for (long seed = 0; seed < SEEDS; seed++) {
      walk(seed);
    }
    assertThat(refused).as("undone requests among them").isGreaterThan(100);
  }

  @Test
  void indexesDoNotDependOnTheOrderOfLoading() {
    State state = new State();
    Apply apply = new Apply();
    long index = 0;
    for (Entry entry : IN_SERVICE) {
      apply.apply(state, entry, ++index);
    }
    List<Table> tables = new ArrayList<>(Arrays.asList(Table.values()));
    for (int i = 0; i < 20; i++) {
      Collections.shuffle(tables, new Random(i));
      State loaded = new State();
      for (Table table : tables) {
        state.table(table).forEach((key, value) -> loaded.put(new Change(table, key, value)));
      }
      assertThat(loaded.indexes().contents())
          .as("loaded as " + tables)
          .isEqualTo(state.indexes().contents());
    }
  }

  private void walk(long seed) {
    Random random = new Random(seed);
    State state = new State();
    State replica = new State();
    Apply apply = new Apply();
    RandomCommands commands = new RandomCommands(random, state);
    int step = 1;
    for (Entry entry : seed % 2 == 0 ? IN_SERVICE : List.<Entry>of()) {
      apply.apply(state, entry, step++).events().forEach(replica::replay);
    }
    long now = Math.max(EPOCH, state.meta().getNow());
    for (int last = step + STEPS; step <= last; step++) {
      now += random.nextInt(8) == 0 ? random.nextInt(40_000) : random.nextInt(500);
      Entry entry =
          Entry.newBuilder()
              .setAt(now)
              .addRequests(FleetScenario.request(commands.next(), "operator/any", "because"))
              .build();
      Applied applied = apply.apply(state, entry, step);
      refused += applied.replies().get(0).hasRefusal() ? 1 : 0;
      for (Event event : applied.events()) {
        replica.replay(event);
      }
      assertThat(Invariants.checkIndexes(state))
          .as("seed " + seed + ", step " + step + ": " + entry)
          .isEmpty();
    }
    assertThat(replica.indexes().contents()).isEqualTo(state.indexes().contents());
  }
}
