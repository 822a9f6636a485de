package io.pilothouse.scheduler.http;

import io.pilothouse.scheduler.http.RateLimits.Limit;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Lets calls of frameworks in to the core, so that nobody has it for himself: of each caller only a
 * few are with the core at a time, however many he sends, and the others wait here without a
 * thread. So a call waits for a few of each caller, not for all that somebody sent before. Who has
 * a limit waits for that, too. What waits is bounded; more is refused, and that is said.
 */
public final class Turns {
  /** Of one caller, with the core: enough that it never has to wait for more of them. */
  static final int AT_ONCE = 16;

  /** Of one caller that may wait, unless his limit says otherwise; and their bytes. */
  static final int MOST_WAITING = 10_000;

  /** Of one caller, and of all: a small part of the memory that there is. */
  static final long MOST_BYTES = Runtime.getRuntime().maxMemory() / 32;

  private static final long MOST_BYTES_OF_ALL = Runtime.getRuntime().maxMemory() / 8;

  /** What one takes beside its bytes, and again as much as those for what they say. */
  private static final int EACH = 1024;

  private static final Logger log = LoggerFactory.getLogger(Turns.class);

  /** Longer none waits for a limit: connections without a byte are closed after two minutes. */
  static final Duration LONGEST = Duration.ofMinutes(1);

  private static final long SECOND = Duration.ofSeconds(1).toNanos();

  /** Who calls: all that go by the same name take turns as one. */
  sealed interface Caller {
    /** For people. */
    String words();

    record Principal(String name) implements Caller {
      @Override
      public String words() {
        return "principal " + name;
      }
    }

    /** All principals without a limit of their own. */
    record OtherPrincipals() implements Caller {
      @Override
      public String words() {
        return "all principals without a limit of their own";
      }
    }

    /** Nobody is asked who he is: the one at the end of an open stream. */
    record OnStream(String id) implements Caller {
      @Override
      public String words() {
        return "the framework on stream " + id;
      }
    }

    /** All at one address that have no stream. */
    record At(String address) implements Caller {
      @Override
      public String words() {
        return "address " + address;
      }
    }
  }

  /**
   * A call that is not taken.
   *
   * @param retryAfter seconds
   */
  record Refusal(String text, long retryAfter) {}

  /** What runs something later. */
  public interface Timer {
    void after(long nanos, Runnable what);
  }

  private record Waiting(int bytes, Consumer<Runnable> call) {}

  /** The calls of one caller. Guarded by itself. */
  private static final class Queue {
    final Caller caller;
    final Limit limit;

    /** What acknowledges has a way of its own: it frees what others wait for. */
    final Deque<Waiting> acknowledging = new ArrayDeque<>();

    final Deque<Waiting> others = new ArrayDeque<>();
    long bytes;
    int atCore;
    boolean acknowledgedLast;
    boolean timed;

    /** Calls that may go at once, and as of when. */
    double credit;

    long at;

    Queue(Caller caller, Limit limit, long now) {
      this.caller = caller;
      this.limit = limit;
      this.credit = Math.max(1, limit.perSecond());
      this.at = now;
    }

    int waiting() {
      return acknowledging.size() + others.size();
    }

    /** As many as wait a minute at most. */
    int room() {
      int capacity = limit.capacity() == 0 ? MOST_WAITING : limit.capacity();
      return limit.perSecond() == 0
          ? capacity
          : (int)
              Math.min(capacity, Math.max(1, Math.ceil(limit.perSecond() * LONGEST.toSeconds())));
    }

    /** Nanoseconds until one more may go; a second's worth is kept for those who were silent. */
    long untilNext(long now) {
      if (limit.perSecond() == 0) {
        return 0;
      }
      double earned = (now - at) * limit.perSecond() / SECOND;
      credit = Math.min(Math.max(1, limit.perSecond()), credit + earned);
      at = now;
      return credit >= 1 ? 0 : (long) Math.ceil((1 - credit) * SECOND / limit.perSecond());
    }

    /** The two take turns, so that neither keeps the other waiting. */
    Waiting remove() {
      boolean acknowledges = others.isEmpty() || (!acknowledging.isEmpty() && !acknowledgedLast);
      acknowledgedLast = acknowledges;
      Waiting next = (acknowledges ? acknowledging : others).remove();
      bytes -= next.bytes();
      return next;
    }

    /** Whether nothing is lost when it is made anew. */
    boolean isIdle(long now) {
      return waiting() == 0
          && atCore == 0
          && untilNext(now) == 0
          && (limit.perSecond() == 0 || credit >= Math.max(1, limit.perSecond()));
    }
  }

  private final RateLimits limits;
  private final LongSupplier nanos;
  private final Timer timer;
  private final Map<Caller, Queue> queues = new HashMap<>();
  private final AtomicLong refused = new AtomicLong();
  private final AtomicLong waitingBytes = new AtomicLong();

  /**
   * With nobody in a queue.
   *
   * @param nanos of a clock that is never set back
   */
  public Turns(RateLimits limits, LongSupplier nanos, Timer timer) {
    this.limits = limits;
    this.nanos = nanos;
    this.timer = timer;
  }

  /** By principal where there are principals, else by stream, else by address. */
  Caller caller(Optional<String> principal, Optional<String> openStream, String address) {
    if (principal.isPresent()) {
      return limits.ofOthers().isPresent() && limits.of(principal.get()).isEmpty()
          ? new Caller.OtherPrincipals()
          : new Caller.Principal(principal.get());
    }
    return openStream.<Caller>map(Caller.OnStream::new).orElseGet(() -> new Caller.At(address));
  }

  private Limit limit(Caller caller) {
    return switch (caller) {
      case Caller.Principal principal -> limits.of(principal.name()).orElse(Limit.NONE);
      case Caller.OtherPrincipals others -> limits.ofOthers().orElse(Limit.NONE);
      case Caller.OnStream stream -> Limit.NONE;
      case Caller.At at -> Limit.NONE;
    };
  }

  /**
   * Takes a call, or says why not.
   *
   * @param acknowledges it goes past others of the same caller, in turn with them
   * @param call run when its turn has come, on any thread; it is given what it must run, once, when
   *     the core has seen it
   */
  Optional<Refusal> take(Caller caller, boolean acknowledges, int bytes, Consumer<Runnable> call) {
    int held = 2 * bytes + EACH;
    Queue queue;
    synchronized (queues) {
      queue = queues.computeIfAbsent(caller, c -> new Queue(c, limit(c), nanos.getAsLong()));
      synchronized (queue) {
        long all = waitingBytes.get();
        boolean heavy =
            (queue.waiting() > 0 && queue.bytes + held > MOST_BYTES)
                || (all > 0 && all + held > MOST_BYTES_OF_ALL);
        if (queue.waiting() >= queue.room() || heavy) {
          refused.incrementAndGet();
          return Optional.of(refusal(queue));
        }
        (acknowledges ? queue.acknowledging : queue.others).add(new Waiting(held, call));
        queue.bytes += held;
        waitingBytes.addAndGet(held);
      }
    }
    advance(queue);
    return Optional.empty();
  }

  private static Refusal refusal(Queue queue) {
    Limit limit = queue.limit;
    String rate =
        limit.perSecond() == 0
            ? ""
            : ", of which %s a second are taken".formatted(number(limit.perSecond()));
    long seconds =
        limit.perSecond() == 0 ? 1 : (long) Math.max(1, Math.ceil(1 / limit.perSecond()));
    return new Refusal(
        ("%d calls (%d bytes) of %s wait already%s, and no more are taken: call again later and less"
                + " often, with several offers and operations in one call; an operator can give"
                + " more by --rate-limits")
            .formatted(queue.waiting(), queue.bytes, queue.caller.words(), rate),
        seconds);
  }

  private static String number(double number) {
    return number == Math.rint(number) ? Long.toString((long) number) : Double.toString(number);
  }

  /** Lets in what may go. */
  private void advance(Queue queue) {
    for (Waiting next = next(queue); next != null; next = next(queue)) {
      try {
        next.call().accept(() -> seen(queue));
      } catch (RuntimeException e) { // before the core had it, so nobody else frees its place
        log.error("A call of {} could not begin", queue.caller.words(), e);
        synchronized (queue) {
          queue.atCore--;
        }
      }
    }
  }

  private @Nullable Waiting next(Queue queue) {
    synchronized (queue) {
      if (queue.waiting() == 0 || queue.atCore >= AT_ONCE) {
        return null;
      }
      long until = queue.untilNext(nanos.getAsLong());
      if (until > 0) {
        if (!queue.timed) {
          queue.timed = true;
          timer.after(until, () -> isTime(queue));
        }
        return null;
      }
      queue.atCore++;
      queue.credit--;
      Waiting next = queue.remove();
      waitingBytes.addAndGet(-next.bytes());
      return next;
    }
  }

  private void isTime(Queue queue) {
    synchronized (queue) {
      queue.timed = false;
    }
    advance(queue);
  }

  private void seen(Queue queue) {
    synchronized (queue) {
      queue.atCore--;
    }
    advance(queue);
    synchronized (queues) {
      synchronized (queue) {
        if (queue.isIdle(nanos.getAsLong())) {
          queues.remove(queue.caller, queue);
        }
      }
    }
  }

  /** Callers that have a queue now. */
  int callers() {
    synchronized (queues) {
      return queues.size();
    }
  }

  /** Calls that wait. */
  public int waiting() {
    synchronized (queues) {
      int sum = 0;
      for (Queue each : queues.values()) {
        synchronized (each) {
          sum += each.waiting();
        }
      }
      return sum;
    }
  }

  /** Calls that were refused so far. */
  public long refused() {
    return refused.get();
  }

  /** Of a timer that outlives what it is for: a call that waits is answered or its caller gone. */
  public static Timer timer(ScheduledExecutorService thread) {
    return (after, what) -> {
      var unused = thread.schedule(what, after, TimeUnit.NANOSECONDS);
    };
  }
}
