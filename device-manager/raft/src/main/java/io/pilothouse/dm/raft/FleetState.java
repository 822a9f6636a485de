package io.pilothouse.dm.raft;

import io.pilothouse.api.log.v1.Entry;
import io.pilothouse.dm.state.Applied;
import io.pilothouse.dm.state.Entities;
import io.pilothouse.dm.state.State;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.Consumer;
import java.util.function.Function;

/** The state in memory: many readers, one writer, never half an entry seen. */
final class FleetState {

  private final Failure failure;
  private final ReentrantReadWriteLock lock = new ReentrantReadWriteLock();
  private State state = new State();
  private RunningDigest digest = RunningDigest.following(state);
  private volatile long appliedIndex = -1;

  FleetState(Failure failure) {
    this.failure = failure;
  }

  <T> T read(Function<State, T> reader) {
    lock.readLock().lock();
    try {
      // an entry that failed half-way may have left its first events here
      if (failure.isReported()) {
        throw new IllegalStateException("this replica stops: " + failure.reason().join());
      }
      return reader.apply(state);
    } finally {
      lock.readLock().unlock();
    }
  }

  Applied apply(Applier applier, Entry entry, long index) {
    lock.writeLock().lock();
    try {
      Applied applied = applier.apply(state, entry, index);
      appliedIndex = index;
      return applied;
    } catch (RuntimeException e) {
      failure.report(
          ("entry %d cannot be applied (%s); this replica stops before its state "
                  + "differs from the others'. If they run a newer version, upgrade this one")
              .formatted(index, e),
          e);
      throw e;
    } finally {
      lock.writeLock().unlock();
    }
  }

  /** For the applying thread alone: it needs no lock, as nobody else writes. */
  void afterApply(Consumer<Entities> look) {
    look.accept(state);
  }

  /** An entry that changes nothing here was applied. */
  void advance(long index) {
    appliedIndex = Math.max(appliedIndex, index);
  }

  void replace(State loaded, RunningDigest followed, long index) {
    lock.writeLock().lock();
    try {
      state = loaded;
      digest = followed;
      appliedIndex = index;
    } finally {
      lock.writeLock().unlock();
    }
  }

  /** For the applying thread alone. */
  RunningDigest digest() {
    return digest;
  }

  long appliedIndex() {
    return appliedIndex;
  }
}
