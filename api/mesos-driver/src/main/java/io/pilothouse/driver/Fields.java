package io.pilothouse.driver;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** The fields of a message in the format of Protocol Buffers, nested ones not looked into. */
public final class Fields {
  private static final byte[] NONE = {};

  /** Of bytes and nested messages {@code bytes} is set, of all else {@code value}. */
  @SuppressWarnings("ArrayRecordComponent") // nobody compares them
  private record Field(int number, long value, byte[] bytes) {}

  private final List<Field> fields = new ArrayList<>();

  private Fields() {}

  /**
   * Reads all of it.
   *
   * @throws IOException it is no message
   */
  public static Fields of(byte[] message) throws IOException {
    Fields read = new Fields();
    ByteBuffer in = ByteBuffer.wrap(message).order(ByteOrder.LITTLE_ENDIAN);
    while (in.hasRemaining()) {
      long tag = varint(in);
      int number = (int) (tag >>> 3);
      switch ((int) (tag & 7)) {
        case 0 -> read.fields.add(new Field(number, varint(in), NONE));
        case 1 -> read.fields.add(new Field(number, enough(in, 8).getLong(), NONE));
        case 2 -> {
          long length = varint(in);
          byte[] bytes = new byte[(int) Math.min(length & Long.MAX_VALUE, in.remaining())];
          enough(in, length).get(bytes);
          read.fields.add(new Field(number, 0, bytes));
        }
        case 5 -> read.fields.add(new Field(number, enough(in, 4).getInt(), NONE));
        default ->
            throw new IOException(
                "no message: field %d at byte %d is of type %d"
                    .formatted(number, in.position(), tag & 7));
      }
    }
    return read;
  }

  private static ByteBuffer enough(ByteBuffer in, long length) throws IOException {
    if (length < 0 || length > in.remaining()) {
      throw new IOException(
          "a field of %d bytes at byte %d of a message of %d"
              .formatted(length, in.position(), in.limit()));
    }
    return in;
  }

  private static long varint(ByteBuffer in) throws IOException {
    long value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      long next = enough(in, 1).get();
      value |= (next & 0x7f) << shift;
      if (next >= 0) {
        return value;
      }
    }
    throw new IOException("a number of more than 10 bytes before byte " + in.position());
  }

  public boolean has(int number) {
    return fields.stream().anyMatch(each -> each.number == number);
  }

  /** The last of that number; empty if there is none. */
  public byte[] bytes(int number) {
    List<byte[]> all = all(number);
    return all.isEmpty() ? NONE : all.get(all.size() - 1);
  }

  public List<byte[]> all(int number) {
    return fields.stream().filter(each -> each.number == number).map(Field::bytes).toList();
  }

  /** Empty if there is none. */
  public String text(int number) {
    return new String(bytes(number), StandardCharsets.UTF_8);
  }

  /** The last of that number; 0 if there is none. */
  public long number(int number) {
    return fields.stream()
        .filter(each -> each.number == number)
        .mapToLong(Field::value)
        .reduce(0, (before, last) -> last);
  }

  /** A double; 0 if there is none. */
  public double real(int number) {
    return Double.longBitsToDouble(number(number));
  }
}
