package io.pilothouse.dm.server;

import io.grpc.Context;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Map;
import java.util.function.IntSupplier;
import java.util.function.LongSupplier;

/**
 * Whether a call is served now or told to come later. Each class of calls has a mark on what is
 * under way of it and of the classes above: so the lower ones are turned away first, and nothing
 * that they do can turn away a higher one. Each caller has a rate and a number of open calls: so no
 * caller can take what is everybody's. It decides by counts and the clock that it is given.
 */
final class Admission {

  /** What became of a call that asked to be let in. */
  sealed interface Answer permits Ticket, Shed {}

  /** Why a call is turned away. */
  enum Reason {
    /** More is under way than the class's mark. */
    LOAD,
    /** More waits for the log than the class's mark. */
    LOG,
    /** The caller asks more often than one caller may. */
    RATE,
    /** The caller has too many calls open. */
    OPEN
  }

  /**
   * A call that is to come later.
   *
   * @param after for how long nothing will have changed
   */
  record Shed(CallClass callClass, Reason reason, String message, String remedy, Duration after)
      implements Answer {

    /** Whether it is the caller's own doing. */
    boolean isCallers() {
      return reason == Reason.RATE || reason == Reason.OPEN;
    }
  }

  /** That of the call at hand. */
  static final Context.Key<Ticket> TICKET = Context.key("ticket");

  private static final Duration OPEN_WAIT = Duration.ofSeconds(1);

  private final EdgeLimits limits;
  private final LongSupplier nanos;
  private final IntSupplier logWaiting;
  private final Callers callers;
  private final Map<CallClass, Integer> underWay = new EnumMap<>(CallClass.class);

  /**
   * Lets in nobody yet.
   *
   * @param nanos monotonic
   * @param logWaiting requests that wait for the log
   */
  Admission(EdgeLimits limits, LongSupplier nanos, IntSupplier logWaiting) {
    this.limits = limits;
    this.nanos = nanos;
    this.logWaiting = logWaiting;
    this.callers = new Callers(limits.callers());
    for (CallClass each : CallClass.values()) {
      underWay.put(each, 0);
    }
  }

  /** Lets a call in, or says why not. */
  Answer enter(Principal principal, CallClass callClass) {
    int waiting = logWaiting.getAsInt();
    synchronized (this) {
      long now = nanos.getAsLong();
      Callers.Account account = callers.of(principal, now);
      CallerRate rate = account.rate();
      if (account.working >= rate.atOnce()) {
        return tooManyOpen(principal, callClass, account.working, "under way");
      }
      if (account.open >= rate.open()) {
        return tooManyOpen(principal, callClass, account.open, "open");
      }
      TokenBucket bucket = account.bucket(now);
      boolean within = bucket.take();
      if (!within && (rate.strict() || isBusy(waiting))) {
        return tooOften(principal, callClass, rate, bucket.timeToWait());
      }
      int ahead = underWay(callClass);
      if (ahead >= limits.underWay(callClass) || waiting >= EdgeLimits.logWaiting(callClass)) {
        if (within) {
          bucket.giveBack();
        }
        return ahead >= limits.underWay(callClass)
            ? tooMuch(callClass, ahead)
            : logBehind(callClass, waiting);
      }
      account.open++;
      return new Ticket(account, callClass);
    }
  }

  private boolean isBusy(int waiting) {
    return underWay(CallClass.BACKGROUND) >= limits.busy() || waiting >= EdgeLimits.LOG_BEHIND;
  }

  /** Of this class and of all above it. */
  private int underWay(CallClass lowest) {
    int sum = 0;
    for (CallClass each : CallClass.values()) {
      sum += each.compareTo(lowest) <= 0 ? underWay.getOrDefault(each, 0) : 0;
    }
    return sum;
  }

  /** Calls of the class that are worked on. */
  synchronized int working(CallClass callClass) {
    return underWay.getOrDefault(callClass, 0);
  }

  /** Callers that are kept in mind. */
  synchronized int callers() {
    return callers.size();
  }

  private static Shed tooManyOpen(
      Principal principal, CallClass callClass, int calls, String what) {
    return new Shed(
        callClass,
        Reason.OPEN,
        "%s has %d calls %s; one caller may have so many".formatted(principal, calls, what),
        "end calls and read their answers before you make more",
        OPEN_WAIT);
  }

  private static Shed tooOften(
      Principal principal, CallClass callClass, CallerRate rate, Duration wait) {
    return new Shed(
        callClass,
        Reason.RATE,
        "%s calls more often than %d times a second".formatted(principal, rate.perSecond()),
        "call less often, or hand several things over in one call",
        wait);
  }

  private static Shed tooMuch(CallClass callClass, int ahead) {
    return new Shed(
        callClass,
        Reason.LOAD,
        "this replica is busy: %d calls are under way".formatted(ahead),
        "come again after the time that is named; what is more urgent goes first",
        pause(callClass));
  }

  private static Shed logBehind(CallClass callClass, int waiting) {
    return new Shed(
        callClass,
        Reason.LOG,
        "this replica is busy: %d requests wait for the log".formatted(waiting),
        "come again after the time that is named; what is more urgent goes first",
        pause(callClass));
  }

  /** The less it matters, the later. */
  private static Duration pause(CallClass callClass) {
    return switch (callClass) {
      case OPERATOR_AND_REPAIR -> Duration.ofMillis(500);
      case REPORT -> Duration.ofSeconds(2);
      case PULL -> Duration.ofSeconds(3);
      case BACKGROUND -> Duration.ofSeconds(10);
    };
  }

  /** A call that was let in. All steps may be taken more than once and from any thread. */
  final class Ticket implements Answer {
    private final Callers.Account account;
    private final CallClass callClass;
    private boolean working;
    private boolean over;
    private boolean gone;

    private Ticket(Callers.Account account, CallClass callClass) {
      this.account = account;
      this.callClass = callClass;
      setWorking(true);
    }

    CallClass callClass() {
      return callClass;
    }

    private void setWorking(boolean now) {
      if (working != now) {
        working = now;
        underWay.merge(callClass, now ? 1 : -1, Integer::sum);
        account.working += now ? 1 : -1;
      }
    }

    /** It waits for news from here on, which is no work. */
    void park() {
      synchronized (Admission.this) {
        setWorking(false);
      }
    }

    /** It goes on. */
    void resume() {
      synchronized (Admission.this) {
        setWorking(!over);
      }
    }

    /** Its handler is done. */
    void worked() {
      synchronized (Admission.this) {
        over = true;
        setWorking(false);
      }
    }

    /** Its answer has been read, or nobody is there to read it. */
    void gone() {
      synchronized (Admission.this) {
        over = true;
        setWorking(false);
        if (!gone) {
          gone = true;
          account.open--;
        }
      }
    }
  }
}
