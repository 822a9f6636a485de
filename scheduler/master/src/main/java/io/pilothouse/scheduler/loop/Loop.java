package io.pilothouse.scheduler.loop;

import io.pilothouse.scheduler.core.Core;
import io.pilothouse.scheduler.loop.Leadership.Leading;
import io.pilothouse.scheduler.loop.Leadership.Standby;
import io.pilothouse.scheduler.loop.Leadership.Starting;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.LongFunction;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs a core while this scheduler leads: all inputs on one thread, in the order in which they
 * came. A core that fails is dropped with all that it knew; the next one learns it again, from
 * agents and frameworks that come back, rather than go on from a state that nobody understands. An
 * error of the machine below it (no memory) is the whole program's end.
 */
public final class Loop implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(Loop.class);
  private static final Duration TICK = Duration.ofMillis(50);

  /** A tick that comes later than that was kept from it: by a pause, or by one long input. */
  private static final Duration LATE = Duration.ofSeconds(1);

  /** One input. */
  public interface Input {
    void to(Core core, long now);
  }

  /** One that came before there is a core to see it. */
  private record Early(Input input, Runnable notLeading, BooleanSupplier soon) {}

  private final ScheduledExecutorService thread;
  private final LongSupplier clock;
  private final Runnable dropped;
  private volatile Leadership leadership = new Standby(Optional.empty());
  private @Nullable Core core;
  private BooleanSupplier mayDecide = () -> false;
  private List<Early> early = new ArrayList<>();
  private long ticked;

  /**
   * One that decides.
   *
   * @param clock milliseconds since the epoch, that no step of the machine's clock moves
   * @param dropped ends all streams: whoever is on one has to begin anew with the next core
   */
  public Loop(LongSupplier clock, Runnable dropped) {
    this(clock, dropped, Thread.ofPlatform().name("scheduler-core").daemon(true).factory());
  }

  /**
   * One for a rehearsal.
   *
   * @param made makes its thread
   */
  public Loop(LongSupplier clock, Runnable dropped, ThreadFactory made) {
    this.clock = clock;
    this.dropped = dropped;
    this.thread = Executors.newSingleThreadScheduledExecutor(made);
    long tick = TICK.toMillis();
    var unused = thread.scheduleAtFixedRate(this::tick, tick, tick, TimeUnit.MILLISECONDS);
  }

  public Leadership leadership() {
    return leadership;
  }

  /**
   * Begins to lead, with a new core.
   *
   * @param mayDecide asked before each input: once it may not, the core is dropped before it sees
   *     it, however long this process was stopped
   * @param first what it sees before anything else
   */
  public void lead(BooleanSupplier mayDecide, LongFunction<Core> made, Input first) {
    run(
        () -> {
          drop(new Starting());
          if (mayDecide.getAsBoolean()) {
            ticked = clock.getAsLong();
            core = made.apply(ticked);
            this.mayDecide = mayDecide;
            leadership = new Leading();
            first.to(core, ticked);
            lookAtEarlyOnes();
          } else {
            leadership = new Standby(Optional.empty());
          }
        });
  }

  /** The core, if it may decide now. */
  private @Nullable Core deciding() {
    if (core != null && !mayDecide.getAsBoolean()) {
      log.warn("The lease under which the core began is not certain any more; it is dropped");
      drop(new Standby(Optional.empty()));
    }
    return core;
  }

  /** Leads no more, or not yet. */
  public void stop(Leadership instead) {
    run(() -> drop(instead));
  }

  /**
   * The core is over, for a reason outside of it; who still holds the lease begins anew.
   *
   * @param still asked in its turn: whether the core that is meant is still this one
   */
  public void over(BooleanSupplier still, String why) {
    run(
        () -> {
          if (still.getAsBoolean()) {
            log.warn("The core is dropped: {}", why);
            drop(new Standby(Optional.empty()));
          }
        });
  }

  private void drop(Leadership instead) {
    leadership = instead;
    if (core != null) {
      core = null;
      dropped.run();
    }
  }

  /** Hands the core an input; when there is none, says so on the same thread. */
  public void submit(Input input, Runnable notLeading) {
    run(
        () -> {
          @Nullable Core deciding = deciding();
          if (deciding == null) {
            notLeading.run();
          } else {
            input.to(deciding, clock.getAsLong());
          }
        });
  }

  /**
   * The same, for one who is to be kept waiting rather than be sent away, all the way here, when
   * this scheduler is about to lead.
   *
   * @param soon whether it is, although it has not begun to
   */
  public void submitOrKeep(Input input, Runnable notLeading, BooleanSupplier soon) {
    run(() -> see(new Early(input, notLeading, soon)));
  }

  private void see(Early one) {
    @Nullable Core deciding = deciding();
    if (deciding != null) {
      one.input().to(deciding, clock.getAsLong());
    } else if (leadership instanceof Starting || one.soon().getAsBoolean()) {
      early.add(one);
    } else {
      one.notLeading().run();
    }
  }

  /** Each in its turn, so that the clock ticks between them. */
  private void lookAtEarlyOnes() {
    List<Early> those = early;
    early = new ArrayList<>();
    those.forEach(each -> run(() -> see(each)));
  }

  /** An input that does not matter when nobody leads. */
  public void submit(Input input) {
    submit(input, () -> {});
  }

  private void tick() {
    guarded(
        () -> {
          @Nullable Core deciding = deciding();
          if (deciding == null) {
            if (!(leadership instanceof Starting)) {
              lookAtEarlyOnes();
            }
            return;
          }
          long now = clock.getAsLong();
          long late = now - ticked - TICK.toMillis();
          ticked = now;
          if (late > LATE.toMillis()) {
            log.warn("The core's thread was kept for {} ms", late);
            deciding.paused(late, now);
          }
          deciding.tick(now);
        });
  }

  private void run(Runnable what) {
    try {
      thread.execute(() -> guarded(what));
    } catch (RejectedExecutionException e) {
      log.debug("an input after the end", e);
    }
  }

  private void guarded(Runnable what) {
    try {
      what.run();
    } catch (RuntimeException e) {
      log.error("a fault of the scheduler's core; it begins anew", e);
      drop(new Standby(Optional.empty()));
    } catch (Error e) {
      // no memory, no stack, a class that is missing: whether anything here still works is unknown
      leadership = new Standby(Optional.empty());
      core = null;
      Thread self = Thread.currentThread();
      self.getUncaughtExceptionHandler().uncaughtException(self, e);
    }
  }

  @Override
  public void close() {
    thread.shutdownNow();
  }
}
