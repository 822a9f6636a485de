package io.pilothouse.testing.simulation.cluster;

import io.pilothouse.testing.simulation.Agenda;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Locale;

/**
 * What happened last. A run is not traced; one that fails is run again from its seed, traced, as it
 * comes out the same.
 */
final class Trace {
  private static final int KEPT = 120;

  private final Agenda agenda;
  private final long start;
  private final boolean on;
  private final Deque<String> lines = new ArrayDeque<>();
  private long count;
  private long hash = 1;

  Trace(Agenda agenda, boolean on) {
    this.agenda = agenda;
    this.start = agenda.now();
    this.on = on;
  }

  /** Each {@code %s} stands for the next value. */
  void say(String sentence, Object... values) {
    if (!on) {
      return;
    }
    double seconds = (agenda.now() - start) / 1e3;
    String line = String.format(Locale.ROOT, "%9.3f s  ", seconds) + filled(sentence, values);
    count++;
    hash = 31 * hash + line.hashCode();
    lines.add(line);
    if (lines.size() > KEPT) {
      lines.remove();
    }
  }

  private static String filled(String sentence, Object... values) {
    StringBuilder text = new StringBuilder();
    int from = 0;
    for (Object each : values) {
      int place = sentence.indexOf("%s", from);
      text.append(sentence, from, place).append(each);
      from = place + 2;
    }
    return text.append(sentence, from, sentence.length()).toString();
  }

  /** A number over all lines, those no longer kept included. */
  long fingerprint() {
    return 31 * hash + count;
  }

  @Override
  public String toString() {
    return String.join(System.lineSeparator(), lines);
  }
}
