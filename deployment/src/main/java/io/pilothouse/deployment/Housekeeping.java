package io.pilothouse.deployment;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.pilothouse.filesync.server.Collector;
import io.pilothouse.filesync.server.Collector.Collected;
import io.pilothouse.filesync.server.ContentStore;
import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Removes from a replica what the Device Manager does not name any more. */
final class Housekeeping {
  private static final Logger log = LoggerFactory.getLogger(Housekeeping.class);

  /** A list that is older says too little about what was named since. */
  private static final Duration FRESH = Duration.ofMinutes(1);

  private final Collector collector;
  private final Counter contents;
  private final Counter chunks;
  private final Counter bytes;
  private volatile Set<String> named = Set.of();
  private volatile long namedAt;

  Housekeeping(ContentStore store, Duration collectAfter, MeterRegistry meters) {
    this.collector = new Collector(store, collectAfter);
    this.contents = meters.counter("pilot.content.collected.contents");
    this.chunks = meters.counter("pilot.content.collected.chunks");
    this.bytes = meters.counter("pilot.content.collected.bytes");
  }

  /** The Device Manager names these contents now. */
  void named(Set<String> digests) {
    named = Set.copyOf(digests);
    namedAt = System.nanoTime();
  }

  /** One pass. One that names nothing at all may have lost its memory: then all is kept. */
  void collect() throws IOException {
    if (named.isEmpty() || System.nanoTime() - namedAt > FRESH.toNanos()) {
      return;
    }
    Collected collected = collector.collect(named);
    contents.increment(collected.contents());
    chunks.increment(collected.chunks());
    bytes.increment((double) collected.bytes());
    if (collected.contents() + collected.chunks() > 0) {
      log.info(
          "removed {} contents and {} chunks ({} bytes) that nobody names",
          collected.contents(),
          collected.chunks(),
          collected.bytes());
    }
  }

  Map<String, Object> status() {
    Map<String, Object> status = new TreeMap<>();
    status.put("contents", (long) contents.count());
    status.put("chunks", (long) chunks.count());
    status.put("bytes", (long) bytes.count());
    return status;
  }
}
