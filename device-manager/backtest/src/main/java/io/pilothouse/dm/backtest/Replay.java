package io.pilothouse.dm.backtest;

import com.google.protobuf.Message;
import io.pilothouse.api.log.v1.Event;
import io.pilothouse.api.log.v1.RecordBase;
import io.pilothouse.api.log.v1.RecordItem;
import io.pilothouse.api.log.v1.RecordedEntry;
import io.pilothouse.dm.record.SegmentReader;
import io.pilothouse.dm.state.Apply;
import io.pilothouse.dm.state.Change;
import io.pilothouse.dm.state.FeatureLevel;
import io.pilothouse.dm.state.Levels;
import io.pilothouse.dm.state.State;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Rebuilds the state from a record, entry by entry, with the rules of production. */
final class Replay {

  /** Sees what happens, in order. */
  interface Watcher {
    /** The state begins, or begins anew behind a gap. */
    void begins(State state);

    /** An entry was applied. */
    void applied(State state, List<Event> events, RecordedEntry entry);
  }

  private final Apply apply = new Apply();
  private final long to;
  private final Watcher watcher;
  private State state = new State();
  private boolean hasState;
  private long last;
  private long base;
  private long baseLeft;
  private long entries;
  private boolean contiguous;
  private boolean done;
  private final List<String> remarks = new ArrayList<>();

  /**
   * Sets it up.
   *
   * @param to entries later than this time are left alone, milliseconds
   */
  Replay(long to, Watcher watcher) {
    this.to = to;
    this.watcher = watcher;
  }

  void run(RecordSource source) throws IOException, BacktestException {
    Optional<SegmentReader> segment = source.next();
    while (segment.isPresent() && !done) {
      SegmentReader reader = segment.get();
      for (Optional<RecordItem> item = reader.next();
          item.isPresent() && !done;
          item = reader.next()) {
        add(item.get());
      }
      segment = source.next();
    }
  }

  private void add(RecordItem item) throws BacktestException {
    switch (item.getKindCase()) {
      case BASE -> base(item.getBase());
      case STATE -> entity(item.getState());
      case ENTRY -> entry(item.getEntry());
      case KIND_NOT_SET -> throw newer("an item of a kind that this version does not know");
    }
  }

  private void base(RecordBase begin) throws BacktestException {
    if (begin.getFormat() > 1) {
      throw newer("format " + begin.getFormat());
    }
    contiguous = hasState && last == begin.getIndex();
    if (hasState && !contiguous) {
      remarks.add(
          "entries %d to %d are missing, up to %s: what went on meanwhile is not known"
              .formatted(last + 1, begin.getIndex(), Instant.ofEpochMilli(begin.getAt())));
    }
    if (!contiguous) {
      state = new State();
    }
    hasState = true;
    last = begin.getIndex();
    base = begin.getIndex();
    baseLeft = begin.getEntities();
    baseDone();
  }

  /** The state of a segment that follows without a gap must be the one that was replayed. */
  private void entity(Event entity) throws BacktestException {
    Change change = Change.of(entity);
    if (contiguous) {
      Message here = state.table(change.table()).get(change.key());
      if (!java.util.Objects.equals(here, change.value())) {
        remarks.add(
            ("%s '%s' is not at entry %d what the record says: the entries before were decided by"
                    + " other rules than this version's, so the replay goes on from the record")
                .formatted(change.table().storageId(), change.key(), base));
        state.put(change);
      }
    } else {
      state.put(change);
    }
    baseLeft--;
    baseDone();
  }

  private void baseDone() throws BacktestException {
    if (baseLeft == 0) {
      requireKnownLevel();
      if (!contiguous) {
        watcher.begins(state);
      }
    }
  }

  private void entry(RecordedEntry entry) throws BacktestException {
    if (entry.getIndex() != last + 1) {
      throw new BacktestException(
          BacktestException.FAILED,
          "GAP",
          "entry %d is followed by entry %d within a segment".formatted(last, entry.getIndex()),
          "read the record of another replica");
    }
    if (entry.hasEntry() && entry.getEntry().getAt() > to) {
      done = true;
      return;
    }
    last = entry.getIndex();
    entries++;
    if (entry.hasEntry()) {
      List<Event> events = apply.apply(state, entry.getEntry(), entry.getIndex()).events();
      requireKnownLevel();
      watcher.applied(state, events, entry);
    }
  }

  private void requireKnownLevel() throws BacktestException {
    int level = FeatureLevel.of(state);
    if (Levels.BUILD.objection(level).isPresent()) {
      throw newer("feature level %d, and this build applies %s".formatted(level, Levels.BUILD));
    }
  }

  private static BacktestException newer(String what) {
    return new BacktestException(
        BacktestException.FAILED,
        "NEWER_RECORD",
        "the record has " + what,
        "use the release of the Device Manager that wrote it");
  }

  /** The state at the end. */
  State state() {
    return state;
  }

  long entries() {
    return entries;
  }

  /** Gaps and differences, each a sentence; at most so many are of use. */
  List<String> remarks() {
    return remarks.size() <= 20 ? List.copyOf(remarks) : List.copyOf(remarks.subList(0, 20));
  }

  int remarkCount() {
    return remarks.size();
  }
}
