package io.pilothouse.framework.testing;

import io.pilothouse.mesos.v1.scheduler.Call;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Calls that came, until a test has asked for them. */
final class Heard {
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  private final List<Call> calls = new ArrayList<>();

  synchronized void add(Call call) {
    calls.add(call);
    notifyAll();
  }

  synchronized List<Call> of(Call.Type type) {
    return calls.stream().filter(each -> each.getType() == type).toList();
  }

  /** Waits for one of the type, and takes it. */
  synchronized Call next(Call.Type type) throws InterruptedException {
    long end = System.nanoTime() + PATIENCE.toNanos();
    while (true) {
      for (Iterator<Call> each = calls.iterator(); each.hasNext(); ) {
        Call call = each.next();
        if (call.getType() == type) {
          each.remove();
          return call;
        }
      }
      long left = end - System.nanoTime();
      if (left <= 0) {
        throw new AssertionError(
            "no %s within %d s; there are %s"
                .formatted(type, PATIENCE.toSeconds(), calls.stream().map(Call::getType).toList()));
      }
      TimeUnit.NANOSECONDS.timedWait(this, Math.max(left, 1_000_000));
    }
  }
}
