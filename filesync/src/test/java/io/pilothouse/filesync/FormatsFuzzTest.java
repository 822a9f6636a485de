package io.pilothouse.filesync;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pilothouse.filesync.ContentIndex.Chunk;
import io.pilothouse.filesync.ContentIndex.FileEntry;
import io.pilothouse.filesync.ContentIndex.LinkEntry;
import io.pilothouse.testing.fuzz.Fuzz;
import io.pilothouse.testing.fuzz.Summary;
import io.pilothouse.testing.fuzz.Wording;
import java.io.ByteArrayInputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What comes from the network: spoiled in any way it is refused in words, or it is what it was. */
class FormatsFuzzTest {
  private static final String HASH = "0123456789abcdef".repeat(4);

  private static byte[] index() {
    List<ContentIndex.Entry> entries = new ArrayList<>();
    entries.add(new FileEntry("bin/run", 0755, 12, List.of(new Chunk("a".repeat(64), 12))));
    entries.add(
        new FileEntry(
            "data/größe \"1\".bin",
            0644,
            70_005,
            List.of(new Chunk("b".repeat(64), 70_000), new Chunk("c".repeat(64), 5))));
    entries.add(new FileEntry("empty", 0600, 0, List.of()));
    entries.add(new LinkEntry("now", "bin/run"));
    return new ContentIndex(entries).toBytes();
  }

  private static void mostRefused(Summary summary) {
    assertThat(summary.refused()).as(summary.toString()).isGreaterThan(summary.inputs() / 2);
    assertThat(summary.taken()).as(summary.toString()).isPositive();
  }

  private static Fuzz ofIndexes(String name) {
    return Fuzz.of(name)
        .sound(index())
        .sound("{\"format\":1,\"files\":[]}")
        .sound(
            "{\"format\":1,\"files\":[{\"path\":\"a\",\"mode\":\"644\",\"size\":3,\"chunks\":"
                + "[{\"sha256\":\"%s\",\"size\":3}]}]}".formatted(HASH))
        .tokens("{", "}", "[", "]", "\"", ",", ":", "..", "../", "/", "\\u0000", "\\n", "\\ud800")
        .tokens("\"path\":", "\"mode\":", "\"size\":", "\"chunks\":", "\"link\":", "\"sha256\":")
        .tokens("\u0000", "\u00ff", "1e5", "null", "true", HASH);
  }

  @Test
  void indexes() {
    mostRefused(
        ofIndexes("content-index")
            .inputs(10_000)
            .allocating(2 << 20, 4_000)
            .run(
                input -> {
                  try {
                    assertThat(ContentIndex.parse(input).toBytes()).isEqualTo(input);
                    return true;
                  } catch (ContentException e) {
                    Wording.check(e.getMessage());
                    return false;
                  }
                }));
  }

  @Test
  void whatOthersSentWritesNoLinesOfItsOwn() {
    assertThatThrownBy(() -> Pack.hashes("a\u001b[2Jb\u0000\n".getBytes(UTF_8)))
        .isInstanceOf(ContentException.class)
        .hasMessageStartingWith("\"a?[2Jb?\" is not a SHA-256");
    assertThat(new ContentException("404: no\nINFO all is well").getMessage())
        .isEqualTo("404: no?INFO all is well");
    assertThat(new ContentException("x".repeat(100_000)).getMessage()).hasSizeLessThan(2_100);
  }

  @Test
  void anIndexInAnotherEncodingIsRefusedAndNotTakenForABadDisk() {
    assertThatThrownBy(() -> ContentIndex.parse(new byte[] {'{', 0, 0, 0, (byte) 0x80, 0x3a}))
        .isInstanceOf(ContentException.class);
  }

  @Test
  void indexesOnDisk(@TempDir Path dir) {
    Path file = dir.resolve("index");
    mostRefused(
        ofIndexes("content-index-file")
            .inputs(400)
            .allocating(4 << 20, 4_000)
            .run(
                input -> {
                  Files.write(file, input);
                  IndexFile index;
                  try {
                    index = IndexFile.check(file);
                  } catch (ContentException e) {
                    Wording.check(e.getMessage());
                    return false;
                  }
                  try (IndexPaths paths = new IndexPaths(file)) {
                    index.forEachPlace(
                        (entry, offset, chunk) -> assertThat(paths.path(entry)).isNotEmpty());
                  }
                  assertThat(ContentIndex.parse(input).digest()).isEqualTo(index.digest());
                  return true;
                }));
  }

  @Test
  void requestsForManyChunks() {
    mostRefused(
        Fuzz.of("pack-request")
            .sound(Pack.request(List.of("a".repeat(64), HASH)))
            .tokens("\n", "\r", "\r\n", HASH, "\u0000", "A", "\u00ff")
            .inputs(10_000)
            .allocating(1 << 20, 400)
            .run(
                input -> {
                  try {
                    assertThat(Pack.hashes(input)).allMatch(Sha256::isHex);
                    return true;
                  } catch (ContentException e) {
                    Wording.check(e.getMessage());
                    return false;
                  }
                }));
  }

  @Test
  void uploadsOfManyChunks() {
    byte[] sound = Pack.upload(List.of("one".getBytes(UTF_8), "another".getBytes(UTF_8)));
    mostRefused(
        Fuzz.of("pack-upload")
            .sound(sound)
            .tokens("\0\0\0\1x", "\u00ff\u00ff\u00ff\u00ff", "\0\0\0\0", "\0\u0010\0\0")
            .inputs(10_000)
            .allocating(1 << 20, 400)
            .run(
                input -> {
                  try {
                    Map<String, byte[]> chunks = Pack.chunks(new ByteArrayInputStream(input));
                    chunks.forEach((hash, bytes) -> assertThat(Sha256.hex(bytes)).isEqualTo(hash));
                    return true;
                  } catch (ContentException e) {
                    Wording.check(e.getMessage());
                    return false;
                  }
                }));
  }
}
