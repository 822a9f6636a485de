package io.pilothouse.filesync.client;

import io.pilothouse.filesync.ContentException;
import io.pilothouse.filesync.ContentIndex.Chunk;
import io.pilothouse.filesync.Sha256;
import io.pilothouse.filesync.client.Batches.Batch;
import io.pilothouse.filesync.client.Route.Outcome;
import io.pilothouse.filesync.client.Route.Source;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.random.RandomGenerator;

/**
 * Brings chunks from the sources of a transfer's route, many in one request and several requests at
 * a time, each verified by the thread that received it. A chunk that one source does not send is
 * asked of the next.
 */
final class Gathering {

  /** Takes verified bytes, on any thread; they stay there until it returns. */
  interface Taker {
    void take(Want want, ByteBuffer bytes) throws IOException;
  }

  private final Transfer transfer;
  private final Network network;
  private final RandomGenerator random;
  private final PartialChunks partials;
  private final Taker taker;
  private final Batches batches;
  private final Room room = new Room(Crew.SIZE);
  private final AtomicLong fetched = new AtomicLong();

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
    this.batches = new Batches(transfer.route(), partials::has);
  }

  /** Bytes of chunks that came from sources. */
  long fetchedBytes() {
    return fetched.get();
  }

  /** Returns when all were taken. */
  void bring(List<Want> wants) throws IOException, InterruptedException {
    if (wants.isEmpty()) {
      return;
    }
    batches.add(wants);
    try {
      Crew.run(Math.min(Batches.MOST, wants.size()), this::work);
    } finally {
      batches.stop();
    }
  }

  private void work() throws IOException, InterruptedException {
    boolean ended = false;
    try {
      for (Batch batch = batches.next(); batch != null; batch = batches.next()) {
        if (partials.has(batch.wants().getFirst().chunk)) {
          goOn(batch.source(), batch.wants().getFirst());
        } else {
          new Answer(batch).take();
        }
        batches.over(batch);
      }
      ended = true;
    } finally {
      if (!ended) {
        batches.stop();
      }
    }
  }

  /** One request for many, and what comes of it. */
  private final class Answer implements ContentSource.PackReceiver {
    private final Source source;
    private final List<Want> wants;
    private final ArrayDeque<Want> left;
    private final List<Want> later = new ArrayList<>();
    private final List<Chunk> doubted = new ArrayList<>();
    private byte[] buffer = new byte[0];
    private boolean sentSome;

    Answer(Batch batch) {
      this.source = batch.source();
      this.wants = batch.wants();
      this.left = new ArrayDeque<>(wants);
    }

    void take() throws IOException, InterruptedException {
      ContentSource connection = network.source(source, transfer.transferClass());
      Ending ending = new Ending(Outcome.SENT, "");
      long began = System.nanoTime();
      try {
        connection.pack(wants.stream().map(each -> each.chunk).toList(), this);
      } catch (IOException e) {
        ending = Ending.of(e);
      } finally {
        if (buffer.length > 0) {
          room.giveBack(buffer);
        }
      }
      Duration held = Duration.ofNanos(source.awaited() ? System.nanoTime() - began : 0);
      if (!later.isEmpty()) {
        later.forEach(each -> transfer.route().answered(source, Outcome.SOON));
        // one that sends what it has as it comes is asked for the rest at once: it holds us
        Duration pause = source.awaited() && sentSome ? Duration.ZERO : pause(held);
        batches.putBack(source, later, Outcome.SOON, "it will have it soon", pause);
      }
      if (!left.isEmpty()) {
        refused(source, left, ending.outcome(), ending.reason(), held);
      }
      for (Chunk each : doubted) {
        connection.doubt(each);
      }
    }

    @Override
    public byte[] begins() throws InterruptedException {
      // room for a chunk's length, too, however short the chunks are
      buffer =
          room.take(
              wants.stream().mapToInt(each -> each.chunk.size()).reduce(Integer.BYTES, Math::max));
      return buffer;
    }

    @Override
    public void came(ByteBuffer chunk) throws IOException {
      Want want = left.removeFirst();
      if (Sha256.hex(chunk).equals(want.chunk.sha256())) {
        sentSome = true;
        taken(source, want, chunk);
      } else {
        doubted.add(want.chunk);
        refused(source, List.of(want), Outcome.LIED, "it sent wrong bytes", Duration.ZERO);
      }
    }

    @Override
    public void absent() {
      Want want = left.removeFirst();
      refused(source, List.of(want), Outcome.LACKS, "it does not have it", Duration.ZERO);
    }

    @Override
    public void soon() {
      later.add(left.removeFirst());
    }

    @Override
    public void cut(ByteBuffer beginning) throws IOException {
      partials.keep(left.getFirst().chunk, beginning);
    }
  }

  /** How an answer ended. */
  private record Ending(Outcome outcome, String reason) {

    /**
     * By a fault of the source.
     *
     * @throws LocalTrouble when it is this machine's
     */
    static Ending of(IOException e) throws LocalTrouble {
      return switch (e) {
        case LocalTrouble own -> throw own;
        case BusyException busy -> new Ending(Outcome.BUSY, "busy");
        case ContentException lacks -> new Ending(Outcome.LACKS, Sources.text(lacks));
        default -> new Ending(Outcome.FAILED, Sources.text(e));
      };
    }
  }

  /** Goes on with one that a cut or a kill has left in the middle. */
  private void goOn(Source source, Want want) throws IOException, InterruptedException {
    long began = System.nanoTime();
    Ending ending;
    try {
      byte[] bytes =
          partials.complete(network.source(source, transfer.transferClass()), want.chunk);
      taken(source, want, ByteBuffer.wrap(bytes));
      partials.forget(want.chunk);
      return;
    } catch (IOException e) {
      ending = Ending.of(e);
    }
    Duration held = Duration.ofNanos(source.awaited() ? System.nanoTime() - began : 0);
    refused(source, List.of(want), ending.outcome(), ending.reason(), held);
  }

  private void taken(Source source, Want want, ByteBuffer bytes) throws IOException {
    LocalTrouble.marked(
        () -> {
          taker.take(want, bytes);
          return want;
        });
    transfer.route().answered(source, Outcome.SENT);
    fetched.addAndGet(want.chunk.size());
    batches.came();
  }

  private void refused(
      Source source, Collection<Want> wants, Outcome outcome, String reason, Duration held) {
    transfer.route().answered(source, outcome);
    batches.putBack(source, wants, outcome, reason, pause(held));
  }

  private Duration pause(Duration held) {
    synchronized (random) {
      return network.pause(random, held);
    }
  }
}
