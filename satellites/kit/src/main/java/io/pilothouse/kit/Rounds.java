package io.pilothouse.kit;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.pilothouse.client.Backoff;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A step that is done again and again on a thread of its own: pull, plan, act, push. A failed round
 * is tried again after a growing pause; the log gets a line when the failure changes, not one a
 * round.
 */
public final class Rounds implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(Rounds.class);
  private static final Duration FIRST_BACKOFF = Duration.ofMillis(100);
  private static final Duration LONGEST_BACKOFF = Duration.ofSeconds(5);

  /** One round. */
  public interface Step {
    void run() throws Exception;
  }

  private final String name;
  private final Duration pause;
  private final Step step;
  private final Backoff backoff;
  private final Counter done;
  private final Counter failed;
  private final LongSupplier nanoTime;
  private final Semaphore kicks = new Semaphore(0);
  private final Thread thread;
  private volatile boolean stopped;
  private volatile long lastSuccess;
  private volatile @Nullable String failure;

  /**
   * @param pause between the end of a round and the start of the next
   */
  public Rounds(String name, Duration pause, Step step, MeterRegistry meters) {
    this(name, pause, LONGEST_BACKOFF, step, meters, System::nanoTime);
  }

  Rounds(
      String name,
      Duration pause,
      Duration longestBackoff,
      Step step,
      MeterRegistry meters,
      LongSupplier nanoTime) {
    this.name = name;
    this.pause = pause;
    this.step = step;
    this.backoff = new Backoff(FIRST_BACKOFF, longestBackoff);
    this.done =
        Counter.builder("pilot.rounds").tags("round", name, "outcome", "ok").register(meters);
    this.failed =
        Counter.builder("pilot.rounds").tags("round", name, "outcome", "failed").register(meters);
    this.nanoTime = nanoTime;
    this.lastSuccess = nanoTime.getAsLong();
    this.thread = Thread.ofPlatform().name(name).daemon().unstarted(this::run);
  }

  public Rounds start() {
    thread.start();
    return this;
  }

  /** Starts the next round now instead of after the pause. */
  public void kick() {
    kicks.release();
  }

  /**
   * The same, but not while rounds fail: who has more to say while nobody listens must not ask all
   * the faster.
   */
  public void kickUnlessFailing() {
    if (failure == null) {
      kick();
    }
  }

  /** Time since the last round that went well, or since the start. */
  public Duration age() {
    return Duration.ofNanos(nanoTime.getAsLong() - lastSuccess);
  }

  /** The staleness guard: what is wrong when no round went well for so long; a health check. */
  public Optional<String> problem(Duration stale) {
    Duration age = age();
    String last = failure;
    return age.compareTo(stale) <= 0
        ? Optional.empty()
        : Optional.of(
            "no round of %s went well for %d s%s"
                .formatted(name, age.toSeconds(), last == null ? "" : ": " + last));
  }

  private void run() {
    while (!stopped) {
      Duration wait = once() ? pause : backoff.next();
      try {
        if (kicks.tryAcquire(wait.toNanos(), TimeUnit.NANOSECONDS)) {
          kicks.drainPermits();
        }
      } catch (InterruptedException e) {
        return; // only close() interrupts
      }
    }
  }

  boolean once() {
    try {
      step.run();
    } catch (Exception e) {
      if (!stopped) {
        noteFailure(e);
      }
      return false;
    }
    done.increment();
    lastSuccess = nanoTime.getAsLong();
    backoff.reset();
    if (failure != null) {
      log.info("{}: goes well again", name);
      failure = null;
    }
    return true;
  }

  private void noteFailure(Exception e) {
    failed.increment();
    String text = e.getMessage() == null ? e.toString() : e.getMessage();
    // the numbers in a message change from one try to the next; the failure does not
    if (failure == null || !shape(failure).equals(shape(text))) {
      if (e instanceof RuntimeException && e.getClass().getName().startsWith("java.")) {
        log.error("{}: failed by a fault of this program, will try again", name, e);
      } else {
        log.warn("{}: failed, will try again: {}", name, text);
      }
    }
    failure = text;
  }

  private static String shape(String message) {
    return message.replaceAll("\\d+", "#");
  }

  @Override
  public void close() {
    stopped = true;
    if (thread.getState() == Thread.State.NEW) {
      return; // never started
    }
    thread.interrupt();
    try {
      if (!thread.join(Duration.ofSeconds(5))) {
        log.warn("{}: still busy 5 s after it was asked to stop; left alone", name);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
