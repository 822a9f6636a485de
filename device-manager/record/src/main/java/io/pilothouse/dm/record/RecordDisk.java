package io.pilothouse.dm.record;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.OpenOption;
import java.nio.file.Path;

/** What the writer needs of a disk; a test's own may be full, slow or broken. */
interface RecordDisk {

  /** The real one. */
  RecordDisk REAL =
      new RecordDisk() {
        @Override
        public Output open(Path file, long from, OpenOption... options) throws IOException {
          return new ChannelOutput(FileChannel.open(file, options).position(from));
        }

        @Override
        public long freeBytes(Path dir) throws IOException {
          return Files.getFileStore(dir).getUsableSpace();
        }
      };

  /** A file that is written from some byte on. */
  interface Output extends AutoCloseable {

    /** Takes all of the bytes, or as many as there was room for. */
    void write(ByteBuffer bytes) throws IOException;

    void force() throws IOException;

    void truncate(long size) throws IOException;

    @Override
    void close() throws IOException;
  }

  Output open(Path file, long from, OpenOption... options) throws IOException;

  long freeBytes(Path dir) throws IOException;

  /** A real file. */
  record ChannelOutput(FileChannel channel) implements Output {
    @Override
    public void write(ByteBuffer bytes) throws IOException {
      while (bytes.hasRemaining()) {
        channel.write(bytes);
      }
    }

    @Override
    public void force() throws IOException {
      channel.force(false);
    }

    @Override
    public void truncate(long size) throws IOException {
      channel.truncate(size);
    }

    @Override
    public void close() throws IOException {
      channel.close();
    }
  }
}
