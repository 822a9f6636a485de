package io.pilothouse.agent;

import io.pilothouse.kit.ProgramException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.util.HexFormat;

/** The machine's secret, made at its first start and kept on its disk, readable to its owner. */
final class Key {
  private static final int BYTES = 32;

  private Key() {}

  static String readOrMake(Path file) {
    try {
      if (Files.isRegularFile(file)) {
        String key = Files.readString(file).strip();
        if (!key.isEmpty()) {
          return key;
        }
      }
      byte[] bytes = new byte[BYTES];
      new SecureRandom().nextBytes(bytes);
      String key = HexFormat.of().formatHex(bytes);
      Path fresh = file.resolveSibling(file.getFileName() + ".new");
      Files.deleteIfExists(fresh);
      Files.createFile(
          fresh,
          PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
      Files.write(fresh, (key + "\n").getBytes(StandardCharsets.UTF_8), StandardOpenOption.SYNC);
      Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
      return key;
    } catch (IOException e) {
      throw new ProgramException(
          "the key " + file + " cannot be read or made: " + e + "; is --disk writable?", e);
    }
  }
}
