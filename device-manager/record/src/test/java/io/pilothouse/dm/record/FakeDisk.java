package io.pilothouse.dm.record;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicLong;

/** Real files, on a disk that can be full, refuse, or stand still. */
final class FakeDisk implements RecordDisk {
  final AtomicLong room = new AtomicLong(Long.MAX_VALUE);
  volatile long free = Long.MAX_VALUE;
  private volatile boolean still;
  private final Semaphore goesOn = new Semaphore(0);

  void standsStill() {
    still = true;
  }

  void goesOn() {
    still = false;
    goesOn.release(1_000_000);
  }

  @Override
  public Output open(Path file, long from, OpenOption... options) throws IOException {
    return new Bounded(REAL.open(file, from, options));
  }

  @Override
  public long freeBytes(Path dir) {
    return free;
  }

  private final class Bounded implements Output {
    private final Output real;

    Bounded(Output real) {
      this.real = real;
    }

    @Override
    public void write(ByteBuffer bytes) throws IOException {
      if (still) {
        goesOn.acquireUninterruptibly();
      }
      int wanted = bytes.remaining();
      long had = room.getAndUpdate(each -> Math.max(0, each - wanted));
      int size = (int) Math.min(had, wanted);
      real.write(bytes.slice(bytes.position(), size));
      bytes.position(bytes.position() + size);
      if (bytes.hasRemaining()) {
        throw new IOException("No space left on device");
      }
    }

    @Override
    public void force() throws IOException {
      real.force();
    }

    @Override
    public void truncate(long size) throws IOException {
      real.truncate(size);
    }

    @Override
    public void close() throws IOException {
      real.close();
    }
  }
}
