package io.pilothouse.pki;

import io.pilothouse.tls.TlsException;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import org.jspecify.annotations.Nullable;

/**
 * A directory for keys: each file appears whole, was never readable by others, and is still there
 * after a power cut.
 */
record SecretDirectory(Path dir) {

  static SecretDirectory make(Path dir) throws IOException {
    boolean fresh = !Files.isDirectory(dir);
    try {
      Files.createDirectories(
          dir, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
    } catch (IOException e) {
      throw new TlsException(dir + " cannot be made: " + e, "choose another directory", e);
    }
    @Nullable Path parent = dir.toAbsolutePath().getParent();
    if (fresh && parent != null) {
      new SecretDirectory(parent).sync();
    }
    return new SecretDirectory(dir);
  }

  void write(String name, String text) throws IOException {
    Path fresh = dir.resolve("." + name + ".new");
    Files.deleteIfExists(fresh);
    Files.createFile(
        fresh, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    Files.writeString(fresh, text, StandardOpenOption.SYNC, StandardOpenOption.WRITE);
    Files.move(
        fresh,
        dir.resolve(name),
        StandardCopyOption.ATOMIC_MOVE,
        StandardCopyOption.REPLACE_EXISTING);
    sync();
  }

  /** Renames are on the disk after this: a power cut does not take them back. */
  void sync() throws IOException {
    try (FileChannel directory = FileChannel.open(dir)) {
      directory.force(true);
    }
  }
}
