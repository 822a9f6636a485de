package io.pilothouse.tasks.fetch;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.zip.GZIPOutputStream;

/** Makes tar archives, also such as tar(1) refuses to. */
public final class Tar {
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();

  public Tar file(String name, String content) throws IOException {
    return file(name, 0644, content);
  }

  public Tar file(String name, int mode, String content) throws IOException {
    byte[] bytes = content.getBytes(StandardCharsets.UTF_8);
    return add(name, mode, '0', "", bytes.length, bytes);
  }

  /** Of any type; its size may be more than its bytes. */
  public Tar add(String name, int mode, char type, String target, long size, byte[] bytes)
      throws IOException {
    byte[] block = new byte[512];
    text(block, 0, name);
    text(block, 100, "%07o".formatted(mode));
    text(block, 108, "0000000");
    text(block, 116, "0000000");
    text(block, 124, "%011o".formatted(size));
    text(block, 136, "00000000000");
    text(block, 148, "        ");
    block[156] = (byte) type;
    text(block, 157, target);
    text(block, 257, "ustar");
    text(block, 263, "00");
    int sum = 0;
    for (byte each : block) {
      sum += each & 0xff;
    }
    text(block, 148, "%06o".formatted(sum));
    block[154] = 0;
    out.write(block);
    out.write(bytes);
    out.write(new byte[(512 - bytes.length % 512) % 512]);
    return this;
  }

  public Tar link(String name, String target) throws IOException {
    return add(name, 0777, '2', target, 0, new byte[0]);
  }

  private static void text(byte[] block, int at, String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    System.arraycopy(bytes, 0, block, at, bytes.length);
  }

  /** All of it. */
  public byte[] bytes() throws IOException {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    all.write(out.toByteArray());
    all.write(new byte[1024]);
    return all.toByteArray();
  }

  public byte[] gzip() throws IOException {
    return gzip(bytes());
  }

  static byte[] gzip(byte[] plain) throws IOException {
    ByteArrayOutputStream packed = new ByteArrayOutputStream();
    try (GZIPOutputStream gzip = new GZIPOutputStream(packed)) {
      gzip.write(plain);
    }
    return packed.toByteArray();
  }
}
