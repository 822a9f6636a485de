package io.pilothouse.scheduler.http;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import io.pilothouse.mesos.http.Exchange;
import io.pilothouse.mesos.v1.master.Call;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.LoggerFactory;

/**
 * How much this scheduler writes into its log, in Mesos' numbers, which are glog's {@code --v}: 0
 * is INFO, 1 DEBUG, 2 and 3 TRACE. It concerns what is Pilothouse's own, not the libraries that it
 * uses. More than usual is for a time, after which it is as it was.
 */
final class LoggingLevel {
  /** A log at TRACE fills a disk. */
  private static final Duration LONGEST = Duration.ofDays(1);

  private static final String OWN = "io.pilothouse";
  private static final int MOST = 3;

  private final Logger own;

  /** Of the logger itself before it was changed; only what is inherited is null. */
  private @Nullable Level usual;

  /** Of the newest change: an older one's time is over for nothing. */
  private long changes;

  private boolean changed;

  LoggingLevel() {
    this((Logger) LoggerFactory.getLogger(OWN));
  }

  LoggingLevel(Logger own) {
    this.own = own;
  }

  int get() {
    Level level = own.getEffectiveLevel();
    if (level.isGreaterOrEqual(Level.INFO)) {
      return 0;
    }
    return level.isGreaterOrEqual(Level.DEBUG) ? 1 : 2;
  }

  /** SET_LOGGING_LEVEL. */
  void set(Exchange exchange, Call call) {
    if (!call.hasSetLoggingLevel()) {
      exchange.text(
          400, "Failed to validate master::Call: Expecting 'set_logging_level' to be present");
      return;
    }
    int level = call.getSetLoggingLevel().getLevel();
    Duration span = Duration.ofNanos(call.getSetLoggingLevel().getDuration().getNanoseconds());
    if (level < 0 || level > MOST) {
      exchange.text(
          400,
          "Invalid level %s: expected 0 (INFO), 1 (DEBUG), 2 or 3 (TRACE)"
              .formatted(Integer.toUnsignedString(level)));
    } else if (!span.isPositive() || span.compareTo(LONGEST) > 0) {
      exchange.text(
          400,
          "Invalid duration %s: expected nanoseconds, more than 0 and %d (a day) at most"
              .formatted(span, LONGEST.toNanos()));
    } else {
      set(level, span);
      exchange.text(200, "");
    }
  }

  void set(int level, Duration span) {
    long change = change(level);
    CompletableFuture.delayedExecutor(span.toNanos(), TimeUnit.NANOSECONDS)
        .execute(() -> revert(change));
  }

  private synchronized long change(int level) {
    if (!changed) {
      usual = own.getLevel();
      changed = true;
    }
    own.setLevel(
        switch (level) {
          case 0 -> Level.INFO;
          case 1 -> Level.DEBUG;
          default -> Level.TRACE;
        });
    return ++changes;
  }

  /** As it was before all changes, unless there was another one since. */
  synchronized void revert(long change) {
    if (changed && change == changes) {
      own.setLevel(usual);
      changed = false;
    }
  }
}
