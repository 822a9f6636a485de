package io.pilothouse.dm.raft;

import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.Message;
import io.pilothouse.dm.state.State;
import io.pilothouse.dm.state.StateListener;
import io.pilothouse.dm.state.Table;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A digest of the whole state whose cost follows change: the exclusive or of the SHA-256 of each
 * entity, so that a changed one is taken out and put in again without a look at the others. It
 * finds states that differ by a fault; it is no defence against somebody who makes up entities.
 *
 * <p>Only the thread that changes the state may ask for it.
 */
public final class RunningDigest implements StateListener {

  /** Changed entities after which they are hashed, so that no question has to hash many at once. */
  private static final int SETTLE_AT = 1024;

  private record Id(Table table, String key) {}

  private final State state;
  private final Sum sum;

  /** What was there before the change; a value changed ten times is hashed once. */
  private final Map<Id, Optional<Message>> unsettled = new LinkedHashMap<>();

  private RunningDigest(State state, Sum sum) {
    this.state = state;
    this.sum = sum;
  }

  /** Begins with what the state holds, and follows it from here on. */
  public static RunningDigest following(State state) {
    Sum sum = new Sum();
    for (Table table : Table.values()) {
      state.table(table).forEach((key, value) -> sum.flip(table, key, value));
    }
    return following(state, sum);
  }

  /** Begins with a sum of all that the state holds. */
  static RunningDigest following(State state, Sum sum) {
    RunningDigest digest = new RunningDigest(state, sum);
    state.follow(digest);
    return digest;
  }

  /** The digest of the state as it is now: 32 bytes. */
  public byte[] value() {
    settle();
    return sum.value();
  }

  /** As lower-case hex. */
  public String hex() {
    return HexFormat.of().formatHex(value());
  }

  @Override
  public void changed(Table table, String key, @Nullable Message before) {
    unsettled.putIfAbsent(new Id(table, key), Optional.ofNullable(before));
    if (unsettled.size() >= SETTLE_AT) {
      settle();
    }
  }

  private void settle() {
    unsettled.forEach(
        (id, before) -> {
          before.ifPresent(value -> sum.flip(id.table(), id.key(), value));
          @Nullable Message now = state.table(id.table()).get(id.key());
          if (now != null) {
            sum.flip(id.table(), id.key(), now);
          }
        });
    unsettled.clear();
  }

  /** The exclusive or of what was put in. */
  static final class Sum {
    private final MessageDigest sha256 = io.pilothouse.dm.state.StateDigest.sha256();
    private final long[] all = new long[4];
    private byte[] buffer = new byte[4096];

    private byte[] value() {
      ByteBuffer bytes = ByteBuffer.allocate(Long.BYTES * all.length);
      for (long each : all) {
        bytes.putLong(each);
      }
      return bytes.array();
    }

    /** Puts an entity in, or takes it out. */
    void flip(Table table, String key, Message value) {
      update(table.storageId().getBytes(StandardCharsets.UTF_8));
      update(key.getBytes(StandardCharsets.UTF_8));
      int size = value.getSerializedSize();
      if (size > buffer.length) {
        buffer = new byte[Math.max(size, 2 * buffer.length)];
      }
      CodedOutputStream out = CodedOutputStream.newInstance(buffer, 0, size);
      // a map field is otherwise written in whatever order its hash table has
      out.useDeterministicSerialization();
      try {
        value.writeTo(out);
      } catch (IOException e) {
        throw new UncheckedIOException("an array takes what its message said it needs", e);
      }
      sha256.update(buffer, 0, size);
      ByteBuffer hash = ByteBuffer.wrap(sha256.digest());
      for (int i = 0; i < all.length; i++) {
        all[i] ^= hash.getLong();
      }
    }

    private void update(byte[] name) {
      sha256.update((byte) (name.length >>> 8));
      sha256.update((byte) name.length);
      sha256.update(name);
    }
  }
}
