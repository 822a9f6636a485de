package io.pilothouse.dm.record;

import io.pilothouse.api.log.v1.Entry;
import io.pilothouse.api.log.v1.RecordBase;
import io.pilothouse.api.log.v1.RecordItem;
import io.pilothouse.api.log.v1.RecordedEntry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The thread that writes segments. An error of the disk stops it until the next {@link #begin};
 * what waits for it until then is dropped.
 */
final class RecordWriter {

  private static final Logger log = LoggerFactory.getLogger(RecordWriter.class);
  private static final Duration CLOSE_WITHIN = Duration.ofSeconds(10);

  private sealed interface Task {
    /** With how many problems there were when it was ordered: a later one is not over with it. */
    record Begin(BaseState base, long problems) implements Task {}

    record Append(long index, @Nullable Entry entry, int bytes) implements Task {}

    record Stop() implements Task {}
  }

  private final Path dir;
  private final RecordSettings settings;
  private final RecordDisk disk;
  private final LongSupplier nanos;
  private final InstantSource wallClock;
  private final LinkedBlockingQueue<Task> queue = new LinkedBlockingQueue<>();
  private final AtomicLong queuedBytes = new AtomicLong();
  private final AtomicLong gaps = new AtomicLong();
  private final AtomicLong problems = new AtomicLong();
  private final AtomicLong bytes = new AtomicLong();
  private final Thread thread;
  private volatile RecordStatus problem = new RecordStatus("", 0, 0, 0);
  private volatile boolean stopped;
  private volatile boolean busy;

  /** Of the writing thread, once it is started. */
  private @Nullable Segment segment;

  private long syncedAt;

  RecordWriter(
      Path dir,
      RecordSettings settings,
      RecordDisk disk,
      LongSupplier nanos,
      InstantSource wallClock) {
    this.dir = dir;
    this.settings = settings;
    this.disk = disk;
    this.nanos = nanos;
    this.wallClock = wallClock;
    this.thread = Thread.ofPlatform().name("record").daemon().unstarted(this::run);
    this.syncedAt = nanos.getAsLong();
  }

  /** Opens the newest segment to go on in it; before {@link #start}. */
  Optional<SegmentEnd> resume() {
    try {
      Files.createDirectories(dir);
      Retention.removeUnfinished(dir);
      bytes.set(Retention.bytes(dir));
      List<Path> segments = Segments.list(dir);
      if (segments.isEmpty()) {
        return Optional.empty();
      }
      Path newest = segments.get(segments.size() - 1);
      SegmentEnd end = SegmentEnd.recover(newest);
      segment = Segment.resume(newest, end.length(), disk);
      return Optional.of(end);
    } catch (RecordDamagedException e) {
      log.warn("The record goes on in a new segment: {}", e.getMessage());
      gaps.incrementAndGet();
      return Optional.empty();
    } catch (IOException e) {
      stop(e);
      return Optional.empty();
    }
  }

  void start() {
    thread.start();
  }

  /** Ends the segment, if one is open, and begins another with this state. */
  void begin(BaseState base) {
    stopped = false;
    queue.add(new Task.Begin(base, problems.get()));
  }

  /** False when the disk does not follow; then nothing more is taken until {@link #begin}. */
  boolean append(long index, @Nullable Entry entry, int size) {
    int cost = size + Frames.HEADER;
    if (queuedBytes.addAndGet(cost) > settings.queueBytes()) {
      queuedBytes.addAndGet(-cost);
      gap();
      tell("the disk cannot follow: more than %d bytes wait".formatted(settings.queueBytes()));
      return false;
    }
    queue.add(new Task.Append(index, entry, cost));
    return true;
  }

  /** Entries are missing from the record. */
  void gap() {
    gaps.incrementAndGet();
  }

  boolean isStopped() {
    return stopped;
  }

  boolean isIdle() {
    return queue.isEmpty() && !busy;
  }

  RecordStatus status() {
    RecordStatus now = problem;
    return new RecordStatus(now.stopped(), now.since(), bytes.get(), gaps.get());
  }

  void close() {
    queue.add(new Task.Stop());
    try {
      if (!thread.join(CLOSE_WITHIN)) {
        log.warn("The record's disk does not answer; what was not written is missing from it");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void run() {
    try {
      while (true) {
        @Nullable Task task = queue.poll(settings.syncEvery().toNanos(), TimeUnit.NANOSECONDS);
        busy = task != null;
        if (task instanceof Task.Stop) {
          closeSegment();
          return;
        }
        work(task);
        busy = false;
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (RuntimeException e) {
      fail(e);
    }
  }

  private void work(@Nullable Task task) {
    try {
      if (task instanceof Task.Append append) {
        queuedBytes.addAndGet(-append.bytes());
      }
      if (!stopped && task != null) {
        write(task);
      }
      @Nullable Segment open = segment;
      if (open != null && queue.isEmpty()) {
        open.flush();
        if (nanos.getAsLong() - syncedAt >= settings.syncEvery().toNanos()) {
          open.sync();
          requireRoom();
          syncedAt = nanos.getAsLong();
        }
      }
    } catch (IOException e) {
      gap();
      stop(e);
    }
  }

  private void write(Task task) throws IOException {
    switch (task) {
      case Task.Begin begin -> {
        beginSegment(begin.base());
        if (!problem.stopped().isEmpty() && problems.get() == begin.problems()) {
          log.info("Recording goes on after entry {}", begin.base().index());
          problem = new RecordStatus("", 0, 0, 0);
        }
      }
      case Task.Append append -> {
        RecordedEntry.Builder entry = RecordedEntry.newBuilder().setIndex(append.index());
        if (append.entry() != null) {
          entry.setEntry(append.entry());
        }
        if (segment != null) {
          bytes.addAndGet(segment.write(RecordItem.newBuilder().setEntry(entry).build()));
        }
      }
      case Task.Stop stop -> {}
    }
  }

  private void beginSegment(BaseState base) throws IOException {
    closeSegment();
    requireRoom();
    Segment begun = Segment.begin(dir, base.index() + 1, disk);
    try {
      begun.write(
          RecordItem.newBuilder()
              .setBase(
                  RecordBase.newBuilder()
                      .setFormat(1)
                      .setIndex(base.index())
                      .setAt(base.at())
                      .setEntities(base.rows().size()))
              .build());
      for (BaseState.Row row : base.rows()) {
        begun.write(RecordItem.newBuilder().setState(row.event()).build());
      }
      begun.finishBase();
    } catch (IOException e) {
      begun.discard();
      throw e;
    }
    segment = begun;
    Retention.cut(dir, settings);
    bytes.set(Retention.bytes(dir));
  }

  private void requireRoom() throws IOException {
    long free = disk.freeBytes(dir);
    if (free < settings.freeBytes()) {
      throw new IOException(
          "%d bytes are free, fewer than the %d that are left to the Device Manager"
              .formatted(free, settings.freeBytes()));
    }
  }

  private void closeSegment() {
    @Nullable Segment open = segment;
    segment = null;
    if (open != null) {
      open.close();
    }
  }

  private void stop(IOException e) {
    stopped = true;
    closeSegment();
    tell("the disk refuses: " + e.getMessage());
  }

  /** A mistake of the program. */
  void fail(RuntimeException e) {
    log.error("Recording ends", e);
    stopped = true;
    tell("the program failed: " + e);
  }

  private void tell(String why) {
    problems.incrementAndGet();
    if (problem.stopped().isEmpty()) {
      log.warn("Nothing is recorded for now: {}", why);
      problem = new RecordStatus(why, wallClock.millis(), 0, 0);
    }
  }
}
