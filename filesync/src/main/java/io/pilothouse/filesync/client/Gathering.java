package io.pilothouse.filesync.client;

import io.pilothouse.filesync.ContentException;
import io.pilothouse.filesync.ContentIndex.Chunk;
import io.pilothouse.filesync.Pack;
import io.pilothouse.filesync.Sha256;
import io.pilothouse.filesync.client.Route.Outcome;
import io.pilothouse.filesync.client.Route.Source;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Brings chunks from the sources of a transfer's route, many in one request and several requests at
 * a time, each verified by the thread that received it. A chunk that one source does not send is
 * asked of the next.
 */
final class Gathering {
  /** Of one request; what a cut connection can cost beyond a chunk is nothing. */
  private static final int PACK_BYTES = 4 << 20;

  /** Chunks that are looked through for those of one source. */
  private static final int LOOK_AHEAD = 4096;

  /** Takes verified bytes, on any thread. */
  interface Taker {
    void take(Want want, byte[] bytes, int length) throws IOException;
  }

  private final Transfer transfer;
  private final Network network;
  private final RandomGenerator random;
  private final PartialChunks partials;
  private final Taker taker;

  private final LinkedHashSet<Want> waiting = new LinkedHashSet<>();
  private int open;
  private long age;
  private long fetched;

  /** What one request asks one source for. */
  private record Batch(Source source, List<Want> wants) {}

  Gathering(
      Transfer transfer,
      Network network,
      RandomGenerator random,
      PartialChunks partials,
      Taker taker) {
    this.transfer = transfer;
    this.network = network;
    this.random = random;
    this.partials = partials;
    this.taker = taker;
  }

  /** Bytes of chunks that came from sources. */
  synchronized long fetchedBytes() {
    return fetched;
  }

  /** Returns when all were taken. */
  void bring(List<Want> wants) throws IOException, InterruptedException {
    if (wants.isEmpty()) {
      return;
    }
    synchronized (this) {
      Map<Integer, List<Want>> turns = new TreeMap<>();
      for (Want each : wants) {
        int turn = transfer.route().turn(each.chunk.sha256());
        turns.computeIfAbsent(turn, any -> new ArrayList<>()).add(each);
      }
      turns.values().forEach(waiting::addAll);
      open = waiting.size();
    }
    try {
      Crew.run(Math.min(Crew.SIZE, wants.size()), this::work);
    } finally {
      synchronized (this) {
        waiting.clear();
      }
    }
  }

  private void work() throws IOException, InterruptedException {
    boolean ended = false;
    try {
      untilAllCame();
      ended = true;
    } finally {
      if (!ended) {
        stop();
      }
    }
  }

  /** What one of them could not do, for this machine's own trouble, the others cannot either. */
  private synchronized void stop() {
    open = 0;
    waiting.clear();
    notifyAll();
  }

  private void untilAllCame() throws IOException, InterruptedException {
    byte[] buffer = new byte[0];
    for (Batch batch = next(); batch != null; batch = next()) {
      // room for a chunk's length, too, however short the chunks are
      int largest =
          batch.wants().stream()
              .mapToInt(each -> each.chunk.size())
              .reduce(Integer.BYTES, Math::max);
      if (buffer.length < largest) {
        buffer = new byte[largest];
      }
      if (partials.has(batch.wants().getFirst().chunk)) {
        goOn(batch.source(), batch.wants().getFirst());
      } else {
        ask(batch, buffer);
      }
    }
  }

  private synchronized @Nullable Batch next() throws IOException, InterruptedException {
    while (open > 0) {
      long now = System.nanoTime();
      long soonest = Long.MAX_VALUE;
      Source source = null;
      List<Want> batch = new ArrayList<>();
      long bytes = 0;
      int looked = 0;
      for (Iterator<Want> i = waiting.iterator(); i.hasNext() && looked < LOOK_AHEAD; looked++) {
        Want want = i.next();
        if (want.notBefore - now > 0) {
          soonest = Math.min(soonest, want.notBefore - now);
          continue;
        }
        Source its = want.source(transfer.route(), age);
        if (its == null) {
          throw new ContentException(
              "no source has a sound copy of chunk %s (asked: %s)"
                  .formatted(want.chunk.sha256(), want.why()));
        }
        boolean alone = partials.has(want.chunk);
        if (source == null || (source.address().equals(its.address()) && !alone)) {
          source = its;
          batch.add(want);
          bytes += want.chunk.size();
          i.remove();
          if (alone || bytes >= PACK_BYTES || batch.size() >= Pack.MOST_CHUNKS) {
            break;
          }
        }
      }
      if (source != null) {
        return new Batch(source, batch);
      }
      if (soonest == Long.MAX_VALUE) {
        wait();
      } else {
        wait(TimeUnit.NANOSECONDS.toMillis(soonest) + 1);
      }
    }
    return null;
  }

  /** One request for many. */
  private void ask(Batch batch, byte[] buffer) throws IOException, InterruptedException {
    Source source = batch.source();
    ArrayDeque<Want> left = new ArrayDeque<>(batch.wants());
    List<Chunk> doubted = new ArrayList<>();
    ContentSource connection = network.source(source, transfer.transferClass());
    Outcome outcome = Outcome.SENT;
    String reason = "";
    try {
      connection.pack(
          batch.wants().stream().map(each -> each.chunk).toList(),
          new ContentSource.PackReceiver() {
            @Override
            public byte[] buffer() {
              return buffer;
            }

            @Override
            public void came(int length) throws IOException {
              Want want = left.removeFirst();
              if (Sha256.hex(buffer, 0, length).equals(want.chunk.sha256())) {
                taken(source, want, buffer);
              } else {
                doubted.add(want.chunk);
                refused(source, want, Outcome.LIED, "it sent wrong bytes");
              }
            }

            @Override
            public void absent() {
              refused(source, left.removeFirst(), Outcome.LACKS, "it does not have it");
            }

            @Override
            public void soon() {
              refused(source, left.removeFirst(), Outcome.SOON, "it will have it soon");
            }

            @Override
            public void cut(int length) throws IOException {
              partials.keep(left.getFirst().chunk, buffer, length);
            }
          });
    } catch (LocalTrouble e) {
      throw e;
    } catch (BusyException e) {
      outcome = Outcome.BUSY;
      reason = "busy";
    } catch (ContentException e) {
      outcome = Outcome.LACKS;
      reason = Sources.text(e);
    } catch (IOException e) {
      outcome = Outcome.FAILED;
      reason = Sources.text(e);
    }
    if (!left.isEmpty()) {
      allRefused(source, left, outcome, reason);
    }
    for (Chunk each : doubted) {
      connection.doubt(each);
    }
  }

  /** Goes on with one that a cut or a kill has left in the middle. */
  private void goOn(Source source, Want want) throws IOException, InterruptedException {
    try {
      byte[] bytes =
          partials.complete(network.source(source, transfer.transferClass()), want.chunk);
      taken(source, want, bytes);
      partials.forget(want.chunk);
    } catch (LocalTrouble e) {
      throw e;
    } catch (BusyException e) {
      allRefused(source, List.of(want), Outcome.BUSY, "busy");
    } catch (ContentException e) {
      allRefused(source, List.of(want), Outcome.LACKS, Sources.text(e));
    } catch (IOException e) {
      allRefused(source, List.of(want), Outcome.FAILED, Sources.text(e));
    }
  }

  private void taken(Source source, Want want, byte[] bytes) throws IOException {
    LocalTrouble.marked(
        () -> {
          taker.take(want, bytes, want.chunk.size());
          return want;
        });
    transfer.route().answered(source, Outcome.SENT);
    synchronized (this) {
      fetched += want.chunk.size();
      if (--open == 0) {
        notifyAll();
      }
    }
  }

  private void refused(Source source, Want want, Outcome outcome, String reason) {
    transfer.route().answered(source, outcome);
    synchronized (this) {
      putBack(source, want, outcome, reason);
      age += learnt(outcome);
      notifyAll();
    }
  }

  /** The request failed as a whole: that is said once. */
  private void allRefused(Source source, Collection<Want> wants, Outcome outcome, String reason) {
    transfer.route().answered(source, outcome);
    synchronized (this) {
      wants.forEach(each -> putBack(source, each, outcome, reason));
      age += learnt(outcome);
      notifyAll();
    }
  }

  /** One that only has to be waited for is asked for other chunks as before. */
  private static int learnt(Outcome outcome) {
    return outcome == Outcome.SOON ? 0 : 1;
  }

  private void putBack(Source source, Want want, Outcome outcome, String reason) {
    long busy = network.patience().busy().toNanos();
    // not all machines of a fleet at the same moment
    long delay = busy + random.nextLong(busy / 2 + 1);
    want.refused(source, outcome, reason, System.nanoTime(), delay);
    waiting.addFirst(want);
  }
}
