package io.pilothouse.filesync;

import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SecureDirectoryStream;
import java.nio.file.attribute.BasicFileAttributeView;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.nio.file.attribute.UserPrincipal;
import java.util.Collections;
import java.util.Set;
import java.util.UUID;

/**
 * Removes a directory that somebody else may be changing: each name is opened and deleted relative
 * to the open directory above it, and never through a link (openat(2), unlinkat(2)). Whatever is
 * made of a directory meanwhile, nothing outside is deleted.
 */
final class TreeRemoval {
  /**
   * Directories that are open at a time. What lies deeper is moved up first: trees can be deeper
   * than a program may have files open, or a path may be long.
   */
  private static final int DEEPEST = 32;

  private static final Set<PosixFilePermission> OTHERS_WRITE =
      Set.of(PosixFilePermission.GROUP_WRITE, PosixFilePermission.OTHERS_WRITE);
  private static final Set<PosixFilePermission> OWNERS_ONLY =
      PosixFilePermissions.fromString("rwx------");

  private final UserPrincipal owner;
  private final SecureDirectoryStream<Path> top;
  private boolean movedUp;

  private TreeRemoval(UserPrincipal owner, SecureDirectoryStream<Path> top) {
    this.owner = owner;
    this.top = top;
  }

  /**
   * Removes it.
   *
   * @param tree a file, link or directory; none is no failure
   */
  static void remove(Path tree) throws IOException {
    Path parent = DurableFiles.parent(tree);
    Path name = tree.toAbsolutePath().getFileName();
    UserPrincipal owner = Files.getOwner(parent);
    try (DirectoryStream<Path> stream = Files.newDirectoryStream(parent)) {
      if (!(stream instanceof SecureDirectoryStream<Path> trusted)) {
        throw new IOException(
            "%s cannot be removed safely on %s".formatted(tree, System.getProperty("os.name")));
      }
      if (!isDirectory(trusted, name)) {
        deleteFile(trusted, name);
        return;
      }
      try (SecureDirectoryStream<Path> top =
          trusted.newDirectoryStream(name, LinkOption.NOFOLLOW_LINKS)) {
        new TreeRemoval(owner, top).emptyTop();
      }
      deleteDirectory(trusted, name);
    }
  }

  private void emptyTop() throws IOException {
    empty(top, 1);
    while (movedUp) {
      movedUp = false;
      try (SecureDirectoryStream<Path> again =
          top.newDirectoryStream(Path.of("."), LinkOption.NOFOLLOW_LINKS)) {
        empty(again, 1);
      }
    }
  }

  private void empty(SecureDirectoryStream<Path> dir, int depth) throws IOException {
    shut(dir);
    try {
      for (Path each : dir) {
        remove(dir, each.getFileName(), depth);
      }
    } catch (DirectoryIteratorException e) {
      throw e.getCause();
    }
  }

  /**
   * Takes one from others who may write to it, as far as this program may. Not for links, which are
   * never followed: whoever puts a pipe where a directory was keeps for ever who opens it.
   */
  private void shut(SecureDirectoryStream<Path> dir) throws IOException {
    PosixFileAttributeView view = dir.getFileAttributeView(PosixFileAttributeView.class);
    PosixFileAttributes is = view.readAttributes();
    boolean theirs = !is.owner().equals(owner);
    if (!theirs && Collections.disjoint(is.permissions(), OTHERS_WRITE)) {
      return;
    }
    try {
      if (theirs) {
        view.setOwner(owner);
      }
      view.setPermissions(OWNERS_ONLY);
    } catch (FileSystemException e) {
      return; // only root may: a program without its rights has no more to lose than they
    }
  }

  private void remove(SecureDirectoryStream<Path> in, Path name, int depth) throws IOException {
    if (!isDirectory(in, name)) {
      deleteFile(in, name);
      return;
    }
    if (depth >= DEEPEST) {
      in.move(name, top, Path.of("removed-" + UUID.randomUUID()));
      movedUp = true;
      return;
    }
    try (SecureDirectoryStream<Path> below =
        in.newDirectoryStream(name, LinkOption.NOFOLLOW_LINKS)) {
      empty(below, depth + 1);
    } catch (NoSuchFileException e) {
      return; // somebody else removes it, too
    }
    deleteDirectory(in, name);
  }

  private static boolean isDirectory(SecureDirectoryStream<Path> in, Path name) throws IOException {
    try {
      return in.getFileAttributeView(name, BasicFileAttributeView.class, LinkOption.NOFOLLOW_LINKS)
          .readAttributes()
          .isDirectory();
    } catch (NoSuchFileException e) {
      return false;
    }
  }

  private static void deleteFile(SecureDirectoryStream<Path> in, Path name) throws IOException {
    try {
      in.deleteFile(name);
    } catch (NoSuchFileException e) {
      return; // it is gone, as is wanted
    }
  }

  private static void deleteDirectory(SecureDirectoryStream<Path> in, Path name)
      throws IOException {
    try {
      in.deleteDirectory(name);
    } catch (NoSuchFileException e) {
      return; // it is gone, as is wanted
    }
  }
}
