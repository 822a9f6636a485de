package io.pilothouse.driver;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Collection;

/** Writes a message in the format of Protocol Buffers, field by field. */
public final class Message {
  private static final int VARINT = 0;
  private static final int FIXED64 = 1;
  private static final int BYTES = 2;

  private final ByteArrayOutputStream out = new ByteArrayOutputStream();

  /** An integer, a boolean or a constant of an enum; not negative. */
  public Message number(int field, long value) {
    varint(((long) field << 3) | VARINT);
    varint(value);
    return this;
  }

  /** A double. */
  public Message real(int field, double value) {
    varint(((long) field << 3) | FIXED64);
    long left = Double.doubleToLongBits(value);
    for (int each = 0; each < Long.BYTES; each++) {
      out.write((int) (left >>> (8 * each)) & 0xff);
    }
    return this;
  }

  /** Bytes, or a message that is there already. */
  public Message bytes(int field, byte[] value) {
    varint(((long) field << 3) | BYTES);
    varint(value.length);
    out.writeBytes(value);
    return this;
  }

  public Message text(int field, String value) {
    return bytes(field, value.getBytes(StandardCharsets.UTF_8));
  }

  public Message message(int field, Message value) {
    return bytes(field, value.toBytes());
  }

  /** A repeated field of messages. */
  public Message all(int field, Collection<byte[]> values) {
    values.forEach(each -> bytes(field, each));
    return this;
  }

  /**
   * Fields that are there already; what is written later counts, of fields that are not repeated.
   */
  public Message fields(byte[] message) {
    out.writeBytes(message);
    return this;
  }

  public byte[] toBytes() {
    return out.toByteArray();
  }

  private void varint(long value) {
    long left = value;
    while ((left & ~0x7fL) != 0) {
      out.write((int) ((left & 0x7f) | 0x80));
      left >>>= 7;
    }
    out.write((int) left);
  }
}
