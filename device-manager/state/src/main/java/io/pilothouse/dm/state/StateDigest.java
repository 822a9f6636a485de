package io.pilothouse.dm.state;

import com.google.protobuf.Message;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Map;

/** A SHA-256 over the whole state: equal on every replica at the same index. */
public final class StateDigest {

  private StateDigest() {}

  /** Hash of all tables in order, as lower-case hex. */
  public static String of(Entities state) {
    MessageDigest digest = sha256();
    for (Table table : Table.values()) {
      for (Map.Entry<String, Message> entry : state.table(table).entrySet()) {
        add(digest, table.storageId().getBytes(StandardCharsets.UTF_8));
        add(digest, entry.getKey().getBytes(StandardCharsets.UTF_8));
        add(digest, entry.getValue().toByteArray());
      }
    }
    return HexFormat.of().formatHex(digest.digest());
  }

  /** SHA-256 of one value, as lower-case hex. */
  static String hex(byte[] bytes) {
    return HexFormat.of().formatHex(sha256().digest(bytes));
  }

  private static void add(MessageDigest digest, byte[] bytes) {
    int length = bytes.length;
    digest.update(
        new byte[] {
          (byte) (length >>> 24), (byte) (length >>> 16), (byte) (length >>> 8), (byte) length
        });
    digest.update(bytes);
  }

  /** A digest to go on with. */
  public static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }
}
