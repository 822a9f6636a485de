package io.pilothouse.tasks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What counts as use of the disk. */
class DiskUseTest {
  private static final int MEBIBYTE = 1 << 20;

  @TempDir private Path dir;

  private long use(Path of) throws Exception {
    return DiskUse.du().of(of, Duration.ofSeconds(20)).orElseThrow();
  }

  private Path file(String name, int bytes) throws IOException {
    return Files.write(dir.resolve(name), new byte[bytes]);
  }

  @Test
  void whatHasSeveralNamesCountsOnceAndWhatLinksLeadToNotAtAll() throws Exception {
    Path tree = Files.createDirectories(dir.resolve("tree/deep/er")).getParent().getParent();
    Path large = file("large", 8 * MEBIBYTE);
    Path one = file("tree/one", MEBIBYTE);
    Files.createLink(tree.resolve("deep/two"), one);
    Files.createSymbolicLink(tree.resolve("link"), large);
    Files.createSymbolicLink(tree.resolve("up"), dir);

    assertThat(use(tree)).isBetween((long) MEBIBYTE, MEBIBYTE + (64L << 10));
  }

  @Test
  void whatHasHolesCountsByWhatIsOnTheDisk() throws Exception {
    try (RandomAccessFile sparse = new RandomAccessFile(dir.resolve("sparse").toFile(), "rw")) {
      sparse.setLength(1L << 30);
      sparse.write(1);
    }
    assertThat(use(dir)).isLessThan(MEBIBYTE);
  }

  @Test
  void namesThatAProgramCouldTakeForItsOptionsAreNames() throws Exception {
    Path odd = Files.createDirectory(dir.resolve("-s --files0-from=x\n"));
    Files.write(odd.resolve("\u00e9 --max-depth=0"), new byte[2 * MEBIBYTE]);
    assertThat(use(odd)).isGreaterThanOrEqualTo(2 * MEBIBYTE);
  }

  @Test
  void whatIsNotThereIsNotNothing() {
    assertThatThrownBy(() -> use(dir.resolve("none")))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("counted nothing");
  }

  @Test
  void itIsGivenUpWhenItsTimeIsOver() throws Exception {
    assertThat(DiskUse.du().of(dir, Duration.ZERO)).isEmpty();
  }
}
