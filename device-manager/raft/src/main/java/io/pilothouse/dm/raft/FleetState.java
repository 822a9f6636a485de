package io.pilothouse.dm.raft;

import io.pilothouse.api.log.v1.Entry;
import io.pilothouse.api.log.v1.Meta;
import io.pilothouse.dm.state.Applied;
import io.pilothouse.dm.state.Entities;
import io.pilothouse.dm.state.FeatureLevel;
import io.pilothouse.dm.state.State;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.Consumer;
import java.util.function.Function;

/** The state in memory: many readers, one writer, never half an entry seen. */
final class FleetState {

  private final Failure failure;

  /** Fair: whoever applies the next entry at once waits for the readers that came meanwhile. */
  private final ReentrantReadWriteLock lock = new ReentrantReadWriteLock(true);

  private State state = new State();
  private RunningDigest digest = RunningDigest.following(state);
  private volatile long appliedIndex = -1;
  private volatile Meta meta = Meta.getDefaultInstance();

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
      // before anything of it is written, or seen by a reader
      UnknownLevelException.require(applier.levels(), state, "entry %d".formatted(index));
      appliedIndex = index;
      meta = state.meta();
      return applied;
    } catch (UnknownLevelException e) {
      failure.reportOutdated(String.valueOf(e.getMessage()));
      throw new IllegalStateException(e);
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
      meta = loaded.meta();
    } finally {
      lock.writeLock().unlock();
    }
  }

  /** Which feature level is in force, as of the last applied entry. */
  int level() {
    return FeatureLevel.of(meta);
  }

  /** Whether no entry was applied ever: a cluster that begins. */
  boolean isNew() {
    return meta.getNow() == 0;
  }

  /** For the applying thread alone. */
  RunningDigest digest() {
    return digest;
  }

  long appliedIndex() {
    return appliedIndex;
  }
}
