package io.pilothouse.filesync.server;

import io.pilothouse.filesync.Throttle;
import io.pilothouse.filesync.server.Contents.At;
import io.pilothouse.filesync.server.Transfers.Transfer;
import java.io.EOFException;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.atomic.AtomicLong;

/** Sends bytes of files to a peer in pieces that go through the limit, with one buffer in all. */
final class Sending {
  private static final int PIECE = 128 << 10;

  private final OutputStream out;
  private final Transfer transfer;
  private final Throttle throttle;
  private final AtomicLong served;
  private final ByteBuffer buffer;

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
    try (FileChannel file = FileChannel.open(place.file(), StandardOpenOption.READ)) {
      for (long sent = from; sent < place.size(); ) {
        int piece = (int) Math.min(room(), place.size() - sent);
        buffer.limit(buffer.position() + piece);
        int read = file.read(buffer, place.offset() + sent);
        buffer.limit(buffer.capacity());
        if (read < 0) {
          throw new EOFException(place.file() + " became shorter while it was sent");
        }
        sent += read;
      }
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
