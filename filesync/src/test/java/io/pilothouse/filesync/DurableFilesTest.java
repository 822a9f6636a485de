package io.pilothouse.filesync;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Trees are removed, and nothing beside them, whatever others do to them meanwhile. */
@Timeout(120)
class DurableFilesTest {
  private static final int FILES = 20;

  @TempDir private Path disk;
  private Path tree;
  private Path outside;

  @BeforeEach
  void make() throws IOException {
    tree = disk.resolve("tree");
    outside = filled(disk.resolve("outside"));
  }

  private static Path filled(Path dir) throws IOException {
    Files.createDirectories(dir);
    for (int i = 0; i < FILES; i++) {
      if (!Files.exists(dir.resolve("f" + i))) {
        Files.writeString(dir.resolve("f" + i), "x");
      }
    }
    return dir;
  }

  private void isWhole() {
    for (int i = 0; i < FILES; i++) {
      assertThat(outside.resolve("f" + i)).exists();
    }
  }

  @Test
  void filesLinksAndWhatIsNotThereAreRemovedToo() throws IOException {
    Files.createDirectory(tree);
    Files.createSymbolicLink(tree.resolve("link"), outside);
    Path link = Files.createSymbolicLink(disk.resolve("alone"), outside);
    Path file = Files.writeString(disk.resolve("file"), "x");

    DurableFiles.deleteTree(tree);
    DurableFiles.deleteTree(link);
    DurableFiles.deleteTree(file);
    DurableFiles.deleteTree(disk.resolve("none"));
    DurableFiles.deleteTree(disk.resolve("none/below"));

    assertThat(disk).isDirectoryNotContaining(each -> !each.equals(outside));
    isWhole();
  }

  @Test
  void oneThatIsDeepIsRemovedWithFewFilesOpen() throws IOException {
    Path deep = tree;
    for (int i = 0; i < 500; i++) {
      deep = deep.resolve("d");
    }
    Files.createDirectories(deep);
    Files.writeString(deep.resolve("f"), "x");
    Files.writeString(deep.getParent().resolve("f"), "x");

    DurableFiles.deleteTree(tree);

    assertThat(tree).doesNotExist();
  }

  @Test
  void aLinkInADirectorysPlaceIsNotFollowed() throws Exception {
    Path dir = tree.resolve("d");
    Path aside = disk.resolve("aside");
    AtomicBoolean over = new AtomicBoolean();
    Thread swaps =
        Thread.ofPlatform()
            .start(
                () -> {
                  try {
                    while (!over.get()) {
                      swap(dir, aside);
                    }
                  } catch (IOException e) {
                    throw new UncheckedIOException(e);
                  }
                });
    int removed = 0;
    int kept = 0;
    try {
      for (int i = 0; i < 1_000; i++) {
        while (!Files.exists(dir, LinkOption.NOFOLLOW_LINKS)) {
          Thread.onSpinWait();
        }
        try {
          DurableFiles.deleteTree(tree);
          removed++;
        } catch (FileSystemException e) {
          kept++; // changed under its hands: a next try may do
        }
        isWhole();
      }
    } finally {
      over.set(true);
      swaps.join();
    }
    assertThat(removed + kept).isEqualTo(1_000);
    DurableFiles.deleteTree(tree);
    assertThat(tree).doesNotExist();
    isWhole();
  }

  /** In the tree is a directory, then a link in its place, and so on until one of them is gone. */
  private void swap(Path dir, Path aside) throws IOException {
    Path link = disk.resolve("link");
    try {
      Files.createDirectories(tree);
      filled(aside);
      if (!Files.exists(link, LinkOption.NOFOLLOW_LINKS)) {
        Files.createSymbolicLink(link, outside);
      }
      for (int i = 0; i < 100; i++) {
        Files.move(aside, dir);
        Files.move(dir, aside);
        Files.move(link, dir);
        Files.move(dir, link);
      }
    } catch (FileSystemException e) {
      var unused = clear(dir); // the tree was removed meanwhile, or partly
    }
  }

  private static boolean clear(Path dir) throws IOException {
    try {
      DurableFiles.deleteTree(dir);
      return true;
    } catch (FileSystemException e) {
      return false; // the other does so, too
    }
  }
}
