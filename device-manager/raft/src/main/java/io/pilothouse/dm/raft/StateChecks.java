package io.pilothouse.dm.raft;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnsafeByteOperations;
import io.pilothouse.api.log.v1.StateCheck;
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
final class StateChecks {

  /** An entry carries its check soon; asking others who is right takes seconds. */
  private static final int KEPT = 64;

  private final long every;
  private final TreeMap<Long, ByteString> own = new TreeMap<>();
  private long lastCarried = -1;
  private volatile Consumer<StateCheck> differs = check -> {};

  /**
   * Knows nothing yet.
   *
   * @param every entries between two checks
   */
  StateChecks(long every) {
    this.every = every;
  }

  /** Whom to tell of another replica's check that contradicts this one's. */
  void onDifference(Consumer<StateCheck> listener) {
    differs = listener;
  }

  /** The applying thread is done with an entry. */
  void applied(long index, Supplier<byte[]> digest) {
    if (index % every != 0) {
      return;
    }
    ByteString value = UnsafeByteOperations.unsafeWrap(digest.get());
    synchronized (this) {
      own.put(index, value);
      while (own.size() > KEPT) {
        own.pollFirstEntry();
      }
    }
  }

  /** A snapshot took the state's place: what was here before says nothing about it. */
  synchronized void replaced() {
    own.clear();
  }

  /** For the leader: a check that no entry has carried yet. */
  synchronized Optional<StateCheck> toCarry() {
    return own.isEmpty() || own.lastKey() <= lastCarried
        ? Optional.empty()
        : Optional.of(check(own.lastKey(), own.lastEntry().getValue()));
  }

  /** This replica's own at an index; empty when it has none any more, or not yet. */
  synchronized Optional<StateCheck> at(long index) {
    return Optional.ofNullable(own.get(index)).map(digest -> check(index, digest));
  }

  /** An entry that carries another's, most often the leader's, was applied. */
  void carried(StateCheck theirs) {
    synchronized (this) {
      lastCarried = Math.max(lastCarried, theirs.getIndex());
    }
    compare(theirs);
  }

  /** Whether another's check contradicts this replica's; one of another release never does. */
  void compare(StateCheck theirs) {
    if (!theirs.getSchema().equals(Schema.fingerprint())) {
      return;
    }
    @Nullable StateCheck mine = at(theirs.getIndex()).orElse(null);
    if (mine != null && !mine.getDigest().equals(theirs.getDigest())) {
      differs.accept(theirs);
    }
  }

  private static StateCheck check(long index, ByteString digest) {
    return StateCheck.newBuilder()
        .setIndex(index)
        .setDigest(digest)
        .setSchema(Schema.fingerprint())
        .build();
  }
}
