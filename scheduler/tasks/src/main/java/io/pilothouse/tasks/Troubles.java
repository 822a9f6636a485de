package io.pilothouse.tasks;

import io.pilothouse.filesync.DiskFull;
import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What is tried again in each round and does not work: said once, and once more when it does, so
 * that a disk that is full for a day is two lines.
 */
final class Troubles {
  private static final Logger log = LoggerFactory.getLogger(Troubles.class);

  private final Map<String, String> known = new HashMap<>();

  /**
   * It does not work.
   *
   * @param what to be read before its reason: {@code the end of task t}
   */
  synchronized void failed(String what, Exception e) {
    String why =
        e instanceof IOException io && DiskFull.is(io)
            ? "the machine's disk is full (%s); it is done as soon as there is room".formatted(e)
            : e.toString();
    if (!why.equals(known.put(what, why))) {
      log.warn("{} waits: {}", what, why);
    }
  }

  /** It works, if it did not before. */
  synchronized void worked(String what) {
    if (known.remove(what) != null) {
      log.info("{} waits no more", what);
    }
  }
}
