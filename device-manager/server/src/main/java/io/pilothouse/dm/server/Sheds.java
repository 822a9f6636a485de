package io.pilothouse.dm.server;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Calls that this replica turned away: counted for good, and kept in mind while it goes on. */
final class Sheds {

  private static final Logger log = LoggerFactory.getLogger(Sheds.class);

  /** So long after the last one people are still told. */
  private static final Duration SHOWN = Duration.ofMinutes(5);

  private static final Duration BETWEEN_LINES = Duration.ofSeconds(1);

  /** The rest would not be read, and names can be made up. */
  private static final int CALLERS_SHOWN = 20;

  /**
   * Some that go on, or ended just now.
   *
   * @param count since it began
   * @param at when the last one was, on the monotonic clock
   */
  record Spell(long count, long at) {}

  private final MeterRegistry metrics;
  private @Nullable Long toldAt;
  private final Map<CallClass, Spell> byLoad = new EnumMap<>(CallClass.class);
  private final Map<String, Spell> byCaller =
      new LinkedHashMap<>(16, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Spell> eldest) {
          return size() > CALLERS_SHOWN;
        }
      };

  Sheds(Admission admission, MeterRegistry metrics) {
    this.metrics = metrics;
    for (CallClass each : CallClass.values()) {
      for (Admission.Reason reason : Admission.Reason.values()) {
        var unused = counter(each, reason); // there from the start, at 0
      }
      Gauge.builder("dm.working", admission, all -> all.working(each))
          .description("Calls that are worked on; those that wait for news are in dm.waiters")
          .tag("class", each.label())
          .register(metrics);
    }
  }

  private Counter counter(CallClass callClass, Admission.Reason reason) {
    return Counter.builder("dm.shed")
        .description("Calls that were told to come later")
        .tag("class", callClass.label())
        .tag("reason", reason.name().toLowerCase(Locale.ROOT))
        .register(metrics);
  }

  void note(Principal principal, Admission.Shed shed, long nanoTime) {
    counter(shed.callClass(), shed.reason()).increment();
    boolean begins =
        shed.isCallers()
            ? count(byCaller, principal.toString(), nanoTime)
            : count(byLoad, shed.callClass(), nanoTime);
    if (begins && mayTell(nanoTime)) {
      log.warn("Calls are turned away ({}): {}", shed.callClass().label(), shed.message());
    }
  }

  /** A fleet that does it together must not fill the disk with lines: the metrics count. */
  private synchronized boolean mayTell(long nanoTime) {
    if (toldAt != null && nanoTime - toldAt < BETWEEN_LINES.toNanos()) {
      return false;
    }
    toldAt = nanoTime;
    return true;
  }

  private synchronized <K> boolean count(Map<K, Spell> spells, K key, long nanoTime) {
    Spell before = spells.getOrDefault(key, new Spell(0, nanoTime));
    boolean begins = before.count() == 0 || isOver(before, nanoTime);
    spells.put(key, new Spell(begins ? 1 : before.count() + 1, nanoTime));
    return begins;
  }

  private static boolean isOver(Spell spell, long nanoTime) {
    return nanoTime - spell.at() > SHOWN.toNanos();
  }

  /** For more to do than there is room for, by class. */
  synchronized Map<CallClass, Spell> ofLoad(long nanoTime) {
    byLoad.values().removeIf(each -> isOver(each, nanoTime));
    return new EnumMap<>(byLoad);
  }

  /** For what one caller did, by its name. */
  synchronized Map<String, Spell> ofCallers(long nanoTime) {
    byCaller.values().removeIf(each -> isOver(each, nanoTime));
    return new TreeMap<>(byCaller);
  }
}
