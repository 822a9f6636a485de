package io.pilothouse.tasks;

import io.pilothouse.api.v1.SandboxEntry;
import io.pilothouse.api.v1.SandboxTrouble;
import java.io.IOException;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SecureDirectoryStream;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;

/**
 * An open directory from which one goes down a name at a time: each is opened relative to the one
 * above it, and never through a link (openat(2), O_NOFOLLOW). Whatever a task makes of its sandbox
 * meanwhile, one stays in it. Names are single ones, without a slash.
 */
final class SafeDirectory implements AutoCloseable {
  /** S_IFREG and its like: the kind in the mode of stat(2). */
  private static final int REGULAR = 0100000;

  private static final int DIRECTORY = 0040000;
  private static final int LINK = 0120000;

  private final SecureDirectoryStream<Path> open;

  private SafeDirectory(SecureDirectoryStream<Path> open) {
    this.open = open;
  }

  /** Begins at one that no task can write to, nor what is above it. */
  static SafeDirectory begin(Path trusted) throws IOException {
    try (DirectoryStream<Path> stream = Files.newDirectoryStream(trusted)) {
      if (stream instanceof SecureDirectoryStream<Path> secure) {
        return new SafeDirectory(secure.newDirectoryStream(Path.of(".")));
      }
      throw new IOException(
          "files of sandboxes cannot be read safely on " + System.getProperty("os.name"));
    }
  }

  /** The one of this name in it. */
  SafeDirectory down(String name) throws IOException {
    SecureDirectoryStream<Path> below =
        open.newDirectoryStream(Path.of(name), LinkOption.NOFOLLOW_LINKS);
    return new SafeDirectory(below);
  }

  /** What the name is itself, a link too; empty: nothing has it. */
  Optional<PosixFileAttributes> attributes(String name) throws IOException {
    try {
      return Optional.of(
          open.getFileAttributeView(
                  Path.of(name), PosixFileAttributeView.class, LinkOption.NOFOLLOW_LINKS)
              .readAttributes());
    } catch (NoSuchFileException e) {
      return Optional.empty();
    }
  }

  SeekableByteChannel file(String name) throws IOException {
    return open.newByteChannel(
        Path.of(name), Set.of(StandardOpenOption.READ, LinkOption.NOFOLLOW_LINKS));
  }

  /** Each name in it until the one that is told has had enough. Once for each open directory. */
  void names(Predicate<String> more) throws IOException {
    try {
      for (Path each : open) {
        if (!more.test(String.valueOf(each.getFileName()))) {
          return;
        }
      }
    } catch (DirectoryIteratorException e) {
      throw e.getCause();
    }
  }

  static SandboxEntry entry(String name, PosixFileAttributes of) {
    return SandboxEntry.newBuilder()
        .setName(name)
        .setKind(kind(of))
        .setSize(of.isRegularFile() ? of.size() : 0)
        .setModified(of.lastModifiedTime().toMillis())
        .setMode(mode(of))
        .setOwner(of.owner().getName())
        .setGroup(of.group().getName())
        .build();
  }

  static String kind(PosixFileAttributes of) {
    if (of.isRegularFile()) {
      return "file";
    }
    if (of.isDirectory()) {
      return "directory";
    }
    return of.isSymbolicLink() ? "link" : "other";
  }

  private static int mode(PosixFileAttributes of) {
    int mode =
        switch (kind(of)) {
          case "file" -> REGULAR;
          case "directory" -> DIRECTORY;
          case "link" -> LINK;
          default -> 0;
        };
    PosixFilePermission[] all = PosixFilePermission.values(); // from the owner's r to others' x
    for (int i = 0; i < all.length; i++) {
      if (of.permissions().contains(all[i])) {
        mode |= 1 << (all.length - 1 - i);
      }
    }
    return mode;
  }

  static SandboxTroubleException refused(String text) {
    return new SandboxTroubleException(SandboxTrouble.SANDBOX_REFUSED, text);
  }

  @Override
  public void close() throws IOException {
    open.close();
  }
}
