package io.pilothouse.examples.index;

import java.util.Arrays;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** What became of the requests of one stretch of time. */
final class Phase {
  private static final double NANOS_PER_MS = 1e6;

  /** How a request ended. */
  enum Outcome {
    /** All columns answered. */
    COMPLETE,
    /** Some column is missing, and the answer says which. */
    PARTIAL,
    /** No frontend answered, or it found nothing where something is. */
    FAILED
  }

  private final String name;
  private final Map<Outcome, Integer> counts = new EnumMap<>(Outcome.class);
  private final Map<String, Integer> versions = new TreeMap<>();
  private long[] nanos = new long[1024];
  private int requests;
  private int moved;
  private int broken;

  Phase(String name) {
    this.name = name;
  }

  String name() {
    return name;
  }

  /**
   * A request ended.
   *
   * @param again whether it was asked of more than one frontend
   * @param by the versions that answered, joined; empty when none did
   */
  synchronized void took(Outcome outcome, long time, boolean again, String by) {
    if (requests == nanos.length) {
      nanos = Arrays.copyOf(nanos, requests * 2);
    }
    nanos[requests++] = time;
    moved += again ? 1 : 0;
    counts.merge(outcome, 1, Integer::sum);
    if (!by.isEmpty()) {
      versions.merge(by, 1, Integer::sum);
    }
  }

  /** A frontend took a request and did not answer it; whoever asked may have asked another. */
  synchronized void broke() {
    broken++;
  }

  /** Takes all of another one in. */
  synchronized void add(Phase other) {
    synchronized (other) {
      nanos = Arrays.copyOf(nanos, Math.max(1024, requests + other.requests));
      System.arraycopy(other.nanos, 0, nanos, requests, other.requests);
      requests += other.requests;
      moved += other.moved;
      broken += other.broken;
      other.counts.forEach((outcome, count) -> counts.merge(outcome, count, Integer::sum));
      other.versions.forEach((version, count) -> versions.merge(version, count, Integer::sum));
    }
  }

  synchronized int requests() {
    return requests;
  }

  /** Requests that were not answered in full. */
  synchronized int unanswered() {
    return count(Outcome.PARTIAL) + count(Outcome.FAILED);
  }

  private int count(Outcome outcome) {
    return counts.getOrDefault(outcome, 0);
  }

  /** The time within which this share of the requests ended; 0 when there were none. */
  private double percentile(double share) {
    if (requests == 0) {
      return 0;
    }
    long[] sorted = Arrays.copyOf(nanos, requests);
    Arrays.sort(sorted);
    int place = (int) Math.ceil(share * requests) - 1;
    return sorted[Math.max(0, place)] / NANOS_PER_MS;
  }

  /** For people. */
  synchronized String line() {
    String by =
        versions.entrySet().stream()
            .map(each -> each.getKey() + " x" + each.getValue())
            .collect(Collectors.joining(", "));
    return String.format(
        Locale.ROOT,
        "%6d requests  %6d complete  %d partial  %d failed  p50 %.1f ms  p99 %.1f ms  max %.1f ms  %s",
        requests,
        count(Outcome.COMPLETE),
        count(Outcome.PARTIAL),
        count(Outcome.FAILED),
        percentile(0.5),
        percentile(0.99),
        percentile(1),
        by);
  }

  /** For programs. */
  synchronized String json() {
    String by =
        versions.entrySet().stream()
            .map(each -> "\"%s\":%d".formatted(each.getKey(), each.getValue()))
            .collect(Collectors.joining(",", "{", "}"));
    return String.format(
        Locale.ROOT,
        "{\"phase\":\"%s\",\"requests\":%d,\"complete\":%d,\"partial\":%d,\"failed\":%d,\"moved\":%d,"
            + "\"broken\":%d,\"p50_ms\":%.1f,\"p99_ms\":%.1f,\"max_ms\":%.1f,\"versions\":%s}",
        name.replaceAll("[\"\\\\]", "'"),
        requests,
        count(Outcome.COMPLETE),
        count(Outcome.PARTIAL),
        count(Outcome.FAILED),
        moved,
        broken,
        percentile(0.5),
        percentile(0.99),
        percentile(1),
        by);
  }
}
