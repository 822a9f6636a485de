package io.pilothouse.dm.raft;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pilothouse.api.log.v1.Entry;
import io.pilothouse.dm.state.Applied;
import io.pilothouse.dm.state.Levels;
import io.pilothouse.dm.state.State;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

/** Who reads while an entry of several requests is applied. */
class FleetStateTest {

  private static final Entry TWO =
      Entry.newBuilder()
          .addRequests(LeaseLedger.put("a"))
          .addRequests(LeaseLedger.put("b"))
          .build();

  private final FleetState fleet = new FleetState(new Failure("dm-1"));
  private final CompletableFuture<String> seen = new CompletableFuture<>();
  private boolean wasReadBetween;

  @Test
  void aReaderIsLetInBetweenRequestsAndSeesTheFirstWhole() throws Exception {
    fleet.apply(new WithReader(Levels.BUILD), TWO, 7);

    assertThat(wasReadBetween).as("read before the entry's end").isTrue();
    assertThat(Await.get(seen)).isEqualTo("a, index -1");
    assertThat(fleet.<String>read(this::picture)).isEqualTo("a, b, index 7");
  }

  @Test
  void nobodySeesAStateOfRulesThatThisBuildLacks() throws Exception {
    Levels others = new Levels(Levels.BUILD.max() + 1, Levels.BUILD.max() + 1);

    assertThatThrownBy(() -> fleet.apply(new WithReader(others), TWO, 7))
        .hasMessageContaining("entry 7: feature level");

    assertThat(wasReadBetween).as("read before the entry's end").isFalse();
    assertThat(Await.failure(seen)).hasMessageContaining("this replica stops: entry 7");
  }

  /** Between the two requests there is one who waits to read. */
  private final class WithReader implements Applier {
    private final LeaseLedger rules = new LeaseLedger();
    private final Levels levels;

    private WithReader(Levels levels) {
      this.levels = levels;
    }

    @Override
    public Applied apply(State state, Entry entry, long index, Runnable between) {
      Entry first = entry.toBuilder().removeRequests(1).build();
      rules.apply(state, first, index, between);
      Thread reader =
          Thread.ofPlatform()
              .start(
                  () -> {
                    try {
                      var unused = fleet.read(now -> seen.complete(picture(now)));
                    } catch (IllegalStateException e) {
                      seen.completeExceptionally(e);
                    }
                  });
      Await.until("a reader waits", () -> reader.getState() == Thread.State.WAITING);
      between.run();
      wasReadBetween = seen.isDone();
      return rules.apply(state, entry.toBuilder().removeRequests(0).build(), index, between);
    }

    @Override
    public Levels levels() {
      return levels;
    }
  }

  private String picture(State state) {
    String leases = LeaseLedger.holds(state, "b") ? "a, b" : "a";
    return "%s, index %d".formatted(leases, fleet.appliedIndex());
  }
}
