package io.pilothouse.framework;

import io.pilothouse.mesos.stream.SchedulerAddress;
import io.pilothouse.mesos.stream.SchedulerHttp;
import io.pilothouse.mesos.v1.FrameworkID;
import io.pilothouse.mesos.v1.FrameworkInfo;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import javax.net.ssl.SSLContext;

/**
 * Where schedulers are, who the framework is, and how patient it is.
 *
 * @param schedulers each tried in turn
 * @param info with the id that an earlier run was given, if its tasks are to be taken over
 * @param keepId is told the id before anything else is done with it
 * @param byHand whether the framework acknowledges updates itself
 * @param tls what is trusted, of https; else what the JDK trusts
 */
public record FrameworkOptions(
    List<URI> schedulers,
    FrameworkInfo info,
    Optional<Credentials> credentials,
    Consumer<FrameworkID> keepId,
    boolean byHand,
    Timing timing,
    Optional<SSLContext> tls) {

  public FrameworkOptions {
    schedulers = List.copyOf(schedulers);
    if (schedulers.isEmpty()) {
      throw new IllegalArgumentException("no scheduler was given: expected host:port of each");
    }
    require(info);
  }

  /** What every framework must say of itself. */
  static void require(FrameworkInfo info) {
    if (!info.isInitialized()) {
      throw new IllegalArgumentException(
          "FrameworkInfo lacks " + String.join(", ", info.findInitializationErrors()));
    }
    if (!info.hasFailoverTimeout()) {
      throw new IllegalArgumentException(
          "FrameworkInfo.failover_timeout is not set, and 0 would end the framework and its tasks"
              + " with every broken stream: set the seconds that it may be away, or 0 to mean it");
    }
  }

  /**
   * With nothing special.
   *
   * @param schedulers {@code host:port}, or {@code https://host:port}
   */
  public static FrameworkOptions of(List<String> schedulers, FrameworkInfo info) {
    return new FrameworkOptions(
        schedulers.stream().map(SchedulerAddress::parse).toList(),
        info,
        Optional.empty(),
        id -> {},
        false,
        Timing.USUAL,
        Optional.empty());
  }

  /** For HTTP Basic: a line of the scheduler's {@code --framework-credentials}. */
  public FrameworkOptions credentials(String principal, String secret) {
    return new FrameworkOptions(
        schedulers,
        info,
        Optional.of(new Credentials(principal, secret)),
        keepId,
        byHand,
        timing,
        tls);
  }

  /**
   * Stores the id that the scheduler gave, for {@link #info} of the next run. If it throws the
   * framework ends, and is torn down: it has no tasks yet, and could not find them again.
   */
  public FrameworkOptions keepingId(Consumer<FrameworkID> keeper) {
    return new FrameworkOptions(schedulers, info, credentials, keeper, byHand, timing, tls);
  }

  /** Updates are acknowledged by {@link Framework#acknowledge} only. */
  public FrameworkOptions acknowledgingByHand() {
    return new FrameworkOptions(schedulers, info, credentials, keepId, true, timing, tls);
  }

  public FrameworkOptions timing(Timing other) {
    return new FrameworkOptions(schedulers, info, credentials, keepId, byHand, other, tls);
  }

  public FrameworkOptions trusting(SSLContext context) {
    return new FrameworkOptions(
        schedulers, info, credentials, keepId, byHand, timing, Optional.of(context));
  }

  /**
   * How patient it is.
   *
   * @param firstPause before it tries again; doubled each time
   * @param longestPause what pauses grow to
   * @param patience for a connection, an answer to a call, and for SUBSCRIBED; for news of a task
   *     that was launched 10 s at most
   */
  public record Timing(Duration firstPause, Duration longestPause, Duration patience) {
    static final Timing USUAL =
        new Timing(Duration.ofMillis(200), Duration.ofSeconds(15), Duration.ofSeconds(30));

    public Timing {
      if (!firstPause.isPositive() || !patience.isPositive()) {
        throw new IllegalArgumentException(
            "the first pause is %s and the patience %s: expected more than nothing"
                .formatted(firstPause, patience));
      }
      if (longestPause.compareTo(firstPause) < 0) {
        throw new IllegalArgumentException(
            "the longest pause, %s, is below the first, %s".formatted(longestPause, firstPause));
      }
    }
  }

  /** A name and its secret. */
  public record Credentials(String principal, String secret) {
    public Credentials {
      if (principal.isEmpty() || principal.contains(":")) {
        throw new IllegalArgumentException(
            "principal '" + principal + "': HTTP Basic takes at least one character, and no ':'");
      }
    }

    String header() {
      return SchedulerHttp.basic(principal, secret);
    }

    /** Without the secret. */
    @Override
    public String toString() {
      return "Credentials[" + principal + "]";
    }
  }
}
