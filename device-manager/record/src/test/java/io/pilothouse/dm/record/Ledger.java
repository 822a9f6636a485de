package io.pilothouse.dm.record;

import io.pilothouse.api.log.v1.AcquireLease;
import io.pilothouse.api.log.v1.Command;
import io.pilothouse.api.log.v1.Entry;
import io.pilothouse.api.log.v1.RecordItem;
import io.pilothouse.api.log.v1.Request;
import io.pilothouse.dm.state.Apply;
import io.pilothouse.dm.state.Change;
import io.pilothouse.dm.state.State;
import io.pilothouse.dm.state.StateDigest;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** A state that applies entries and hands them to a recorder, as a replica does. */
final class Ledger {
  static final long START = 1_800_000_000_000L;

  private final Apply apply = new Apply();
  final State state = new State();
  long index = -1;
  long now = START;

  /** A lease is taken: one entry. */
  void applies(Recorder recorder) {
    applies(recorder, "role-" + (index % 7));
  }

  void applies(Recorder recorder, String role) {
    now += 1000;
    index++;
    Entry entry = entry(now, role);
    apply.apply(state, entry, index);
    recorder.applied(index, entry, entry.getSerializedSize(), state);
  }

  /** An entry of the Raft layer. */
  void electsALeader(Recorder recorder) {
    index++;
    recorder.applied(index, null, 0, state);
  }

  /** Entries that the recorder does not see: they came with a snapshot. */
  void skips(int entries) {
    for (int i = 0; i < entries; i++) {
      now += 1000;
      index++;
      apply.apply(state, entry(now, "role-x"), index);
    }
  }

  void waits(Duration time) {
    now += time.toMillis();
  }

  String digest() {
    return StateDigest.of(state);
  }

  private static Entry entry(long at, String role) {
    return Entry.newBuilder()
        .setAt(at)
        .addRequests(
            Request.newBuilder()
                .setPrincipal("satellite/a")
                .setCommand(
                    Command.newBuilder()
                        .setAcquireLease(
                            AcquireLease.newBuilder()
                                .setRole(role)
                                .setHolder("a")
                                .setTtlMs(300_000))))
        .build();
  }

  /** What the segments hold, read with production code. */
  static Replayed replay(Path dir) throws IOException {
    Replayed replayed = new Replayed();
    for (Path segment : Segments.list(dir)) {
      replayed.add(segment);
    }
    return replayed;
  }

  /** A state rebuilt from segments. */
  static final class Replayed {
    private final Apply apply = new Apply();
    State state = new State();
    long last = Long.MIN_VALUE;
    int gaps;
    final List<Long> entries = new ArrayList<>();

    private void add(Path segment) throws IOException {
      try (SegmentReader reader = SegmentReader.open(segment)) {
        for (Optional<RecordItem> item = reader.next(); item.isPresent(); item = reader.next()) {
          add(item.get());
        }
      }
    }

    private void add(RecordItem item) {
      switch (item.getKindCase()) {
        case BASE -> {
          if (last != Long.MIN_VALUE && last != item.getBase().getIndex()) {
            gaps++;
          }
          last = item.getBase().getIndex();
          state = new State();
        }
        case STATE -> state.put(Change.of(item.getState()));
        case ENTRY -> {
          if (item.getEntry().getIndex() != last + 1) {
            throw new AssertionError(last + " is followed by " + item.getEntry().getIndex());
          }
          last = item.getEntry().getIndex();
          entries.add(last);
          if (item.getEntry().hasEntry()) {
            apply.apply(state, item.getEntry().getEntry(), last);
          }
        }
        case KIND_NOT_SET -> throw new AssertionError("an item without a kind");
      }
    }

    String digest() {
      return StateDigest.of(state);
    }
  }
}
