package io.pilothouse.dm.record;

import io.pilothouse.api.log.v1.Entry;
import io.pilothouse.dm.state.Entities;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Appends every applied entry to the record. Called by the thread that applies entries, and never
 * waits for the disk: a thread of its own writes, and when that cannot follow, or the disk refuses,
 * the segment ends and another begins later with a state of its own.
 */
public final class Recorder implements AutoCloseable {

  private enum Mode {
    /** Nothing was recorded yet, or what was does not reach the state: begin with the next. */
    WAITS_FOR_AN_ENTRY,
    RECORDS,
    /** The queue overflowed: begin again when it is empty. */
    WAITS_FOR_THE_DISK,
    /** The disk refused: begin again after a while. */
    STOPPED
  }

  /**
   * Of entries, for each entity of the state that a segment begins with: else the states of a large
   * fleet, a gigabyte of a million machines, would be most of what is written.
   */
  private static final long BYTES_EACH_ENTITY = 256;

  /** Below, the usual size of a segment is more. */
  private static final int MANY = 250_000;

  private final RecordSettings settings;
  private final LongSupplier nanos;
  private final RecordWriter writer;
  private Mode mode = Mode.WAITS_FOR_AN_ENTRY;
  private long recorded = Long.MIN_VALUE;
  private long entryBytes;
  private long leastBytes;
  private long segmentAt;
  private long stoppedAt;

  /** Begins where the segments in {@code dir} end; problems are told by {@link #status}. */
  public static Recorder open(Path dir, RecordSettings settings) {
    return new Recorder(dir, settings, RecordDisk.REAL, System::nanoTime, InstantSource.system());
  }

  Recorder(
      Path dir,
      RecordSettings settings,
      RecordDisk disk,
      LongSupplier nanos,
      InstantSource wallClock) {
    this.settings = settings;
    this.nanos = nanos;
    this.writer = new RecordWriter(dir, settings, disk, nanos, wallClock);
    writer
        .resume()
        .ifPresent(
            end -> {
              recorded = end.index();
              entryBytes = end.entryBytes();
              segmentAt = end.at();
              mode = Mode.RECORDS;
            });
    writer.start();
  }

  /** The state was read from disk or replaced as a whole; entries after {@code index} follow. */
  public void loaded(long index) {
    if (mode == Mode.RECORDS && index > recorded) {
      writer.gap();
      mode = Mode.WAITS_FOR_AN_ENTRY;
    }
  }

  /**
   * An entry was applied.
   *
   * @param entry absent for one of the Raft layer's own
   * @param bytes of the entry in the log
   * @param state after it; only looked at during the call
   */
  public void applied(long index, @Nullable Entry entry, int bytes, Entities state) {
    try {
      record(index, entry, bytes, state);
    } catch (RuntimeException e) {
      // a mistake of ours must not take the replica along
      writer.fail(e);
    }
  }

  private void record(long index, @Nullable Entry entry, int bytes, Entities state) {
    if (index <= recorded && mode == Mode.RECORDS) {
      return; // recorded before the restart, applied again from the Raft log
    }
    if (mode == Mode.RECORDS && writer.isStopped()) {
      mode = Mode.STOPPED;
      stoppedAt = nanos.getAsLong();
    }
    switch (mode) {
      case WAITS_FOR_AN_ENTRY -> begin(index, state);
      case RECORDS -> append(index, entry, bytes, state);
      case WAITS_FOR_THE_DISK -> {
        if (writer.isIdle()) {
          begin(index, state);
        }
      }
      case STOPPED -> {
        if (nanos.getAsLong() - stoppedAt >= settings.retryAfter().toNanos()) {
          begin(index, state);
        }
      }
    }
  }

  private void append(long index, @Nullable Entry entry, int bytes, Entities state) {
    if (index != recorded + 1) {
      writer.gap();
      begin(index, state);
      return;
    }
    if (!writer.append(index, entry, bytes)) {
      mode = Mode.WAITS_FOR_THE_DISK;
      return;
    }
    recorded = index;
    entryBytes += bytes + Frames.HEADER;
    long age = state.meta().getNow() - segmentAt;
    if (entryBytes >= Math.max(settings.segmentBytes(), leastBytes)
        || age >= settings.segmentAge().toMillis()) {
      begin(index, state);
    }
  }

  private void begin(long index, Entities state) {
    if (state.meta().getNow() == 0) {
      return; // before the very first entry: a base without a time could not be found by one
    }
    BaseState base = BaseState.of(state, index);
    writer.begin(base);
    recorded = index;
    entryBytes = 0;
    long entities = base.rows().size();
    leastBytes = entities < MANY ? 0 : entities * BYTES_EACH_ENTITY;
    segmentAt = base.at();
    mode = Mode.RECORDS;
  }

  /** From any thread. */
  public RecordStatus status() {
    return writer.status();
  }

  /** Writes what waits, and ends. */
  @Override
  public void close() {
    writer.close();
  }
}
