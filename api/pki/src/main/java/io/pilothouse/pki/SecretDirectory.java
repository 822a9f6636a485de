package io.pilothouse.pki;

import io.pilothouse.tls.TlsException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;

/** A directory for keys: each file appears whole and was never readable by others. */
record SecretDirectory(Path dir) {

  static SecretDirectory make(Path dir) throws IOException {
    try {
      Files.createDirectories(
          dir, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
    } catch (IOException e) {
      throw new TlsException(dir + " cannot be made: " + e, "choose another directory", e);
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
  }
}
