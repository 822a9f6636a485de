package io.pilothouse.tasks.oci;

import io.pilothouse.filesync.DurableFiles;
import io.pilothouse.tasks.fetch.TarMember;
import io.pilothouse.tasks.fetch.TarMembers;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * Removes what a layer takes away from those below it (OCI image specification, "Whiteouts"): of
 * {@code .wh.NAME} the NAME beside it, of {@code .wh..wh..opq} all that is beside it. Done before
 * the layer is laid over them: what the layer itself brings stays, in whatever order it names both.
 */
final class Whiteouts implements TarMembers {
  static final String MARK = ".wh.";
  private static final String OPAQUE = ".wh..wh..opq";
  private static final String OTHERS = ".wh..wh.";

  private final RootPaths paths;

  /**
   * In layers that lie already.
   *
   * @param root of them
   */
  Whiteouts(Path root) {
    this.paths = new RootPaths(root);
  }

  @Override
  public void file(TarMember member, InputStream content) throws IOException {
    while (content.skip(Long.MAX_VALUE) > 0) {
      // the name is all that counts
    }
    remove(member);
  }

  @Override
  public void directory(TarMember member) throws IOException {
    // what is there and is none (a link, say) is replaced: nothing is to be taken away behind it
    List<String> parts = RootPaths.parts(member.name());
    Optional<Path> dir =
        parts.isEmpty()
            ? Optional.empty()
            : paths.directory(parts.subList(0, parts.size() - 1), false);
    if (dir.isPresent()) {
      Path at = RootPaths.child(dir.get(), parts.getLast());
      if (!Files.isDirectory(at, LinkOption.NOFOLLOW_LINKS)) {
        Files.deleteIfExists(at);
      }
    }
  }

  @Override
  public void link(TarMember member) throws IOException {
    remove(member);
  }

  @Override
  public void hardLink(TarMember member) throws IOException {
    remove(member);
  }

  @Override
  public void special(TarMember member) {
    // takes nothing away
  }

  private void remove(TarMember member) throws IOException {
    List<String> parts = RootPaths.parts(member.name());
    String name = parts.isEmpty() ? "" : parts.getLast();
    if (!name.startsWith(MARK)) {
      return;
    }
    Optional<Path> dir = paths.directory(parts.subList(0, parts.size() - 1), false);
    if (dir.isEmpty()) {
      return; // nothing there to take away
    }
    if (name.equals(OPAQUE)) {
      // as they are read: a list of them all might be more than this program has memory for
      try (DirectoryStream<Path> all = Files.newDirectoryStream(dir.get())) {
        for (Path each : all) {
          delete(each);
        }
      } catch (DirectoryIteratorException e) {
        throw e.getCause();
      }
    } else if (!name.startsWith(OTHERS)) {
      String gone = name.substring(MARK.length());
      if (gone.isEmpty() || gone.equals(".") || gone.equals("..")) {
        throw new ImageException(
            "it holds \"%s\", which takes away no file".formatted(member.name()));
      }
      delete(RootPaths.child(dir.get(), gone));
    }
  }

  private static void delete(Path path) throws IOException {
    if (Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS)) {
      DurableFiles.deleteTree(path);
    } else {
      Files.deleteIfExists(path);
    }
  }
}
