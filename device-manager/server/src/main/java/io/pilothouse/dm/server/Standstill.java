package io.pilothouse.dm.server;

import io.pilothouse.dm.state.State;
import java.time.Duration;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Notices that the leader stood: nobody got at the state for over a second, as while the entry of a
 * large fleet is applied, or entries waited for so long and none was applied. Reports waited as
 * well or were given up, so that nobody was heard is no silence then, see {@link SilenceWatch}.
 *
 * <p>A leader that stands more often than a watchdog's word is valid for notices no silence of it,
 * as one that changes so often does not.
 *
 * <p>For one thread, which looks several times a second.
 */
final class Standstill {

  private static final Logger log = LoggerFactory.getLogger(Standstill.class);
  private static final Duration LONG = Duration.ofSeconds(1);

  private final Ledger ledger;
  private final LongSupplier nanos;
  private OptionalLong last = OptionalLong.empty();

  /** Since when entries were seen to wait at {@link #index}; empty when none did. */
  private OptionalLong waitsSince = OptionalLong.empty();

  private long index;

  /**
   * A leader that has not stood yet.
   *
   * @param nanos the clock that silence is measured by
   */
  Standstill(Ledger ledger, LongSupplier nanos) {
    this.ledger = ledger;
    this.nanos = nanos;
  }

  /** Up to when it stood last, on the monotonic clock; empty when it never did. */
  OptionalLong last() {
    return last;
  }

  /** Looks at the state; that it stood is known before the reader looks. */
  <T> T read(Function<State, T> reader) {
    long asked = nanos.getAsLong();
    return ledger.read(
        state -> {
          long got = nanos.getAsLong();
          noteIfLong(asked, got, "the state was not to be had");
          return reader.apply(state);
        });
  }

  /**
   * Looks whether the log goes on.
   *
   * @param entriesWait whether any is to be applied
   */
  void look(boolean entriesWait) {
    long now = nanos.getAsLong();
    long applied = ledger.appliedIndex();
    if (!entriesWait) {
      waitsSince = OptionalLong.empty();
    } else if (applied != index || waitsSince.isEmpty()) {
      // it went on at some time since the last look; a long walk in between is no standstill
      waitsSince = OptionalLong.of(now);
    } else {
      noteIfLong(waitsSince.getAsLong(), now, "entries waited and none was applied");
    }
    index = applied;
  }

  private void noteIfLong(long since, long now, String what) {
    if (now - since > LONG.toNanos()) {
      last = OptionalLong.of(now);
      log.info(
          "For {} ms {}: silence is counted anew",
          TimeUnit.NANOSECONDS.toMillis(now - since),
          what);
    }
  }
}
