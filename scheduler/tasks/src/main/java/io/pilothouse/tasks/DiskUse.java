package io.pilothouse.tasks;

import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;

/** How much of a disk a directory takes. */
interface DiskUse {
  /**
   * Counts.
   *
   * @param within so long at most
   * @return bytes of the disk's blocks; empty when the time was not enough
   * @throws IOException when nothing can be counted
   */
  OptionalLong of(Path directory, Duration within) throws IOException, InterruptedException;

  /**
   * By du(1), as Mesos' own isolator: what has holes counts by its blocks, what has several names
   * once, links and other file systems are not gone into. Whoever else uses the disk goes first. A
   * program of its own, since a task can make the tree as deep and wide as it likes, and change it
   * meanwhile.
   */
  static DiskUse du() {
    return DiskUse::du;
  }

  private static OptionalLong du(Path directory, Duration within)
      throws IOException, InterruptedException {
    List<String> line = List.of("nice", "-n", "19", "du", "-skx", directory.toString());
    Process du =
        new ProcessBuilder(line)
            .redirectInput(Redirect.from(new java.io.File("/dev/null")))
            .redirectError(Redirect.DISCARD)
            .start();
    try {
      if (!du.waitFor(within.toNanos(), TimeUnit.NANOSECONDS)) {
        return OptionalLong.empty();
      }
      String said = new String(du.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      // what went away meanwhile makes it fail, and it counted the rest
      String kibibytes = said.split("\\s", 2)[0];
      if (kibibytes.isEmpty()) {
        throw new IOException(
            "du of %s ended with %d and counted nothing".formatted(directory, du.exitValue()));
      }
      return OptionalLong.of(Long.parseLong(kibibytes) << 10);
    } catch (NumberFormatException e) {
      throw new IOException("du of %s says no number".formatted(directory), e);
    } finally {
      du.destroyForcibly();
    }
  }
}
