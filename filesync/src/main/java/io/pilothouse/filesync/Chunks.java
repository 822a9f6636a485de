package io.pilothouse.filesync;

import io.pilothouse.filesync.ContentIndex.Chunk;
import java.nio.ByteBuffer;
import java.util.AbstractList;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Objects;
import java.util.RandomAccess;

/**
 * The chunks of one file in 36 bytes each: a file of 10 GiB has some 160,000, and an agent must
 * read its entry. Not changed any more once it is handed out.
 */
final class Chunks extends AbstractList<Chunk> implements RandomAccess {
  private static final int HASH = 32;
  private static final int ROW = HASH + Integer.BYTES;

  /** Rows of a block: nothing is copied when the list grows, but the first block, which doubles. */
  private static final int BLOCK = 256;

  private static final int FIRST = 8;

  private final List<byte[]> blocks = new ArrayList<>(1);
  private int size;

  Chunks() {}

  /** The same chunks, compact; a list with anything but hashes stays as it is, to be refused. */
  static List<Chunk> compact(List<Chunk> chunks) {
    if (chunks.size() < 2) {
      return List.copyOf(chunks); // most files: a block would be mostly empty
    }
    if (chunks instanceof Chunks) {
      return chunks;
    }
    Chunks compact = new Chunks();
    for (Chunk each : chunks) {
      if (!compact.append(each.sha256(), each.size())) {
        return List.copyOf(chunks);
      }
    }
    return compact;
  }

  /** False for what is no hash. */
  boolean append(String sha256, int bytes) {
    if (sha256.length() != 2 * HASH) {
      return false;
    }
    byte[] block = room();
    int at = size % BLOCK * ROW;
    for (int i = 0; i < HASH; i++) {
      int high = digit(sha256.charAt(2 * i));
      int low = digit(sha256.charAt(2 * i + 1));
      if (high < 0 || low < 0) {
        return false;
      }
      block[at + i] = (byte) (high << 4 | low);
    }
    ByteBuffer.wrap(block).putInt(at + HASH, bytes);
    size++;
    return true;
  }

  /** The block with room for a row. */
  private byte[] room() {
    if (blocks.size() == size / BLOCK) {
      blocks.add(new byte[(size == 0 ? FIRST : BLOCK) * ROW]);
    } else if (size * ROW == blocks.getLast().length) {
      blocks.set(0, Arrays.copyOf(blocks.getFirst(), 2 * size * ROW));
    }
    return blocks.getLast();
  }

  private static int digit(char c) {
    if (c >= '0' && c <= '9') {
      return c - '0';
    }
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
  }

  @Override
  public Chunk get(int index) {
    Objects.checkIndex(index, size);
    byte[] block = blocks.get(index / BLOCK);
    int at = index % BLOCK * ROW;
    return new Chunk(
        HexFormat.of().formatHex(block, at, at + HASH), ByteBuffer.wrap(block).getInt(at + HASH));
  }

  @Override
  public int size() {
    return size;
  }
}
