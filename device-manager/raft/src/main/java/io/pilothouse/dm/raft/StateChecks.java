package io.pilothouse.dm.raft;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import io.pilothouse.api.log.v1.StateCheck;
import io.pilothouse.dm.state.FeatureLevel;
import io.pilothouse.dm.state.Schema;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What this replica's state was at fixed indexes of the log, the same on each replica. The leader's
 * next entry carries the newest, and each replica compares it with its own.
 */
public final class StateChecks {

  /** An entry carries its check soon; asking others who is right takes seconds. */
  private static final int KEPT = 64;

  /** A state's digest, and by which rules it came about. */
  private record Noted(ByteString digest, int level) {}

  private final long every;
  private final TreeMap<Long, Noted> own = new TreeMap<>();
  private long lastCarried = -1;
  private volatile Consumer<StateCheck> differs = check -> {};

  /**
   * Knows nothing yet.
   *
   * @param every entries between two checks
   */
  public StateChecks(long every) {
    this.every = every;
  }

  /** Whom to tell of another replica's check that contradicts this one's. */
  public void onDifference(Consumer<StateCheck> listener) {
    differs = listener;
  }

  /** The applying thread is done with an entry. */
  public void applied(long index, int level, Supplier<byte[]> digest) {
    if (index % every != 0) {
      return;
    }
    Noted noted = new Noted(UnsafeByteOperations.unsafeWrap(digest.get()), level);
    synchronized (this) {
      own.put(index, noted);
      while (own.size() > KEPT) {
        own.pollFirstEntry();
      }
    }
  }

  /** A snapshot took the state's place: what was here before says nothing about it. */
  public synchronized void replaced() {
    own.clear();
  }

  /** For the leader: a check that no entry has carried yet. */
  public synchronized Optional<StateCheck> toCarry() {
    return own.isEmpty() || own.lastKey() <= lastCarried
        ? Optional.empty()
        : Optional.of(check(own.lastKey(), own.lastEntry().getValue()));
  }

  /** This replica's own at an index; empty when it has none any more, or not yet. */
  synchronized Optional<StateCheck> at(long index) {
    return Optional.ofNullable(own.get(index)).map(noted -> check(index, noted));
  }

  /** An entry that carries another's, most often the leader's, was applied. */
  public void carried(StateCheck theirs) {
    synchronized (this) {
      lastCarried = Math.max(lastCarried, theirs.getIndex());
    }
    compare(theirs);
  }

  /** Tells of another's check that contradicts this replica's. */
  void compare(StateCheck theirs) {
    @Nullable StateCheck mine = at(theirs.getIndex()).orElse(null);
    if (mine != null
        && areComparable(mine, theirs)
        && !mine.getDigest().equals(theirs.getDigest())) {
      differs.accept(theirs);
    }
  }

  /**
   * Whether two builds' states at one index must be the same. A level fixes rules, texts and
   * fields, whatever the build; the first one did not for builds that knew no levels, so there only
   * those that know the same fields are compared.
   */
  static boolean areComparable(StateCheck one, StateCheck other) {
    return one.getSchema().equals(other.getSchema())
        || (one.getFeatureLevel() == other.getFeatureLevel()
            && one.getFeatureLevel() > FeatureLevel.FIRST);
  }

  private static StateCheck check(long index, Noted noted) {
    return StateCheck.newBuilder()
        .setIndex(index)
        .setDigest(noted.digest())
        .setFeatureLevel(noted.level())
        .setSchema(Schema.fingerprint())
        .build();
  }
}
