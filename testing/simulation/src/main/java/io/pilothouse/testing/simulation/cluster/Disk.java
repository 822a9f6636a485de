package io.pilothouse.testing.simulation.cluster;

import io.pilothouse.testing.simulation.Violation;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A replica's data directory: term and vote, the log, the last snapshot and the database as it was
 * last flushed. What was written but not synced survives the process and not the machine; how much
 * of it does is chance.
 */
final class Disk {
  static final int NOBODY = -1;

  /** A state with the index and members that it stands for. */
  record Stored(long index, long term, Members members, Image image) {}

  private static final class Sync {
    private long upTo;

    private Sync(long upTo) {
      this.upTo = upTo;
    }
  }

  private final Server server;
  private final List<LogRecord> log = new ArrayList<>();
  private final List<Sync> syncs = new ArrayList<>();
  private long before;
  private long termBefore;
  private long synced;
  private long term;
  private int votedFor = NOBODY;
  private @Nullable Stored snapshot;
  private @Nullable Stored database;

  /** Empty, or with a first state that all replicas have. */
  Disk(Server server, @Nullable Stored first) {
    this.server = server;
    if (first != null) {
      snapshot = first;
      database = first;
      term = first.term();
      before = first.index();
      termBefore = first.term();
      synced = before;
    }
  }

  long term() {
    return term;
  }

  int votedFor() {
    return votedFor;
  }

  /** Synced before anybody hears of it. */
  void metadata(long newTerm, int vote) {
    term = newTerm;
    votedFor = vote;
  }

  /** The index in front of the oldest entry that is kept. */
  long before() {
    return before;
  }

  long last() {
    return before + log.size();
  }

  long synced() {
    return synced;
  }

  /** Of an entry that is kept, or the one in front; -1 below. */
  long termAt(long index) {
    if (index == before) {
      return termBefore;
    }
    return index < before || index > last() ? -1 : at(index).term();
  }

  LogRecord at(long index) {
    return log.get((int) (index - before - 1));
  }

  List<LogRecord> from(long index, int most) {
    int start = (int) (index - before - 1);
    return List.copyOf(log.subList(start, Math.min(log.size(), start + most)));
  }

  void append(LogRecord record) {
    log.add(record);
  }

  /** Drops an entry and all behind it. */
  void truncate(long index) {
    log.subList((int) (index - before - 1), log.size()).clear();
    synced = Math.min(synced, last());
    syncs.forEach(each -> each.upTo = Math.min(each.upTo, last()));
  }

  /** Has all that is written by now on the disk, after a while. */
  void sync(Runnable then) {
    Sync sync = new Sync(last());
    syncs.add(sync);
    server.after(
        server.syncTime(),
        () -> {
          syncs.remove(sync);
          synced = Math.max(synced, sync.upTo);
          then.run();
        });
  }

  /** The newest state that is here in full; null when there is none. */
  @Nullable Stored newest() {
    Stored left = snapshot;
    Stored right = database;
    return left == null || (right != null && right.index() >= left.index()) ? right : left;
  }

  @Nullable Stored snapshot() {
    return snapshot;
  }

  /** The members that the log ends with. */
  Members members() {
    for (long index = last(); index > before; index--) {
      Members members = at(index).members();
      if (members != null) {
        return members;
      }
    }
    Stored stands = snapshot;
    return stands == null ? Members.of(List.of()) : stands.members();
  }

  void flush(Stored state) {
    Stored flushed = database;
    if (flushed == null || flushed.index() <= state.index()) {
      database = state;
    }
  }

  /** A snapshot of the own state; the log before it may go, but for some entries. */
  void keep(Stored state, int entries) {
    snapshot = state;
    database = state;
    long upTo = Math.min(state.index() - entries, synced);
    if (upTo > before) {
      long termUpTo = termAt(upTo);
      log.subList(0, (int) (upTo - before)).clear();
      before = upTo;
      termBefore = termUpTo;
    }
  }

  /** A received snapshot is here in full; the database is still the old one. */
  void receive(Stored state) {
    snapshot = state;
    boolean follows = termAt(state.index()) == state.term() && synced >= state.index();
    if (!follows) {
      log.clear();
      syncs.forEach(each -> each.upTo = 0);
      before = state.index();
      termBefore = state.term();
      synced = before;
    }
  }

  /** The process is gone; with the power, what was not synced may be, too. */
  void crash(boolean power, Dice dice, Defect defect) {
    syncs.clear();
    if (power) {
      long kept = synced + dice.below((int) (last() - synced) + 1);
      if (defect == Defect.LOSES_SYNCED_ENTRIES && dice.oneIn(2)) {
        kept = dice.between(before, last() + 1);
      }
      if (kept < last()) {
        log.subList((int) (kept - before), log.size()).clear();
      }
    }
    // a start reads the log back and syncs it before it says anything
    synced = last();
    if (defect != Defect.LOSES_SYNCED_ENTRIES && newestIndex() > last()) {
      throw new Violation(
          "what is in the database was in the log",
          "database at %s, log ends at %s".formatted(newestIndex(), last()));
    }
  }

  private long newestIndex() {
    Stored newest = newest();
    return newest == null ? 0 : newest.index();
  }
}
