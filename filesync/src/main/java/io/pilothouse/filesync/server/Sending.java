package io.pilothouse.filesync.server;

import io.pilothouse.filesync.Throttle;
import io.pilothouse.filesync.server.Contents.At;
import io.pilothouse.filesync.server.Transfers.Transfer;
import java.io.EOFException;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/** Sends bytes of files to a peer in pieces that go through the limit, with one buffer in all. */
final class Sending implements AutoCloseable {
  private static final int PIECE = 128 << 10;

  private final OutputStream out;
  private final Transfer transfer;
  private final Throttle throttle;
  private final AtomicLong served;
  private final ByteBuffer buffer;

  /** The file of the last piece: on a machine many chunks of an answer are in one. */
  private @Nullable Path path;

  private @Nullable FileChannel file;

  /**
   * Starts an answer.
   *
   * @param length of all of it in bytes
   */
  Sending(OutputStream out, long length, Transfer transfer, Throttle throttle, AtomicLong served) {
    this.out = out;
    this.transfer = transfer;
    this.throttle = throttle;
    this.served = served;
    this.buffer = ByteBuffer.allocate((int) Math.min(PIECE, length));
  }

  void number(int number) throws IOException, InterruptedException {
    if (buffer.remaining() < Integer.BYTES) {
      flush();
    }
    buffer.putInt(number);
  }

  /** The file's bytes as they are; one that has become shorter breaks the answer off. */
  void file(At place, long from) throws IOException, InterruptedException {
    FileChannel opened = open(place.file());
    for (long sent = from; sent < place.size(); ) {
      int piece = (int) Math.min(room(), place.size() - sent);
      buffer.limit(buffer.position() + piece);
      int read = opened.read(buffer, place.offset() + sent);
      buffer.limit(buffer.capacity());
      if (read < 0) {
        throw new EOFException(place.file() + " became shorter while it was sent");
      }
      sent += read;
    }
  }

  private FileChannel open(Path wanted) throws IOException {
    FileChannel opened = file;
    if (opened == null || !wanted.equals(path)) {
      close();
      opened = FileChannel.open(wanted, StandardOpenOption.READ);
      path = wanted;
      file = opened;
    }
    return opened;
  }

  @Override
  public void close() throws IOException {
    if (file != null) {
      file.close();
      file = null;
    }
  }

  private int room() throws IOException, InterruptedException {
    if (!buffer.hasRemaining()) {
      flush();
    }
    return buffer.remaining();
  }

  void flush() throws IOException, InterruptedException {
    int length = buffer.position();
    throttle.take(transfer.transferClass(), length);
    transfer.waiting(
        () -> {
          out.write(buffer.array(), 0, length);
          return out;
        });
    served.addAndGet(length);
    buffer.clear();
  }
}
