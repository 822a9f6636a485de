package io.pilothouse.filesync;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/** Permission bits, as the index writes them and as the file system takes them. */
public final class Modes {
  private static final List<PosixFilePermission> FROM_HIGHEST_BIT =
      List.of(
          PosixFilePermission.OWNER_READ,
          PosixFilePermission.OWNER_WRITE,
          PosixFilePermission.OWNER_EXECUTE,
          PosixFilePermission.GROUP_READ,
          PosixFilePermission.GROUP_WRITE,
          PosixFilePermission.GROUP_EXECUTE,
          PosixFilePermission.OTHERS_READ,
          PosixFilePermission.OTHERS_WRITE,
          PosixFilePermission.OTHERS_EXECUTE);

  private Modes() {}

  /** The bits of a file. */
  public static int of(Path path) throws IOException {
    return bits(Files.getPosixFilePermissions(path, LinkOption.NOFOLLOW_LINKS));
  }

  /** As bits, at most 0777. */
  public static int bits(Set<PosixFilePermission> permissions) {
    int bits = 0;
    for (PosixFilePermission each : FROM_HIGHEST_BIT) {
      bits = bits << 1 | (permissions.contains(each) ? 1 : 0);
    }
    return bits;
  }

  /** From bits. */
  public static Set<PosixFilePermission> permissions(int bits) {
    Set<PosixFilePermission> permissions = EnumSet.noneOf(PosixFilePermission.class);
    for (int i = 0; i < FROM_HIGHEST_BIT.size(); i++) {
      if ((bits & 0400 >> i) != 0) {
        permissions.add(FROM_HIGHEST_BIT.get(i));
      }
    }
    return permissions;
  }
}
