package io.pilothouse.dm.raft;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Looks at the list of a database's files before RocksDB does. RocksDB knows types of records that
 * it writes to other logs only; one flipped bit that makes a record of its MANIFEST one of these
 * has it read that record for ever, with nothing that could stop it. All other damage it finds
 * itself.
 *
 * <p>Blocks of 32 KiB hold records of a checksum (4 bytes), a length (2, little endian), a type (1)
 * and as many bytes; what is left of a block that has no room for these seven is unused.
 */
final class ManifestCheck {
  private static final int BLOCK = 32 << 10;
  private static final int HEADER = 7;

  /** Whole, first, middle or last part; 0 is what was never written. */
  private static final int LAST_TYPE = 4;

  private ManifestCheck() {}

  /**
   * @param db directory that has a file CURRENT
   * @throws IOException naming file and byte of a record that RocksDB cannot have written
   */
  static void check(Path db) throws IOException {
    String name = Files.readString(db.resolve("CURRENT"), UTF_8).strip();
    if (!name.matches("MANIFEST-\\d+") || !Files.exists(db.resolve(name))) {
      return; // RocksDB says what is wrong with it
    }
    ByteBuffer bytes =
        ByteBuffer.wrap(Files.readAllBytes(db.resolve(name))).order(ByteOrder.LITTLE_ENDIAN);
    int at = 0;
    while (at + HEADER <= bytes.limit()) {
      int left = BLOCK - at % BLOCK;
      if (left < HEADER) {
        at += left;
        continue;
      }
      int type = Byte.toUnsignedInt(bytes.get(at + 6));
      if (type > LAST_TYPE) {
        throw new IOException(
            "cannot open the database %s: %s is damaged at byte %d: a record of type %d, expected 1 to 4"
                .formatted(db, name, at + 6, type));
      }
      at += HEADER + Short.toUnsignedInt(bytes.getShort(at + 4));
    }
  }
}
