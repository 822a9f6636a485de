package io.pilothouse.tasks.oci;

import io.pilothouse.filesync.DurableFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Gives a container the image's files and lets it write: by overlayfs, which keeps what it writes
 * apart from them, or, where the kernel or the disk cannot, by a copy of all of them.
 */
final class Overlay {
  private static final Logger log = LoggerFactory.getLogger(Overlay.class);
  private static final int TRY_SECONDS = 20;
  private static final int COPY_MINUTES = 30;

  private final Path dir;
  private Optional<Boolean> works;

  /**
   * On a disk.
   *
   * @param dir of the agent's own
   */
  Overlay(Path dir) {
    this(dir, Optional.empty());
  }

  /**
   * Where it is known.
   *
   * @param works empty to try it
   */
  Overlay(Path dir, Optional<Boolean> works) {
    this.dir = dir;
    this.works = works;
  }

  /** Prepares a bundle's root file system. */
  void prepare(Bundle bundle, Image image) throws IOException, InterruptedException {
    Files.createDirectory(bundle.rootfs());
    Path written = bundle.rootfs();
    if (works()) {
      written = Files.createDirectory(bundle.upper());
      Files.createDirectory(bundle.work());
      Files.createSymbolicLink(bundle.lower(), image.rootfs());
      asItIs(image.rootfs(), written); // the root of both is as this one
    } else {
      copy(image.rootfs(), written);
    }
    if (!Files.exists(image.rootfs().resolve("tmp"), LinkOption.NOFOLLOW_LINKS)) {
      Path made = Files.createDirectory(written.resolve("tmp"));
      Files.setPosixFilePermissions(made, PosixFilePermissions.fromString("rwxrwxrwx"));
      Files.setAttribute(made, "unix:mode", 01777);
    }
  }

  private static void asItIs(Path from, Path to) throws IOException {
    for (String each : List.of("uid", "gid", "mode")) {
      Object value = Files.getAttribute(from, "unix:" + each, LinkOption.NOFOLLOW_LINKS);
      Files.setAttribute(to, "unix:" + each, each.equals("mode") ? (Integer) value & 07777 : value);
    }
  }

  /** Tried once: a mount that nobody but the trial sees. */
  synchronized boolean works() throws IOException, InterruptedException {
    if (works.isEmpty()) {
      Path trial = dir.resolve("overlay-trial");
      DurableFiles.deleteTree(trial);
      for (String each : List.of("lower", "upper", "work", "rootfs")) {
        Files.createDirectories(trial.resolve(each));
      }
      List<String> mount =
          List.of(
              "unshare",
              "--mount",
              "--propagation",
              "slave",
              "mount",
              "-t",
              "overlay",
              "overlay",
              "-o",
              "lowerdir=lower,upperdir=upper,workdir=work",
              "rootfs");
      boolean can = ends(mount, trial, TRY_SECONDS);
      DurableFiles.deleteTree(trial);
      if (!can) {
        log.warn("overlayfs does not work in {}: each container gets a copy of its image", dir);
      }
      works = Optional.of(can);
    }
    return works.get();
  }

  private static void copy(Path from, Path to) throws IOException, InterruptedException {
    List<String> line = List.of("cp", "-a", "--reflink=auto", from + "/.", to.toString());
    if (!ends(line, to, TimeUnit.MINUTES.toSeconds(COPY_MINUTES))) {
      throw new ImageException(
          "its image could not be copied within %d min: is the machine's disk full?"
              .formatted(COPY_MINUTES));
    }
  }

  private static boolean ends(List<String> line, Path in, long seconds)
      throws IOException, InterruptedException {
    Process process =
        new ProcessBuilder(line)
            .directory(in.toFile())
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start();
    try {
      return process.waitFor(seconds, TimeUnit.SECONDS) && process.exitValue() == 0;
    } finally {
      process.destroyForcibly();
    }
  }
}
