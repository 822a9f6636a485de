package io.pilothouse.agent;

import io.pilothouse.watchdog.checks.Check;
import io.pilothouse.watchdog.checks.Finding;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * A process that ends again and again. {@code processes} forgets an end once the process has been
 * up for as long as its last pause; this remembers, so that one that serves well for a minute
 * between its crashes is found, too.
 */
final class CrashLoop implements Check {

  /**
   * How a process ended lately.
   *
   * @param ages of its ends, since each
   * @param last how the last one came
   */
  record Ends(String process, List<Duration> ages, String last) {
    long within(Duration window) {
      return ages.stream().filter(each -> each.compareTo(window) <= 0).count();
    }
  }

  private final Supplier<List<Ends>> ends;
  private final int most;
  private final Duration window;

  CrashLoop(Supplier<List<Ends>> ends, int most, Duration window) {
    this.ends = ends;
    this.most = most;
    this.window = window;
  }

  @Override
  public Finding look() {
    Optional<Ends> worst =
        ends.get().stream().max(Comparator.comparingLong(each -> each.within(window)));
    long count = worst.map(each -> each.within(window)).orElse(0L);
    if (count == 0) {
      return Finding.ok("no process ended within " + text(window));
    }
    String what =
        "%s ended %d times within %s, the last time it %s"
            .formatted(worst.get().process(), count, text(window), worst.get().last());
    return count >= most ? Finding.error("process.crash-loop", what) : Finding.ok(what);
  }

  private static String text(Duration duration) {
    return duration.toSeconds() < 120 ? duration.toSeconds() + " s" : duration.toMinutes() + " min";
  }
}
