package io.pilothouse.tasks.fetch;

import io.pilothouse.filesync.DiskFull;
import io.pilothouse.filesync.DurableFiles;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What is to be in a sandbox, gathered where nobody sees it and moved there at the end. Nothing
 * that an archive names can be outside, or lead there: directories on the way are real ones, and a
 * link goes up first and then only down.
 */
final class Tree {
  private static final int PIECE = 64 << 10;

  /** What others than the owner may not get by an archive: to write, and to become the owner. */
  private static final int MOST_RIGHTS = 0755;

  /** NAME_MAX, and PATH_MAX with its end. */
  private static final int LONGEST_NAME = 255;

  private static final int LONGEST_PATH = 4095;

  private final Path root;

  /**
   * An empty one.
   *
   * @param root a directory that is there
   */
  Tree(Path root) {
    this.root = root;
  }

  /** Takes what a tar archive holds; owners and times are not kept. */
  TarMembers members() {
    return new TarMembers() {
      @Override
      public void file(TarMember member, InputStream content) throws IOException {
        Tree.this.file(member.name(), member.mode(), content);
      }

      @Override
      public void directory(TarMember member) throws IOException {
        Tree.this.directory(member.name());
      }

      @Override
      public void link(TarMember member) throws IOException {
        Tree.this.link(member.name(), member.target());
      }

      @Override
      public void hardLink(TarMember member) throws IOException {
        Tree.this.hardLink(member.name(), member.target());
      }
    };
  }

  /** Checks a name that came from an archive. */
  private Path path(String name) throws FetchException {
    Path path;
    try {
      path = Path.of(name);
    } catch (InvalidPathException e) {
      throw new FetchException("it holds a name that no file can have");
    }
    boolean up = false;
    for (Path each : path) {
      up |= each.toString().equals("..");
    }
    if (path.isAbsolute() || up) {
      throw new FetchException(
          "it holds \"%s\", which is not within the directory that it is unpacked in"
              .formatted(name));
    }
    Path plain = path.normalize();
    if (!plain.toString().isEmpty() && Item.isOutput(plain)) {
      throw new FetchException("it holds \"%s\", which is what the command writes".formatted(name));
    }
    Path whole = root.resolve(plain);
    boolean tooLong = bytes(whole) > LONGEST_PATH;
    for (Path each : plain) {
      tooLong |= bytes(each) > LONGEST_NAME;
    }
    if (tooLong) {
      throw new FetchException("it holds a name that is too long: \"%s\"".formatted(name));
    }
    return whole;
  }

  private static int bytes(Path path) {
    return path.toString().getBytes(StandardCharsets.UTF_8).length;
  }

  /** Makes a directory with those above it. */
  void directory(String name) throws IOException {
    directory(path(name), name);
  }

  private void directory(Path dir, String name) throws IOException {
    Path at = root;
    for (Path each : root.relativize(dir)) {
      at = at.resolve(each);
      if (each.toString().isEmpty() || Files.isDirectory(at, LinkOption.NOFOLLOW_LINKS)) {
        continue;
      }
      if (Files.exists(at, LinkOption.NOFOLLOW_LINKS)) {
        throw new FetchException(
            "it holds \"%s\" below \"%s\", which is no directory but a file or a link"
                .formatted(name, root.relativize(at)));
      }
      Files.createDirectory(at);
    }
  }

  /** A place for a file that is not there. */
  private Path fresh(String name) throws IOException {
    Path path = path(name);
    if (path.equals(root)) {
      throw new FetchException("it holds a file without a name");
    }
    directory(DurableFiles.parent(path), name);
    if (Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS)) {
      throw new FetchException("\"%s\" is a directory and a file".formatted(name));
    }
    Files.deleteIfExists(path);
    return path;
  }

  /**
   * Writes a file.
   *
   * @param rights as of chmod(2); at most what others may have is kept
   */
  void file(String name, int rights, InputStream content) throws IOException {
    Path path = fresh(name);
    try (OutputStream out = Files.newOutputStream(path, StandardOpenOption.CREATE_NEW)) {
      byte[] piece = new byte[PIECE];
      for (int read = content.read(piece); read >= 0; read = content.read(piece)) {
        out.write(piece, 0, read);
      }
    } catch (IOException e) {
      throw DiskFull.is(e) ? new FetchException("the machine's disk is full") : e;
    }
    Files.setPosixFilePermissions(path, rights(rights));
  }

  /** The same of a file on this disk, which it moves. */
  void take(String name, int rights, Path file) throws IOException {
    Path path = fresh(name);
    Files.move(file, path);
    Files.setPosixFilePermissions(path, rights(rights));
  }

  private static Set<PosixFilePermission> rights(int wanted) {
    int mode = (wanted & MOST_RIGHTS) | 0600;
    StringBuilder text = new StringBuilder();
    for (int bit = 8; bit >= 0; bit--) {
      text.append(((mode >> bit) & 1) == 0 ? '-' : "xwr".charAt(bit % 3));
    }
    return PosixFilePermissions.fromString(text.toString());
  }

  /** A symbolic link. */
  void link(String name, String target) throws IOException {
    Path path = fresh(name);
    Path to;
    try {
      to = Path.of(target);
    } catch (InvalidPathException e) {
      throw new FetchException("\"%s\" is a link to what no file can be called".formatted(name));
    }
    int depth = root.relativize(path).getNameCount() - 1;
    boolean down = false;
    boolean out = to.isAbsolute() || target.isEmpty();
    for (Path each : to) {
      boolean up = each.toString().equals("..");
      // up behind a name could leave by a link of that name
      out |= up && (down || --depth < 0);
      down |= !up && !each.toString().equals(".");
    }
    if (out) {
      throw new FetchException(
          "\"%s\" is a link to \"%s\", which may lead out of the sandbox".formatted(name, target));
    }
    Files.createSymbolicLink(path, to);
  }

  /** Another name of a file that is here. */
  void hardLink(String name, String target) throws IOException {
    Path to = path(target);
    directory(DurableFiles.parent(to), target);
    if (!Files.isRegularFile(to, LinkOption.NOFOLLOW_LINKS)) {
      throw new FetchException(
          "\"%s\" is a link to \"%s\", which it does not hold before".formatted(name, target));
    }
    Path path = path(name);
    if (!path.equals(to)) {
      Files.createLink(fresh(name), to);
    }
  }

  /**
   * Moves all of it.
   *
   * @param sandbox on the same disk, where nothing runs yet
   */
  void moveInto(Path sandbox) throws IOException {
    // as they are read: a list of them all might be more than this program has memory for
    try (DirectoryStream<Path> all = Files.newDirectoryStream(root)) {
      for (Path each : all) {
        Path to = sandbox.resolve(each.getFileName());
        if (Files.isDirectory(to, LinkOption.NOFOLLOW_LINKS)) {
          DurableFiles.deleteTree(to); // of a try before this one
        }
        Files.move(each, to, StandardCopyOption.REPLACE_EXISTING);
      }
    } catch (DirectoryIteratorException e) {
      throw e.getCause();
    }
  }

  /** Gives all of it to a user; nobody but the agent gets there before it is moved. */
  void give(int uid) throws IOException {
    Files.walkFileTree(
        root,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
              throws IOException {
            return give(file);
          }

          @Override
          public FileVisitResult postVisitDirectory(Path dir, @Nullable IOException failure)
              throws IOException {
            if (failure != null) {
              throw failure;
            }
            return dir.equals(root) ? FileVisitResult.CONTINUE : give(dir);
          }

          private FileVisitResult give(Path path) throws IOException {
            Files.setAttribute(path, "unix:uid", uid, LinkOption.NOFOLLOW_LINKS);
            return FileVisitResult.CONTINUE;
          }
        });
  }
}
