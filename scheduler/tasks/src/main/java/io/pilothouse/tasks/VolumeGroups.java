package io.pilothouse.tasks;

import io.pilothouse.watchdog.RunAs;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;

/**
 * Shared volumes have a group of their own, which every task that uses one has beside its user's:
 * frameworks that share one may run as different users. The directory itself says which group it
 * is, so nothing else has to be kept.
 */
final class VolumeGroups {
  /**
   * Numbers from here on are given to nobody by any convention of Linux (systemd's list of uids).
   */
  static final int FIRST = 1_879_048_192;

  /** So many volumes of one machine. */
  private static final int MOST = 1 << 16;

  /** What is made in it gets its group; whoever has that may write. */
  private static final int MODE = 02770;

  private VolumeGroups() {}

  /**
   * Gives a volume its group, unless it has one. Under the monitor of {@link Tasks}.
   *
   * @param data under which all volumes are, in {@code ROLE/ID/INSTANCE}
   */
  static void give(Path volume, Path data) throws IOException {
    if (!RunAs.isRoot()) {
      return; // all tasks are the agent's own user's
    }
    if (!isShared(volume)) {
      Files.setAttribute(volume, "unix:gid", free(data), LinkOption.NOFOLLOW_LINKS);
    }
    // later, and each time: an agent may have ended between the two
    Files.setAttribute(volume, "unix:mode", MODE);
  }

  private static int free(Path data) throws IOException {
    Set<Integer> taken = new TreeSet<>();
    try (Stream<Path> all = Files.find(data, 3, (path, at) -> at.isDirectory())) {
      for (Path each : all.toList()) {
        taken.add(group(each));
      }
    }
    for (int number = FIRST; number < FIRST + MOST; number++) {
      if (!taken.contains(number)) {
        return number;
      }
    }
    throw new IOException("%d shared volumes are on this machine already".formatted(MOST));
  }

  private static int group(Path directory) throws IOException {
    return (Integer) Files.getAttribute(directory, "unix:gid", LinkOption.NOFOLLOW_LINKS);
  }

  /** Whether it has a group of its own, so that it is nobody's in particular. */
  static boolean isShared(Path volume) throws IOException {
    int group = group(volume);
    return group >= FIRST && group < FIRST + MOST;
  }

  /** Of the volumes that a container uses. */
  static List<Integer> of(Path meta) throws IOException {
    List<Integer> groups = new ArrayList<>();
    for (Path each : Volumes.used(meta)) {
      if (Files.isDirectory(each, LinkOption.NOFOLLOW_LINKS) && isShared(each)) {
        groups.add(group(each));
      }
    }
    return groups;
  }
}
