package io.pilothouse.filesync.client;

import io.pilothouse.filesync.ContentException;
import io.pilothouse.filesync.ContentIndex.Chunk;
import io.pilothouse.filesync.Pack;
import io.pilothouse.filesync.client.Route.Outcome;
import io.pilothouse.filesync.client.Route.Source;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The chunks that a gathering lacks, handed out to its threads as requests to one source each.
 *
 * <p>Of requests to sources that answer at once few run at a time. Those to neighbours are held
 * there until there is something to send, so there are more of them, but few to one neighbour. A
 * thread that takes a request wakes the next one, which looks for another; the one that finds
 * nothing waits until a pause is over or something is put back.
 */
final class Batches {
  /** Of one request; what a cut connection can cost beyond a chunk is nothing. */
  private static final int PACK_BYTES = 4 << 20;

  /** Chunks that are looked through for those of one source. */
  private static final int LOOK_AHEAD = 4096;

  /** Requests at a time to sources that answer at once. */
  static final int DIRECT = Crew.SIZE;

  /** Threads: nearly all of these are waiting, each for another neighbour of a part of a rack. */
  static final int MOST = DIRECT + 48;

  /** Requests at a time to one neighbour: one that is answered and one that waits. */
  private static final int OF_ONE = 2;

  /** After this time the route is asked anew, though nobody has failed: some may be back. */
  private static final Duration REFRESHED = Duration.ofSeconds(2);

  private final Route route;
  private final Predicate<Chunk> alone;
  private final LongSupplier nanoTime;

  private final LinkedHashSet<Want> waiting = new LinkedHashSet<>();
  private final Map<String, Integer> held = new HashMap<>();
  private int direct;
  private int open;
  private long age;
  private long refreshedAt;

  /** What one request asks one source for. */
  record Batch(Source source, List<Want> wants) {}

  /**
   * Makes an empty set.
   *
   * @param alone whether a chunk is asked for in a request of its own
   */
  Batches(Route route, Predicate<Chunk> alone) {
    this(route, alone, System::nanoTime);
  }

  Batches(Route route, Predicate<Chunk> alone, LongSupplier nanoTime) {
    this.route = route;
    this.alone = alone;
    this.nanoTime = nanoTime;
    this.refreshedAt = nanoTime.getAsLong();
  }

  synchronized void add(List<Want> wants) {
    Map<Integer, List<Want>> turns = new TreeMap<>();
    for (Want each : wants) {
      int turn = route.turn(each.chunk.sha256());
      turns.computeIfAbsent(turn, any -> new ArrayList<>()).add(each);
    }
    turns.values().forEach(waiting::addAll);
    open = waiting.size();
  }

  /**
   * The next request; null when all came, or everything was stopped.
   *
   * @throws ContentException when nobody is left who may have a chunk
   */
  synchronized @Nullable Batch next() throws IOException, InterruptedException {
    while (open > 0) {
      long now = nanoTime.getAsLong();
      Batch batch = take(now);
      if (batch != null) {
        if (batch.source().awaited()) {
          held.merge(batch.source().address(), 1, Integer::sum);
        } else {
          direct++;
        }
        if (!waiting.isEmpty()) {
          notify();
        }
        return batch;
      }
      long pause = soonest(now);
      if (pause == Long.MAX_VALUE) {
        wait();
      } else {
        wait(TimeUnit.NANOSECONDS.toMillis(pause) + 1);
      }
    }
    return null;
  }

  private @Nullable Batch take(long now) throws ContentException {
    if (now - refreshedAt >= REFRESHED.toNanos()) {
      refreshedAt = now;
      age++;
    }
    Source source = null;
    List<Want> batch = new ArrayList<>();
    long bytes = 0;
    int looked = 0;
    for (Iterator<Want> i = waiting.iterator(); i.hasNext() && looked < LOOK_AHEAD; looked++) {
      Want want = i.next();
      if (want.notBefore - now > 0) {
        continue;
      }
      Source its = want.source(route, age);
      if (its == null) {
        throw new ContentException(
            "no source has a sound copy of chunk %s (asked: %s)"
                .formatted(want.chunk.sha256(), want.why()));
      }
      boolean only = alone.test(want.chunk);
      if (source == null ? mayAsk(its) : source.address().equals(its.address()) && !only) {
        source = its;
        batch.add(want);
        bytes += want.chunk.size();
        i.remove();
        if (only || bytes >= PACK_BYTES || batch.size() >= Pack.MOST_CHUNKS) {
          break;
        }
      }
    }
    return source == null ? null : new Batch(source, batch);
  }

  private boolean mayAsk(Source source) {
    if (!source.awaited()) {
      return direct < DIRECT;
    }
    return held.getOrDefault(source.address(), 0) < OF_ONE
        && (held.size() < DIRECT || route.hasLiveNeighbour());
  }

  private long soonest(long now) {
    long soonest = Long.MAX_VALUE;
    int looked = 0;
    for (Iterator<Want> i = waiting.iterator(); i.hasNext() && looked < LOOK_AHEAD; looked++) {
      long pause = i.next().notBefore - now;
      soonest = pause > 0 ? Math.min(soonest, pause) : soonest;
    }
    return soonest;
  }

  /** A request is over; its thread looks for the next. */
  synchronized void over(Batch batch) {
    if (batch.source().awaited()) {
      held.computeIfPresent(
          batch.source().address(), (any, count) -> count == 1 ? null : count - 1);
    } else {
      direct--;
    }
  }

  /** One came. */
  synchronized void came() {
    if (--open == 0) {
      notifyAll();
    }
  }

  /** What one could not do, for this machine's own trouble, the others cannot either. */
  synchronized void stop() {
    open = 0;
    waiting.clear();
    notifyAll();
  }

  /**
   * They were not sent.
   *
   * @param pause before a source is asked again that has it on its way, or too much to do
   */
  synchronized void putBack(
      Source source, Collection<Want> wants, Outcome outcome, String reason, Duration pause) {
    long now = nanoTime.getAsLong();
    for (Want each : wants) {
      each.refused(source, outcome, reason, now, pause.toNanos());
      if (outcome == Outcome.SOON && source.awaited()) {
        waiting.addLast(each); // others may have theirs by now
      } else {
        waiting.addFirst(each);
      }
    }
    // one that only has to be waited for is asked for other chunks as before
    age += outcome == Outcome.SOON ? 0 : 1;
    notify();
  }
}
