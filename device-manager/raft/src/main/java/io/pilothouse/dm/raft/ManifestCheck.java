package io.pilothouse.dm.raft;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.CRC32C;

/**
 * Looks at the list of a database's files before RocksDB does, for two damages that it does not
 * find. A flipped bit that makes a record's type one of those that only other logs have: RocksDB
 * reads that record for ever, with nothing that could stop it. A flipped bit in a length that then
 * reaches beyond the file's end: RocksDB takes the record for one that a crash has cut, and drops
 * it with all that follow. Other damage it finds itself.
 *
 * <p>Blocks of 32 KiB hold records of a checksum (4 bytes: CRC-32C of type and content, rotated and
 * shifted), a length (2, little endian), a type (1) and as many bytes; what is left of a block that
 * has no room for these seven is unused.
 */
final class ManifestCheck {
  private static final int BLOCK = 32 << 10;
  private static final int HEADER = 7;
  private static final int MASK_DELTA = 0xa282ead8;

  /** Whole, first, middle or last part; 0 is what was never written. */
  private static final int LAST_TYPE = 4;

  private final String file;
  private final ByteBuffer bytes;

  private ManifestCheck(String file, ByteBuffer bytes) {
    this.file = file;
    this.bytes = bytes;
  }

  /**
   * Refuses one that RocksDB cannot have written.
   *
   * @param db directory that has a file CURRENT
   * @throws IOException naming file and byte
   */
  static void check(Path db) throws IOException {
    // whatever its bytes are: RocksDB says what is wrong with it
    String name = new String(Files.readAllBytes(db.resolve("CURRENT")), ISO_8859_1).strip();
    if (!name.matches("MANIFEST-\\d+") || !Files.exists(db.resolve(name))) {
      return;
    }
    Path file = db.resolve(name);
    ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
    new ManifestCheck("the database %s: %s".formatted(db, name), bytes).check();
  }

  private void check() throws IOException {
    int at = 0;
    while (at + HEADER <= bytes.limit()) {
      int left = BLOCK - at % BLOCK;
      if (left < HEADER) {
        at += left;
        continue;
      }
      int type = Byte.toUnsignedInt(bytes.get(at + 6));
      if (type > LAST_TYPE) {
        throw damaged(at + 6, "a record of type %d, expected 1 to 4".formatted(type));
      }
      int length = Short.toUnsignedInt(bytes.getShort(at + 4));
      int there = Math.min(left, bytes.limit() - at) - HEADER;
      if (length > there) {
        requireCut(at, length, there);
        return;
      }
      at += HEADER + length;
    }
  }

  /** A record that a crash has cut fits its checksum at no length. */
  private void requireCut(int at, int length, int there) throws IOException {
    int masked = bytes.getInt(at);
    int expected = Integer.rotateLeft(masked - MASK_DELTA, 15);
    CRC32C sum = new CRC32C();
    sum.update(bytes.get(at + 6));
    for (int n = 0; n <= there; n++) {
      if ((int) sum.getValue() == expected) {
        throw damaged(at + 4, "a length of %d, and the record has %d bytes".formatted(length, n));
      }
      if (n < there) {
        sum.update(bytes.get(at + HEADER + n));
      }
    }
  }

  private IOException damaged(int at, String what) {
    return new IOException("cannot open %s is damaged at byte %d: %s".formatted(file, at, what));
  }
}
