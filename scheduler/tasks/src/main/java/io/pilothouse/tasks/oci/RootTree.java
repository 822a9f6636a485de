package io.pilothouse.tasks.oci;

import io.pilothouse.filesync.DiskFull;
import io.pilothouse.filesync.DurableFiles;
import io.pilothouse.tasks.fetch.TarMember;
import io.pilothouse.tasks.fetch.TarMembers;
import io.pilothouse.watchdog.RunAs;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * Lays one layer over those below it. Nothing of it is outside the root, whatever its names and
 * links say. Owners, rights and times are kept; what would make a program somebody else
 * (set-user-id, capabilities of files) is not, for no container may become anybody else.
 */
final class RootTree implements TarMembers {
  private static final int PIECE = 64 << 10;

  /** With the sticky bit, as of {@code /tmp}. */
  private static final int RIGHTS = 01777;

  /** What the container gets made anew when it starts. */
  private static final String DEVICES = "dev";

  private final Path root;
  private final RootPaths paths;

  RootTree(Path root) {
    this.root = root;
    this.paths = new RootPaths(root);
  }

  private Path place(TarMember member) throws IOException {
    List<String> parts = RootPaths.parts(member.name());
    if (parts.isEmpty()) {
      throw new ImageException("it holds a file without a name");
    }
    Path dir = paths.directory(parts.subList(0, parts.size() - 1), true).orElseThrow();
    return RootPaths.child(dir, parts.getLast());
  }

  /** A place where nothing is. */
  private Path fresh(TarMember member) throws IOException {
    Path path = place(member);
    if (Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS)) {
      DurableFiles.deleteTree(path);
    } else {
      Files.deleteIfExists(path);
    }
    return path;
  }

  private static boolean isMark(TarMember member) {
    return member.name().substring(member.name().lastIndexOf('/') + 1).startsWith(Whiteouts.MARK);
  }

  @Override
  public void file(TarMember member, InputStream content) throws IOException {
    if (isMark(member)) {
      while (content.skip(Long.MAX_VALUE) > 0) {
        // it holds nothing that is wanted
      }
      return;
    }
    Path path = fresh(member);
    try (OutputStream out = Files.newOutputStream(path, StandardOpenOption.CREATE_NEW)) {
      byte[] piece = new byte[PIECE];
      for (int read = content.read(piece); read >= 0; read = content.read(piece)) {
        out.write(piece, 0, read);
      }
    } catch (IOException e) {
      throw DiskFull.is(e) ? new ImageException("the machine's disk is full") : e;
    }
    own(path, member);
    Files.setAttribute(path, "unix:mode", member.mode() & RIGHTS);
    Files.setLastModifiedTime(path, FileTime.from(member.seconds(), TimeUnit.SECONDS));
  }

  @Override
  public void directory(TarMember member) throws IOException {
    List<String> parts = RootPaths.parts(member.name());
    Path path = root;
    if (!parts.isEmpty()) {
      Path dir = paths.directory(parts.subList(0, parts.size() - 1), true).orElseThrow();
      path = RootPaths.child(dir, parts.getLast());
      if (!Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS)) {
        Files.deleteIfExists(path);
        Files.createDirectory(path);
      }
    }
    own(path, member);
    Files.setAttribute(path, "unix:mode", member.mode() & RIGHTS);
  }

  @Override
  public void link(TarMember member) throws IOException {
    if (isMark(member)) {
      return;
    }
    Path path = fresh(member);
    try {
      Files.createSymbolicLink(path, Path.of(member.target())); // it is followed within the root
    } catch (InvalidPathException e) {
      throw new ImageException(
          "\"%s\" is a link to what no file can be called".formatted(member.name()));
    }
    own(path, member);
  }

  @Override
  public void hardLink(TarMember member) throws IOException {
    if (isMark(member)) {
      return;
    }
    List<String> parts = RootPaths.parts(member.target());
    Path dir =
        parts.isEmpty()
            ? null
            : paths.directory(parts.subList(0, parts.size() - 1), false).orElse(null);
    Path to = dir == null ? null : RootPaths.child(dir, parts.getLast());
    Path at = place(member);
    boolean there =
        to != null
            && (Files.isRegularFile(to, LinkOption.NOFOLLOW_LINKS) || Files.isSymbolicLink(to))
            && (to.equals(at) || !to.startsWith(at)); // what it takes the place of goes with it
    if (to == null || !there) {
      throw new ImageException(
          "\"%s\" is a link to \"%s\", which it does not hold before"
              .formatted(member.name(), member.target()));
    }
    if (!at.equals(to)) {
      Files.createLink(fresh(member), to);
    }
  }

  @Override
  public void special(TarMember member) throws IOException {
    List<String> parts = RootPaths.parts(member.name());
    if (parts.isEmpty() || !parts.getFirst().equals(DEVICES)) {
      throw new ImageException(
          "it holds \"%s\", which is a device or a pipe: only below /dev, where each container has"
                  .formatted(member.name())
              + " its own, are they left out");
    }
  }

  private static void own(Path path, TarMember member) throws IOException {
    if (RunAs.isRoot()) {
      Files.setAttribute(path, "unix:uid", member.uid(), LinkOption.NOFOLLOW_LINKS);
      Files.setAttribute(path, "unix:gid", member.gid(), LinkOption.NOFOLLOW_LINKS);
    }
  }
}
