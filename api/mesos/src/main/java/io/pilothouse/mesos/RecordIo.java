package io.pilothouse.mesos;

import java.nio.charset.StandardCharsets;

/** Records on a stream: the length in decimal, a line feed, that many bytes, and the next. */
public final class RecordIo {
  private RecordIo() {}

  /** One record as it goes on the stream. */
  public static byte[] frame(byte[] record) {
    if (record.length == 0) {
      throw new IllegalArgumentException("a record has at least one byte");
    }
    byte[] head = (record.length + "\n").getBytes(StandardCharsets.US_ASCII);
    byte[] framed = new byte[head.length + record.length];
    System.arraycopy(head, 0, framed, 0, head.length);
    System.arraycopy(record, 0, framed, head.length, record.length);
    return framed;
  }
}
