package io.pilothouse.cli.dev;

import io.pilothouse.cli.Home;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;

/**
 * The control groups of one fleet's emulated machines, below a directory of their own in each
 * hierarchy. Machines whose power is cut leave them behind, empty; a kernel that has thousands of
 * them is slower for everybody.
 */
final class FleetGroups {
  /** Where this program's mounts are told (proc(5)). */
  static final Path MOUNTS = Path.of("/proc/self/mountinfo");

  private static final int MOUNT_POINT = 4;
  private static final Duration LOOK = Duration.ofMillis(20);

  private FleetGroups() {}

  /** Of a fleet's directory below each mount: what its agents have as {@code --cgroup}. */
  static String name(Home home) {
    return "pilothouse-%08x".formatted(home.dir().toString().hashCode());
  }

  /**
   * Removes the groups in which no process is.
   *
   * @param patience for the last processes to go, which were killed
   * @return the directories that are left
   */
  static List<Path> remove(Path mounts, String name, Duration patience)
      throws IOException, InterruptedException {
    long deadline = System.nanoTime() + patience.toNanos();
    List<Path> left = remove(mounts, name);
    while (!left.isEmpty() && System.nanoTime() - deadline < 0) {
      Thread.sleep(LOOK);
      left = remove(mounts, name);
    }
    return left;
  }

  private static List<Path> remove(Path mounts, String name) throws IOException {
    List<Path> left = new ArrayList<>();
    if (!Files.isReadable(mounts)) {
      return left;
    }
    for (String line : Files.readAllLines(mounts)) {
      String[] fields = line.split(" ", -1);
      int type = Arrays.asList(fields).indexOf("-") + 1;
      if (type > 0 && type < fields.length && fields[type].startsWith("cgroup")) {
        Path groups = Path.of(fields[MOUNT_POINT]).resolve(name);
        if (Files.isDirectory(groups, LinkOption.NOFOLLOW_LINKS) && !isRemoved(groups)) {
          left.add(groups);
        }
      }
    }
    return left;
  }

  /** Those within first; one that has a process cannot be removed, nor can those around it. */
  private static boolean isRemoved(Path group) {
    try {
      List<Path> within;
      try (Stream<Path> list = Files.list(group)) {
        within = list.filter(each -> Files.isDirectory(each, LinkOption.NOFOLLOW_LINKS)).toList();
      }
      within.forEach(FleetGroups::isRemoved);
      Files.delete(group);
      return true;
    } catch (IOException e) {
      return false; // told by whoever asked
    }
  }
}
