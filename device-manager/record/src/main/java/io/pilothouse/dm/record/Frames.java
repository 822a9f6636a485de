package io.pilothouse.dm.record;

import com.google.protobuf.CodedOutputStream;
import io.pilothouse.api.log.v1.RecordItem;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.zip.CRC32C;

/**
 * What surrounds an item on disk, in bytes, big-endian: length (4), CRC-32C of the length (4),
 * CRC-32C of the item (4), the item. The length has a checksum of its own, so that a flipped bit in
 * it is not taken for an end that is missing.
 */
final class Frames {

  static final int HEADER = 12;

  /** No item is longer: an entry has at most 5 MiB, an entity less than an entry. */
  static final int LONGEST = 64 << 20;

  private Frames() {}

  /** The bytes of an item, ready to be written. */
  static ByteBuffer of(RecordItem item) {
    int length = item.getSerializedSize();
    byte[] bytes = new byte[HEADER + length];
    try {
      CodedOutputStream out = CodedOutputStream.newInstance(bytes, HEADER, length);
      item.writeTo(out);
      out.checkNoSpaceLeft();
    } catch (IOException e) {
      throw new UncheckedIOException("an array cannot be full before its end", e);
    }
    ByteBuffer frame = ByteBuffer.wrap(bytes);
    frame.putInt(length).putInt(lengthSum(length)).putInt(sum(bytes, HEADER, length));
    return frame.rewind();
  }

  /** Checksum of a length as it stands in the header. */
  static int lengthSum(int length) {
    return sum(ByteBuffer.allocate(4).putInt(length).array(), 0, 4);
  }

  static int sum(byte[] bytes, int offset, int length) {
    CRC32C crc = new CRC32C();
    crc.update(bytes, offset, length);
    return (int) crc.getValue();
  }
}
