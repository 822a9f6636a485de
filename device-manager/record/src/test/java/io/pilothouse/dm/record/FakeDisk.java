package io.pilothouse.dm.record;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.WritableByteChannel;
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
  public FileChannel open(Path file, OpenOption... options) throws IOException {
    return new Channel(FileChannel.open(file, options));
  }

  @Override
  public long freeBytes(Path dir) {
    return free;
  }

  private final class Channel extends FileChannel {
    private final FileChannel real;

    Channel(FileChannel real) {
      this.real = real;
    }

    @Override
    public int write(ByteBuffer bytes) throws IOException {
      if (still) {
        goesOn.acquireUninterruptibly();
      }
      if (room.get() <= 0) {
        throw new IOException("No space left on device");
      }
      int most = (int) Math.min(room.get(), bytes.remaining());
      ByteBuffer part = bytes.slice(bytes.position(), most);
      int written = real.write(part);
      bytes.position(bytes.position() + written);
      room.addAndGet(-written);
      return written;
    }

    @Override
    public void force(boolean metaData) throws IOException {
      real.force(metaData);
    }

    @Override
    public FileChannel truncate(long size) throws IOException {
      return real.truncate(size);
    }

    @Override
    public FileChannel position(long position) throws IOException {
      real.position(position);
      return this;
    }

    @Override
    public long position() throws IOException {
      return real.position();
    }

    @Override
    public long size() throws IOException {
      return real.size();
    }

    @Override
    protected void implCloseChannel() throws IOException {
      real.close();
    }

    @Override
    public int read(ByteBuffer bytes) {
      throw new UnsupportedOperationException("the writer does not read");
    }

    @Override
    public long read(ByteBuffer[] bytes, int offset, int length) {
      throw new UnsupportedOperationException("the writer does not read");
    }

    @Override
    public long write(ByteBuffer[] bytes, int offset, int length) {
      throw new UnsupportedOperationException("the writer has one buffer");
    }

    @Override
    public long transferTo(long position, long count, WritableByteChannel target) {
      throw new UnsupportedOperationException("the writer does not transfer");
    }

    @Override
    public long transferFrom(ReadableByteChannel source, long position, long count) {
      throw new UnsupportedOperationException("the writer does not transfer");
    }

    @Override
    public int read(ByteBuffer bytes, long position) {
      throw new UnsupportedOperationException("the writer does not read");
    }

    @Override
    public int write(ByteBuffer bytes, long position) {
      throw new UnsupportedOperationException("the writer appends");
    }

    @Override
    public MappedByteBuffer map(MapMode mode, long position, long size) {
      throw new UnsupportedOperationException("the writer does not map");
    }

    @Override
    public FileLock lock(long position, long size, boolean shared) {
      throw new UnsupportedOperationException("the writer does not lock");
    }

    @Override
    public FileLock tryLock(long position, long size, boolean shared) {
      throw new UnsupportedOperationException("the writer does not lock");
    }
  }
}
