package io.pilothouse.scheduler.allocator;

import io.pilothouse.scheduler.allocator.Allocator.Unavailability;
import java.util.TreeMap;
import java.util.TreeSet;

/** What is asked and answered about an agent that is to be taken away. */
final class Leaving {
  final Unavailability when;
  final TreeSet<String> asked = new TreeSet<>();
  final TreeMap<String, Boolean> answers = new TreeMap<>();

  /** By framework: until when it does not want to be asked again. */
  final TreeMap<String, Long> refusedUntil = new TreeMap<>();

  Leaving(Unavailability when) {
    this.when = when;
  }
}
