package io.pilothouse.client;

import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** This server cannot answer the call now; another one, or the same one later, may. */
final class TryNextException extends Exception {
  private static final long serialVersionUID = 1L;

  /**
   * A refusal that ends by itself.
   *
   * @param pause as long as the server asks for
   */
  record Busy(DmException refusal, Duration pause) {

    /** What the caller is told who gives up. */
    DmException after(int tried) {
      return tried < 2
          ? refusal
          : new DmException(
              refusal.code(),
              "the Device Manager is busy, tried %d times: %s"
                  .formatted(tried, refusal.getMessage()),
              refusal.remedy());
    }
  }

  private final transient Optional<ServerAddress> leader;
  private final transient Optional<Busy> busy;
  private final boolean silent;

  private TryNextException(
      String message, Optional<ServerAddress> leader, Optional<Busy> busy, boolean silent) {
    super(message, null, false, false);
    this.leader = leader;
    this.busy = busy;
    this.silent = silent;
  }

  /** The server answered, but it is not the one to ask. */
  static TryNextException declined(String message, Optional<ServerAddress> leader) {
    return new TryNextException(message, leader, Optional.empty(), false);
  }

  /** Nothing came back: dead, hung or cut off. */
  static TryNextException silent(String message) {
    return new TryNextException(message, Optional.empty(), Optional.empty(), true);
  }

  /** The server is there, and says when to come again. */
  static TryNextException busy(DmException refusal, Duration pause) {
    return new TryNextException(
        String.valueOf(refusal.getMessage()),
        Optional.empty(),
        Optional.of(new Busy(refusal, pause)),
        false);
  }

  /**
   * Reads how long to come later; empty when the answer does not say, and asking again is in vain.
   *
   * @param millis of the header {@code retry-after-ms}
   * @param seconds of the header {@code Retry-After}
   */
  static Optional<Duration> retryAfter(@Nullable String millis, @Nullable String seconds) {
    return number(millis)
        .map(Duration::ofMillis)
        .or(() -> number(seconds).map(Duration::ofSeconds));
  }

  private static Optional<Long> number(@Nullable String header) {
    return header != null && header.matches("[0-9]{1,9}")
        ? Optional.of(Long.parseLong(header))
        : Optional.empty();
  }

  /** That the server is busy, when that is so. */
  Optional<Busy> busy() {
    return busy;
  }

  Optional<ServerAddress> leader() {
    return leader;
  }

  boolean isSilent() {
    return silent;
  }
}
