package io.pilothouse.agent;

import static org.assertj.core.api.Assertions.assertThat;

import io.pilothouse.filesync.ContentIndex;
import io.pilothouse.filesync.ContentIndex.LinkEntry;
import io.pilothouse.filesync.client.Fetcher;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An index is read when it may have changed, and only then. */
class StagedIndexesTest {
  private static final ContentIndex ONE = index("a");
  private static final ContentIndex TWO = index("b");

  @TempDir private Path dir;
  private final StagedIndexes indexes = new StagedIndexes();
  private Path version;
  private Path file;

  private static ContentIndex index(String target) {
    return new ContentIndex(List.of(new LinkEntry("link", target)));
  }

  @BeforeEach
  void publish() throws IOException {
    version = Files.createDirectory(dir.resolve("1.0.0"));
    file = Files.write(Fetcher.indexFile(version), ONE.toBytes());
    assertThat(indexes.digest(version)).hasValue(ONE.digest());
  }

  /** As a disk does that loses a bit: nothing but the bytes is another. */
  static void rot(Path file, byte[] bytes) throws IOException {
    FileTime modified = Files.getLastModifiedTime(file);
    assertThat(bytes).hasSize((int) Files.size(file));
    Files.write(file, bytes);
    Files.setLastModifiedTime(file, modified);
  }

  @Test
  void theSameFileIsReadOnceUntilItIsDoubted() throws Exception {
    rot(file, TWO.toBytes());
    assertThat(indexes.digest(version)).as("not read again").hasValue(ONE.digest());
    indexes.doubt(version);
    assertThat(indexes.digest(version)).hasValue(TWO.digest());
  }

  @Test
  void anotherFileOrOtherBytesAreRead() throws Exception {
    Path other = Files.write(dir.resolve("other"), TWO.toBytes());
    Files.setLastModifiedTime(other, Files.getLastModifiedTime(file));
    Files.move(other, file, StandardCopyOption.REPLACE_EXISTING);
    assertThat(indexes.digest(version)).hasValue(TWO.digest());
    Files.writeString(file, "{ damaged");
    assertThat(indexes.digest(version)).isEmpty();
    Files.write(file, ONE.toBytes());
    assertThat(indexes.digest(version)).hasValue(ONE.digest());
  }

  @Test
  void aRemovedDirectoryOrIndexIsNoticedAndNothingOfItKept() throws Exception {
    Path aside = dir.resolve("aside");
    Files.move(file, aside);
    assertThat(indexes.digest(version)).isEmpty();
    Files.move(aside, file);
    Files.delete(version);
    assertThat(indexes.digest(version)).isEmpty();
    Files.createDirectory(version);
    rot(file, TWO.toBytes());
    indexes.retain(List.of());
    assertThat(indexes.digest(version)).hasValue(TWO.digest());
  }
}
