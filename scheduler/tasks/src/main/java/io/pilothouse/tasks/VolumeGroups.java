package io.pilothouse.tasks;

import io.pilothouse.filesync.DurableFiles;
import io.pilothouse.mesos.v1.Resource;
import io.pilothouse.watchdog.RunAs;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;

/**
 * Shared volumes have a group of their own, which every task that uses one has beside its user's:
 * frameworks that share one may run as different users. A file beside the directory says which; the
 * directory cannot, for root in a container may give it another volume's.
 */
final class VolumeGroups {
  /**
   * Numbers from here on are given to nobody by any convention of Linux (systemd's list of uids).
   */
  static final int FIRST = 1_879_048_192;

  /** Beside a directory that is a shared volume. */
  static final String GROUP = ".group";

  /** What is made in it gets its group; whoever has that may write. */
  private static final int MODE = 02770;

  private VolumeGroups() {}

  /**
   * Gives a volume its group, whatever it has been given meanwhile. Under the monitor of {@link
   * Tasks}.
   *
   * @param next file with the number that no volume of this machine had yet; need not be there
   */
  static void give(Path volume, Path next) throws IOException {
    if (!RunAs.isRoot()) {
      return; // all tasks are the agent's own user's
    }
    OptionalInt known = read(file(volume));
    int group = known.isPresent() ? known.getAsInt() : read(next).orElse(FIRST);
    if (known.isEmpty()) {
      if (group == Integer.MAX_VALUE) {
        throw new IOException("no group is left for another shared volume on this machine");
      }
      write(next, group + 1); // first: a number that is lost harms nobody, one that is used twice
      write(file(volume), group);
    }
    Files.setAttribute(volume, "unix:gid", group, LinkOption.NOFOLLOW_LINKS);
    Files.setAttribute(volume, "unix:mode", MODE);
  }

  static Path file(Path volume) {
    return volume.resolveSibling(volume.getFileName() + GROUP);
  }

  private static OptionalInt read(Path file) throws IOException {
    if (!Files.exists(file)) {
      return OptionalInt.empty();
    }
    String text = Files.readString(file).strip();
    try {
      int number = Integer.parseInt(text);
      if (number >= FIRST) {
        return OptionalInt.of(number);
      }
    } catch (NumberFormatException e) {
      throw damaged(file, text, e);
    }
    throw damaged(file, text, null);
  }

  private static IOException damaged(Path file, String text, @Nullable Exception cause) {
    return new IOException(
        "%s has no group's number but '%s': expected one from %d on".formatted(file, text, FIRST),
        cause);
  }

  private static void write(Path file, int number) throws IOException {
    DurableFiles.replace(file, Integer.toString(number).getBytes(StandardCharsets.UTF_8));
  }

  /** Of the shared ones that a container uses. */
  static List<Integer> of(Path meta, List<Resource> resources) throws IOException {
    List<Integer> groups = new ArrayList<>();
    for (Volumes.Used each : Volumes.used(meta, resources)) {
      if (each.resource().hasShared()) {
        read(file(each.directory())).ifPresent(groups::add);
      }
    }
    return groups;
  }
}
