package io.pilothouse.dm.server;

import io.grpc.Context;
import io.grpc.Context.CancellationListener;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.pilothouse.api.log.v1.Event;
import io.pilothouse.dm.raft.CommitListener;
import io.pilothouse.dm.state.Applied;
import io.pilothouse.dm.state.Change;
import java.time.Duration;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Long polls that wait for news, by what they wait for; the kick. A waiter is opened before the
 * state is read, so no change can fall between. A lost wake-up would cost one poll interval.
 */
final class Waiters implements CommitListener, AutoCloseable {

  /** Of so many places machines leave one to others, who are few. */
  private static final int OTHERS_SHARE = 20;

  private static final Duration FULL_WAIT = Duration.ofSeconds(5);

  /** One call that waits. */
  final class Waiter implements AutoCloseable {
    private final Set<Topic> topics;
    private final Semaphore kicks = new Semaphore(0);
    private final Context call = Context.current();
    private final CancellationListener gone = context -> kicks.release();
    private final Admission.@Nullable Ticket ticket = Admission.TICKET.get();
    private boolean woken;

    private Waiter(Set<Topic> topics) {
      this.topics = topics;
      call.addListener(gone, Runnable::run);
    }

    /**
     * Returns when something was touched since the last call, or the time or the call is over.
     *
     * @return false when the time is over, and nothing was touched
     */
    boolean await(Duration most) {
      if (closed) {
        // opened after the last kick: nothing would wake it
        throw Refusals.shuttingDown();
      }
      park();
      boolean kicked;
      try {
        kicked = kicks.tryAcquire(most.toNanos(), TimeUnit.NANOSECONDS);
        kicks.drainPermits();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw Refusals.shuttingDown();
      }
      if (closed) {
        throw Refusals.shuttingDown();
      }
      resume(kicked);
      return kicked;
    }

    private void park() {
      if (ticket != null) {
        ticket.park();
      }
      leave();
    }

    /** A change may wake a whole fleet: what is more urgent need not wait until all have looked. */
    private void resume(boolean toLook) {
      if (ticket != null) {
        if (toLook && ticket.callClass() == CallClass.PULL) {
          looking.acquireUninterruptibly(); // who has one answers or parks soon
          woken = true;
        }
        ticket.resume();
      }
    }

    private void leave() {
      if (woken) {
        woken = false;
        looking.release();
      }
    }

    @Override
    public void close() {
      leave();
      call.removeListener(gone);
      for (Topic topic : topics) {
        byTopic.computeIfPresent(
            topic,
            (key, waiters) -> {
              waiters.remove(this);
              return waiters.isEmpty() ? null : waiters;
            });
      }
      open.decrementAndGet();
    }
  }

  private final Map<Topic, Set<Waiter>> byTopic = new ConcurrentHashMap<>();
  private final AtomicInteger open = new AtomicInteger();
  private final int limit;
  private final Semaphore looking;
  private final MovedLeases movedTo = new MovedLeases();
  private volatile boolean closed;

  /** Waits for as many calls at once as the limits say. */
  Waiters(EdgeLimits limits, MeterRegistry metrics) {
    this.limit = limits.parked();
    this.looking = new Semaphore(limits.woken(), true);
    Gauge.builder("dm.waiters", open, AtomicInteger::get)
        .description("Long polls that wait for a change")
        .register(metrics);
  }

  /** Starts to note changes of the topics. */
  Waiter open(Set<Topic> topics) {
    return open(topics, limit)
        .orElseThrow(
            () ->
                Refusals.later(
                    "%d calls wait for news here already".formatted(limit),
                    "ask without wait_ms, or ask another replica",
                    FULL_WAIT));
  }

  /** The same for a machine; empty when there is no place, and it must not wait here. */
  Optional<Waiter> openForMachine(Set<Topic> topics) {
    return open(topics, limit - limit / OTHERS_SHARE);
  }

  private Optional<Waiter> open(Set<Topic> topics, int most) {
    if (open.incrementAndGet() > most) {
      open.decrementAndGet();
      return Optional.empty();
    }
    Waiter waiter = new Waiter(topics);
    for (Topic topic : topics) {
      byTopic.compute(
          topic,
          (key, waiters) -> {
            Set<Waiter> all = waiters == null ? ConcurrentHashMap.newKeySet() : waiters;
            all.add(waiter);
            return all;
          });
    }
    return Optional.of(waiter);
  }

  int count() {
    return open.get();
  }

  @Override
  public void applied(long index, Applied applied) {
    Set<Topic> touched = new HashSet<>();
    for (Event event : applied.events()) {
      Change change = Change.of(event);
      touched.addAll(Topic.of(change));
      touched.addAll(movedTo.of(change));
    }
    for (Topic topic : touched) {
      byTopic.getOrDefault(topic, Set.of()).forEach(waiter -> waiter.kicks.release());
    }
  }

  @Override
  public void leadershipChanged(boolean leader) {
    // operators' polls go on at the new leader
    wakeAll();
  }

  @Override
  public void stateReplaced(long index) {
    wakeAll();
  }

  /** Ends all calls that wait, so that a stop need not wait for them. */
  @Override
  public void close() {
    closed = true;
    wakeAll();
  }

  private void wakeAll() {
    byTopic.values().forEach(waiters -> waiters.forEach(waiter -> waiter.kicks.release()));
  }
}
