package io.pilothouse.filesync.client;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Rows found by 64 bits of a hash, 24 bytes each: in memory as long as they are few, else in a file
 * that has no name, so that a content of a million files costs an agent no memory, and a kill
 * leaves nothing behind. Reading it is not broken off by interrupts, which would close it for all.
 * It is filled by one thread, then read by many.
 */
final class PlaceTable implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(PlaceTable.class);
  private static final int ROW = 24;
  private static final int SMALLEST = 64;

  /** Slots that are kept in memory, at most: 1.5 MiB. */
  static final int MOST_IN_MEMORY = 1 << 16;

  private static final int LARGEST = 1 << 26;

  /**
   * A row.
   *
   * @param entry any number
   * @param offset any number
   * @param size above 0
   */
  record Row(long key, int entry, long offset, int size) {}

  /** Where the slots are; a slot that was never written is all zeros. */
  private sealed interface Slots permits InMemory, InFile {
    void read(int slot, byte[] row) throws IOException;

    void write(int slot, byte[] row) throws IOException;
  }

  private static final class InMemory implements Slots {
    private final byte[] all;

    InMemory(int capacity) {
      this.all = new byte[capacity * ROW];
    }

    @Override
    public void read(int slot, byte[] row) {
      System.arraycopy(all, slot * ROW, row, 0, ROW);
    }

    @Override
    public void write(int slot, byte[] row) {
      System.arraycopy(row, 0, all, slot * ROW, ROW);
    }
  }

  private record InFile(RandomAccessFile file) implements Slots {
    @Override
    public void read(int slot, byte[] row) throws IOException {
      synchronized (file) {
        file.seek((long) slot * ROW);
        file.readFully(row);
      }
    }

    @Override
    public void write(int slot, byte[] row) throws IOException {
      synchronized (file) {
        file.seek((long) slot * ROW);
        file.write(row);
      }
    }
  }

  private final Path directory;
  private Slots slots;
  private int capacity;
  private int used;
  private boolean full;

  /**
   * Makes an empty table.
   *
   * @param directory where its file may be
   * @param expected rows; more are taken
   */
  PlaceTable(Path directory, long expected) {
    this.directory = directory;
    this.capacity = SMALLEST;
    this.slots = new InMemory(capacity);
    int wanted = SMALLEST;
    while (wanted < LARGEST && expected > room(wanted)) {
      wanted *= 2;
    }
    grow(wanted);
  }

  /** A quarter of the slots stays free, so that a look-up ends soon. */
  private static int room(int capacity) {
    return capacity / 4 * 3;
  }

  /** Slots have numbers below this one. */
  int capacity() {
    return capacity;
  }

  /** Nothing more is taken: the disk is full. */
  boolean isFull() {
    return full;
  }

  /** The first row of a key is kept. */
  void put(Row row) {
    if (used >= room(capacity)) {
      grow(capacity * 2);
    }
    if (full) {
      return;
    }
    try {
      if (put(slots, capacity, row)) {
        used++;
      }
    } catch (IOException e) {
      stop(e);
    }
  }

  /** To have only the first rows costs transfers, and nothing else. */
  private void stop(IOException e) {
    full = true;
    log.warn("of a large content only {} chunks are known on this disk: {}", used, e.toString());
  }

  private static boolean put(Slots slots, int capacity, Row row) throws IOException {
    byte[] bytes = new byte[ROW];
    int slot = slot(slots, capacity, row.key(), bytes);
    if (size(bytes) > 0) {
      return false;
    }
    ByteBuffer.wrap(bytes)
        .putLong(row.key())
        .putLong(row.offset())
        .putInt(row.entry())
        .putInt(row.size());
    slots.write(slot, bytes);
    return true;
  }

  private static int size(byte[] row) {
    return ByteBuffer.wrap(row).getInt(ROW - Integer.BYTES);
  }

  /** Of the key, or the free one where it would be; the row's bytes are read. */
  private static int slot(Slots slots, int capacity, long key, byte[] row) throws IOException {
    int slot = (int) key & capacity - 1;
    slots.read(slot, row);
    while (size(row) > 0 && ByteBuffer.wrap(row).getLong(0) != key) {
      slot = slot + 1 & capacity - 1;
      slots.read(slot, row);
    }
    return slot;
  }

  private void grow(int wanted) {
    if (wanted <= capacity) {
      return;
    }
    RandomAccessFile file = null;
    try {
      if (wanted > LARGEST) {
        throw new IOException("a table has at most %d slots".formatted(LARGEST));
      }
      Slots larger;
      if (wanted <= MOST_IN_MEMORY) {
        larger = new InMemory(wanted);
      } else {
        file = nameless((long) wanted * ROW);
        larger = new InFile(file);
      }
      byte[] bytes = new byte[ROW];
      for (int i = 0; i < capacity; i++) {
        slots.read(i, bytes);
        if (size(bytes) > 0) {
          put(larger, wanted, row(bytes));
        }
      }
      close();
      slots = larger;
      capacity = wanted;
    } catch (IOException e) {
      close(file);
      if (capacity < MOST_IN_MEMORY) {
        grow(MOST_IN_MEMORY);
      } else {
        stop(e);
      }
    }
  }

  private RandomAccessFile nameless(long length) throws IOException {
    Path path = Files.createTempFile(directory, ".places", "");
    try {
      RandomAccessFile file = new RandomAccessFile(path.toFile(), "rw");
      file.setLength(length);
      return file;
    } finally {
      Files.delete(path);
    }
  }

  /** The slot of a key; negative when it has none, or the disk cannot say. */
  int find(long key) {
    try {
      byte[] bytes = new byte[ROW];
      int slot = slot(slots, capacity, key, bytes);
      return size(bytes) > 0 ? slot : -1;
    } catch (IOException e) {
      log.debug("a table of chunks cannot be read: {}", e.toString());
      return -1;
    }
  }

  /** What is in a slot that {@link #find} gave. */
  Row row(int slot) throws IOException {
    byte[] bytes = new byte[ROW];
    slots.read(slot, bytes);
    return row(bytes);
  }

  private static Row row(byte[] bytes) {
    ByteBuffer buffer = ByteBuffer.wrap(bytes);
    long key = buffer.getLong();
    long offset = buffer.getLong();
    return new Row(key, buffer.getInt(), offset, buffer.getInt());
  }

  @Override
  public void close() {
    switch (slots) {
      case InFile open -> close(open.file());
      case InMemory memory -> {}
    }
  }

  private static void close(@Nullable RandomAccessFile file) {
    try {
      if (file != null) {
        file.close();
      }
    } catch (IOException e) {
      log.debug("closing a table of chunks: {}", e.toString());
    }
  }
}
