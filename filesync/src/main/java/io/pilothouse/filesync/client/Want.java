package io.pilothouse.filesync.client;

import io.pilothouse.filesync.ContentIndex.Chunk;
import io.pilothouse.filesync.ContentIndex.FileEntry;
import io.pilothouse.filesync.client.Route.Outcome;
import io.pilothouse.filesync.client.Route.Source;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A chunk that is to be brought, where to, and how far asking for it has come. */
final class Want {
  private static final int ROUNDS = 2;
  private static final int ROUNDS_WHEN_BUSY = 6;

  final Chunk chunk;
  final List<Place> places = new ArrayList<>(1);

  /** It is not asked for before this time of the gathering's clock. */
  long notBefore;

  /** Whom to ask, best first, in this round. */
  private List<Source> left = List.of();

  private long asOf = -1;
  private boolean asked;
  private int round = 1;
  private boolean busy;
  private final List<Source> again = new ArrayList<>(0);
  private Map<String, String> why = Map.of();

  /**
   * Where a chunk belongs.
   *
   * @param offset of its first byte in the file
   */
  record Place(FileEntry file, long offset) {}

  Want(Chunk chunk) {
    this.chunk = chunk;
  }

  /**
   * Whom to ask now; null when nobody is left.
   *
   * @param age changes when the route has learnt something
   */
  @Nullable Source source(Route route, long age) {
    if (asOf != age) {
      List<Source> named = route.sources(chunk.sha256());
      List<Source> still = asked ? left.stream().filter(named::contains).toList() : named;
      if (!asked || !still.isEmpty()) {
        left = still; // whoever has failed others in the meantime is not waited for
      }
      asOf = age;
    }
    return left.isEmpty() ? null : left.getFirst();
  }

  /**
   * The source did not send it.
   *
   * @param delayNanos before one is asked again that had too much to do
   */
  void refused(Source source, Outcome outcome, String reason, long now, long delayNanos) {
    if (why.isEmpty()) {
      why = new LinkedHashMap<>();
    }
    why.put(source.address(), reason);
    boolean later = outcome == Outcome.BUSY || outcome == Outcome.SOON;
    if (later && source.awaited()) {
      // as long as the route names it
      notBefore = now + delayNanos;
      asked = false;
      round = 1;
      again.clear();
      asOf = -1;
      return;
    }
    busy |= later;
    if (later || outcome == Outcome.FAILED) {
      again.add(source); // one that does not have it, or lies, is not asked again
    }
    asked = true;
    left = left.subList(1, left.size());
    if (left.isEmpty() && !again.isEmpty() && round < (busy ? ROUNDS_WHEN_BUSY : ROUNDS)) {
      notBefore = busy ? now + delayNanos : now;
      left = List.copyOf(again);
      again.clear();
      round++;
      busy = false;
    }
  }

  /** Why nobody sent it, for the message. */
  String why() {
    return why.isEmpty()
        ? "none is known"
        : String.join(
            "; ", why.entrySet().stream().map(e -> e.getKey() + ": " + e.getValue()).toList());
  }
}
