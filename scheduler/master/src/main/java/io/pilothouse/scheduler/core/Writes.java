package io.pilothouse.scheduler.core;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Iterator;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What was said to be written down and is not yet, and what follows when it is. */
final class Writes {
  private static final Logger log = LoggerFactory.getLogger(Writes.class);

  private final Outbox outbox;
  private final Deque<Waiting> waiting = new ArrayDeque<>();
  private long last;

  private record Waiting(long number, Runnable written, Consumer<String> refused) {}

  Writes(Outbox outbox) {
    this.outbox = outbox;
  }

  /**
   * @param written what waits for it
   * @param refused it never will be, and why
   */
  void write(Write what, Runnable written, Consumer<String> refused) {
    waiting.add(new Waiting(++last, written, refused));
    outbox.write(last, what);
  }

  /** Nothing waits for it. */
  void behind(Write what) {
    write(what, () -> {}, why -> log.error("{} is not kept: {}", what, why));
  }

  void written(long upTo) {
    while (!waiting.isEmpty() && waiting.peek().number() <= upTo) {
      waiting.remove().written().run();
    }
  }

  void refused(long number, String why) {
    for (Iterator<Waiting> all = waiting.iterator(); all.hasNext(); ) {
      Waiting each = all.next();
      if (each.number() == number) {
        all.remove();
        each.refused().accept(why);
        return;
      }
    }
  }
}
