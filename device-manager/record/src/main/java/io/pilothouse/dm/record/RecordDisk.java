package io.pilothouse.dm.record;

import java.io.IOException;
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
        public FileChannel open(Path file, OpenOption... options) throws IOException {
          return FileChannel.open(file, options);
        }

        @Override
        public long freeBytes(Path dir) throws IOException {
          return Files.getFileStore(dir).getUsableSpace();
        }
      };

  FileChannel open(Path file, OpenOption... options) throws IOException;

  long freeBytes(Path dir) throws IOException;
}
