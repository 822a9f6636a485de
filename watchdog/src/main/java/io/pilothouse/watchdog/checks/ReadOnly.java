package io.pilothouse.watchdog.checks;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * File systems that are read-only though they should not be, and a small file written and flushed
 * on the machine's own disk. A kernel that gave up on a file system turns its <em>superblock</em>
 * read-only and leaves the mount as it was; one that came up wrong differs from {@code fstab}.
 */
public final class ReadOnly implements Check {
  private static final String FAULT = "fs.read-only";

  /**
   * A line of mountinfo (proc(5)).
   *
   * @param source device, for example {@code /dev/sda1}
   */
  private record Mount(String point, boolean readOnly, boolean superReadOnly, String source) {}

  private final Path mounts;
  private final Path fstab;
  private final Path probe;

  /**
   * @param probe the directory to write to
   */
  public ReadOnly(Path mounts, Path fstab, Path probe) {
    this.mounts = mounts;
    this.fstab = fstab;
    this.probe = probe;
  }

  @Override
  public Finding look() throws IOException {
    Map<String, Boolean> wanted = wanted();
    List<String> wrong = new ArrayList<>();
    int looked = 0;
    for (Mount mount : mounts()) {
      looked++;
      boolean turned = mount.superReadOnly() && !mount.readOnly();
      boolean shouldBeWritable = wanted.getOrDefault(mount.point(), false);
      if (turned) {
        wrong.add(mount.point() + " (" + mount.source() + ") was turned read-only by the kernel");
      } else if (mount.readOnly() && shouldBeWritable) {
        wrong.add(mount.point() + " is mounted read-only, " + fstab + " says read-write");
      }
    }
    if (!wrong.isEmpty()) {
      return Finding.error(FAULT, String.join("; ", wrong));
    }
    return write(looked);
  }

  private Finding write(int looked) {
    Path file = probe.resolve(".pilot-write-probe");
    try {
      try (FileChannel channel =
          FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
        channel.write(ByteBuffer.wrap(new byte[] {'p'}));
        channel.force(true);
      }
      Files.delete(file);
      return Finding.ok(
          "%d file systems are as they should be, %s can be written".formatted(looked, probe));
    } catch (FileSystemException e) {
      String why = e.getReason() == null ? e.toString() : e.getReason();
      return failed(why);
    } catch (IOException e) {
      return failed(String.valueOf(e.getMessage()));
    }
  }

  private Finding failed(String why) {
    String text = "%s cannot be written: %s".formatted(probe, why);
    if (why.contains("No space left") || why.contains("quota")) {
      return Finding.warning(text); // room is the disk watchdog's affair
    }
    return Finding.error(why.contains("Read-only") ? FAULT : "fs.write-failed", text);
  }

  /** Of block devices: others, such as proc or a bind mount of a container, are as made. */
  private List<Mount> mounts() throws IOException {
    List<Mount> found = new ArrayList<>();
    for (String line : Files.readAllLines(mounts)) {
      String[] halves = line.split(" - ", 2);
      String[] left = halves[0].split(" ", -1);
      String[] right = halves.length == 2 ? halves[1].split(" ", -1) : new String[0];
      if (left.length < 6 || right.length < 3) {
        throw new IOException(mounts + " has a line that is not of proc(5): " + line);
      }
      boolean writable = !right[0].equals("squashfs") && !right[0].equals("iso9660");
      if (right[1].startsWith("/dev/") && writable) {
        found.add(
            new Mount(unescape(left[4]), option(left[5], "ro"), option(right[2], "ro"), right[1]));
      }
    }
    return found;
  }

  /** Mount points of fstab, and whether each is to be writable. */
  private Map<String, Boolean> wanted() throws IOException {
    Map<String, Boolean> wanted = new HashMap<>();
    if (!Files.exists(fstab)) {
      return wanted; // as in a container: then the kernel's own word is all there is
    }
    for (String line : Files.readAllLines(fstab)) {
      String[] fields = line.strip().split("\\s+", -1);
      if (fields.length >= 4 && !fields[0].startsWith("#")) {
        wanted.put(unescape(fields[1]), !option(fields[3], "ro"));
      }
    }
    return wanted;
  }

  private static boolean option(String options, String name) {
    return List.of(options.split(",", -1)).contains(name);
  }

  /** Spaces are {@code \040} in both files. */
  private static String unescape(String text) {
    return text.replace("\\040", " ").replace("\\011", "\t").replace("\\134", "\\");
  }
}
