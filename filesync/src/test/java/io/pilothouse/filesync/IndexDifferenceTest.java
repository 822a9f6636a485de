package io.pilothouse.filesync;

import static org.assertj.core.api.Assertions.assertThat;

import io.pilothouse.filesync.ContentIndex.Chunk;
import io.pilothouse.filesync.ContentIndex.Entry;
import io.pilothouse.filesync.ContentIndex.FileEntry;
import io.pilothouse.filesync.ContentIndex.LinkEntry;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class IndexDifferenceTest {
  @TempDir Path dir;

  private static FileEntry file(String path, String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    return new FileEntry(
        path, 0644, bytes.length, List.of(new Chunk(Sha256.hex(bytes), bytes.length)));
  }

  private IndexFile index(String name, int format, Entry... entries) throws IOException {
    ContentIndex index = new ContentIndex(format, List.of(entries));
    return new IndexFile(Files.write(dir.resolve(name), index.toBytes()), index.digest());
  }

  private static Set<String> differing(IndexFile one, IndexFile other) throws IOException {
    Set<String> paths = new TreeSet<>();
    assertThat(IndexDifference.isOnlyIn(one, other, paths::add)).isTrue();
    return paths;
  }

  @Test
  void namesWhatOnlyOneHasAndWhatIsNotTheSame() throws Exception {
    IndexFile one =
        index("one", 2, file("a/x", "1"), file("a.b", "1"), file("c", "1"), file("z", "1"));
    IndexFile other =
        index(
            "other",
            2,
            file("a/x", "1"),
            file("a.b", "2"),
            new LinkEntry("c", "d"),
            file("d", "1"));
    assertThat(differing(one, other)).containsExactly("a.b", "c", "d", "z");
    assertThat(differing(other, one)).containsExactly("a.b", "c", "d", "z");
    assertThat(differing(one, one)).isEmpty();
    assertThat(differing(one, index("none", 2))).containsExactly("a.b", "a/x", "c", "z");
    assertThat(IndexDifference.isOnlyIn(one, other, each -> !each.equals("d"))).isFalse();
  }

  @Test
  void twoFormatsAreNotCompared() throws Exception {
    IndexFile one = index("one", 1, file("a", "1"));
    IndexFile other = index("other", 2, file("a", "1"));
    assertThat(IndexDifference.isOnlyIn(one, other, each -> true)).isFalse();
    assertThat(differing(one, index("third", 1, file("a", "2")))).containsExactly("a");
  }
}
