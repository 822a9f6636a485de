package io.pilothouse.tasks.oci;

import io.pilothouse.processes.Cgroup;
import io.pilothouse.processes.Cgroups;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;

/** Where control groups are below their mounts, as runtimes are told: the same in all of them. */
final class GroupPath {
  private static final int MOUNT_POINT = 4;

  private GroupPath() {}

  /** Empty when no mount of them is known. */
  static Optional<String> of(Cgroup cgroup) throws IOException {
    Path group = cgroup.parts().getFirst().group();
    Optional<String> found = Optional.empty();
    int longest = 0;
    for (String line : Files.readAllLines(Cgroups.MOUNTS)) {
      String[] fields = line.split(" ", -1);
      int type = Arrays.asList(fields).indexOf("-") + 1;
      if (type > 0 && type < fields.length && fields[type].startsWith("cgroup")) {
        Path mount = Path.of(fields[MOUNT_POINT]);
        if (group.startsWith(mount) && mount.getNameCount() > longest) {
          longest = mount.getNameCount();
          found = Optional.of("/" + mount.relativize(group));
        }
      }
    }
    return found;
  }
}
