package io.pilothouse.filesync.server;

import io.pilothouse.filesync.Coming;
import io.pilothouse.filesync.Hold;
import io.pilothouse.filesync.server.Contents.At;
import io.pilothouse.filesync.server.Contents.Held;
import io.pilothouse.filesync.server.Contents.Soon;
import io.pilothouse.filesync.server.Transfers.Transfer;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Looks for what is asked for. Of what is on its way here a request that may be held waits for a
 * part, without a slot: an answer with a few chunks is worth its request, and what is asked for in
 * one piece does not all come before the first of it goes on.
 */
final class Lookup {
  /** Chunks that are worth an answer, */
  private static final int FEW = 4;

  /** or such a part of those that are asked for. */
  private static final int PART = 4;

  private final Contents contents;

  Lookup(Contents contents) {
    this.contents = contents;
  }

  /** Where something is. */
  interface Look {
    Held at(String hash) throws IOException;
  }

  /**
   * Looks for all of them.
   *
   * @return one for each, in that order; empty when the transfer has lost its slot
   */
  Optional<List<Held>> find(Look look, List<String> hashes, Transfer transfer)
      throws IOException, InterruptedException {
    Duration hold = transfer.holdLeft();
    List<Held> found = all(look, hashes);
    if (hold.isZero() || lacking(found) == 0) {
      return Optional.of(found);
    }
    Optional<Coming> begun = contents.await(soon(hashes, found));
    if (begun.isEmpty()) {
      return Optional.of(found);
    }
    transfer.stepAside();
    try (Coming coming = begun.get()) {
      long until = System.nanoTime() + hold.toNanos();
      found = all(look, hashes); // something may have come before the wait began
      for (int lacking = lacking(found); lacking > 0; lacking = lacking(found)) {
        Duration left = Duration.ofNanos(Math.max(0, until - System.nanoTime()));
        boolean timely = coming.await(lacking, left);
        found = all(look, hashes);
        if (!timely) {
          break;
        }
      }
    }
    return transfer.stepBack(Hold.LONGEST) ? Optional.of(found) : Optional.empty();
  }

  private static List<Held> all(Look look, List<String> hashes) throws IOException {
    List<Held> found = new ArrayList<>(hashes.size());
    for (String each : hashes) {
      found.add(look.at(each));
    }
    return found;
  }

  private static Set<String> soon(List<String> hashes, List<Held> found) {
    Set<String> soon = new LinkedHashSet<>();
    for (int i = 0; i < found.size(); i++) {
      if (found.get(i) instanceof Soon) {
        soon.add(hashes.get(i));
      }
    }
    return soon;
  }

  /** How many more of those that are on their way make it worth an answer. */
  private static int lacking(List<Held> found) {
    long here = found.stream().filter(At.class::isInstance).count();
    long soon = found.stream().filter(Soon.class::isInstance).count();
    long wanted = Math.max(FEW, found.size() / PART) - here;
    return Math.toIntExact(Math.max(0, Math.min(wanted, soon)));
  }
}
