package io.pilothouse.filesync;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pilothouse.filesync.ContentIndex.Chunk;
import io.pilothouse.filesync.ContentIndex.FileEntry;
import io.pilothouse.filesync.ContentIndex.LinkEntry;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class ContentIndexTest {
  private static final String A = "a".repeat(64);
  private static final String B = "b".repeat(64);

  private static String index(String entries) {
    return "{\"format\":1,\"files\":[" + entries + "]}";
  }

  private static String file(String path) {
    return "{\"path\":\"%s\",\"mode\":\"644\",\"size\":0,\"chunks\":[]}".formatted(path);
  }

  private static String link(String path, String target) {
    return "{\"path\":\"%s\",\"link\":\"%s\"}".formatted(path, target);
  }

  private static ContentIndex parse(String json) throws ContentException {
    return ContentIndex.parse(json.getBytes(StandardCharsets.UTF_8));
  }

  /**
   * The wire and disk format of every version that was ever shipped: a change here makes all
   * digests in all fleets wrong. A new format gets a new number instead, and this one stays
   * readable.
   */
  @Test
  void format1IsGolden() throws Exception {
    ContentIndex index =
        new ContentIndex(
            1,
            List.of(
                new LinkEntry("bin/current", "web"),
                new FileEntry("ä", 0600, 0, List.of()),
                new FileEntry(
                    "bin/web",
                    0755,
                    1_048_581,
                    List.of(new Chunk(A, 1_048_576), new Chunk(B, 5)))));
    String golden =
        "{\"format\":1,\"files\":[{\"path\":\"bin/current\",\"link\":\"web\"},"
            + ("{\"path\":\"bin/web\",\"mode\":\"755\",\"size\":1048581,\"chunks\":["
                    + "{\"sha256\":\"%s\",\"size\":1048576},{\"sha256\":\"%s\",\"size\":5}]},")
                .formatted(A, B)
            + "{\"path\":\"ä\",\"mode\":\"600\",\"size\":0,\"chunks\":[]}]}";
    assertThat(new String(index.toBytes(), StandardCharsets.UTF_8)).isEqualTo(golden);
    assertThat(index.digest())
        .isEqualTo("656e05ed5e39e4854c4691dfdecdc610d0951cf1a5bdfcc67a6edce231b61069");
    assertThat(parse(golden)).isEqualTo(index);
  }

  /** The same files as in format 1, in the format that is written now. */
  @Test
  void format2IsGolden() throws Exception {
    ContentIndex index =
        new ContentIndex(
            List.of(
                new FileEntry("bin-old", 0644, 5, List.of(new Chunk(B, 5))),
                new LinkEntry("bin/current", "web"),
                new FileEntry("ä", 0600, 0, List.of()),
                new FileEntry(
                    "bin/web", 0755, 65_541, List.of(new Chunk(A, 65_536), new Chunk(B, 5)))));
    String golden =
        "{\"format\":2,\"files\":[{\"path\":\"bin/current\",\"link\":\"web\"},"
            + ("{\"path\":\"bin/web\",\"mode\":\"755\",\"size\":65541,\"chunks\":["
                    + "\"%s\",65536,\"%s\",5]},"
                    + "{\"path\":\"bin-old\",\"mode\":\"644\",\"size\":5,\"sha256\":\"%s\"},")
                .formatted(A, B, B)
            + "{\"path\":\"ä\",\"mode\":\"600\",\"size\":0}]}";
    assertThat(new String(index.toBytes(), StandardCharsets.UTF_8)).isEqualTo(golden);
    assertThat(index.digest()).isEqualTo(Sha256.hex(golden.getBytes(StandardCharsets.UTF_8)));
    assertThat(parse(golden)).isEqualTo(index);
  }

  @Test
  void inFormat2NothingMayLieBelowAFileEither() {
    String below =
        "{\"format\":2,\"files\":[{\"path\":\"a\",\"mode\":\"644\",\"size\":0},"
            + "{\"path\":\"a/b\",\"link\":\"c\"}]}";
    assertThatThrownBy(() -> parse(below)).hasMessageContaining("\"a/b\" lies below \"a\"");
    String apart =
        "{\"format\":2,\"files\":[{\"path\":\"a\",\"mode\":\"644\",\"size\":0},"
            + "{\"path\":\"a-x\",\"link\":\"c\"},{\"path\":\"a/b\",\"link\":\"c\"}]}";
    assertThatThrownBy(() -> parse(apart)).hasMessageContaining("not a canonical content index");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "/etc/passwd",
        "..",
        "../x",
        "a/../../x",
        "a/..",
        "a/./b",
        "a//b",
        "a/",
        ".",
        "a\\u0000b",
        "a\\nb",
        "a\\u007f",
        "a\\u0085b",
        "a\\uFFFD"
      })
  void pathsThatAreNotInsideAreRefused(String path) {
    assertThatThrownBy(() -> parse(index(file(path))))
        .isInstanceOf(ContentException.class)
        .hasMessageContaining("is not a path inside the directory");
  }

  @Test
  void namesThatNoFileSystemTakesAreRefused() throws Exception {
    assertThat(parse(index(file("ä".repeat(127)))).entries()).hasSize(1);
    assertThatThrownBy(() -> parse(index(file("ä".repeat(128)))))
        .hasMessageContaining("at most 255 bytes");
    assertThatThrownBy(() -> parse(index(file("a/".repeat(600) + "b"))))
        .hasMessageContaining("is not a path");
  }

  @ParameterizedTest
  @ValueSource(strings = {"web", "./web", "../x", "../../x/y", "../..", "no/such"})
  void linksInsideAreTaken(String target) throws Exception {
    assertThat(parse(index(link("a/b/l", target))).entries())
        .containsExactly(new LinkEntry("a/b/l", target));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/etc/passwd",
        "../../../x",
        "../../..",
        "",
        "x/../y",
        "x/../../../../etc",
        "a//b",
        "a/",
        "a\\u0000",
        "../../a/../../etc"
      })
  void linksThatMayLeaveAreRefused(String target) {
    assertThatThrownBy(() -> parse(index(link("a/b/l", target))))
        .isInstanceOf(ContentException.class)
        .hasMessageContaining("a/b/l: a link to")
        .hasMessageContaining("may leave the directory");
  }

  /** Looks inside by its letters; but {@code up} is the top, and its parent is outside. */
  @Test
  void aLinkThatLeavesThroughAnotherOneIsRefused() {
    String escape = link("d/e/escape", "up/../secret") + "," + link("d/e/up", "../..");
    assertThatThrownBy(() -> parse(index(escape))).hasMessageContaining("d/e/escape");
  }

  @Test
  void nothingMayLieBelowALinkOrAFile() {
    assertThatThrownBy(() -> parse(index(link("a", ".") + "," + file("a/b"))))
        .hasMessageContaining("\"a/b\" lies below \"a\"");
    assertThatThrownBy(() -> parse(index(file("a") + "," + file("a-x") + "," + file("a/b/c"))))
        .hasMessageContaining("\"a/b/c\" lies below \"a\"");
  }

  @Test
  void duplicatesAreRefused() {
    assertThatThrownBy(() -> parse(index(file("a") + "," + file("a"))))
        .hasMessageContaining("\"a\" is there twice");
    assertThatThrownBy(() -> parse(index(file("a") + "," + link("a", "b"))))
        .hasMessageContaining("\"a\" is there twice");
  }

  @Test
  void namesThatDifferInCaseAreTwo() throws Exception {
    assertThat(parse(index(file("README") + "," + file("readme"))).files()).hasSize(2);
  }

  @Test
  void sizesMustAddUp() {
    String entry = "{\"path\":\"a\",\"mode\":\"644\",\"size\":%s,\"chunks\":[%s]}";
    String ten = "{\"sha256\":\"" + A + "\",\"size\":10}";
    assertThatThrownBy(() -> parse(index(entry.formatted(11, ten))))
        .hasMessageContaining("a: its chunks have 10 bytes, the file 11");
    assertThatThrownBy(() -> parse(index(entry.formatted(-1, ""))))
        .hasMessageContaining("the file -1");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"0", "-1", "1048577", "4294967297", "99999999999999999999", "1.5", "\"1\""})
  void sizesOfChunksAreBounded(String size) {
    String chunk = "{\"sha256\":\"" + A + "\",\"size\":" + size + "}";
    String entry = "{\"path\":\"a\",\"mode\":\"644\",\"size\":1,\"chunks\":[" + chunk + "]}";
    assertThatThrownBy(() -> parse(index(entry))).isInstanceOf(ContentException.class);
  }

  @ParameterizedTest
  @CsvSource({"4755", "1000", "9", "-1", "+7", "''", "0x1"})
  void modesAreThreeOctalDigits(String mode) {
    String entry = "{\"path\":\"a\",\"mode\":\"" + mode + "\",\"size\":0,\"chunks\":[]}";
    assertThatThrownBy(() -> parse(index(entry)))
        .hasMessageContaining("mode \"" + mode + "\" is not up to three octal digits");
  }

  @Test
  void anotherFormatIsRefused() {
    assertThatThrownBy(() -> parse("{\"format\":3,\"files\":[]}"))
        .hasMessageContaining("format 3; this version reads 1 to 2");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "x",
        "[]",
        "null",
        "{}",
        "{\"format\":1}",
        "{\"format\":\"1\",\"files\":[]}",
        "{\"files\":[],\"format\":1}",
        "{\"format\":1,\"files\":[]}x",
        "{\"format\":1,\"files\":[],",
        "{\"format\":1,\"files\":[1]}",
        "{\"format\":1,\"files\":[],\"more\":1}",
        "{\"format\":1,\"files\":{}}",
        "{\"format\":1,\"files\":[{\"path\":null,\"link\":\"a\"}]}",
        "{\"format\":1,\"files\":[{\"path\":\"a\"}]}",
        "{\"format\":1,\"format\":1,\"files\":[]}",
        "{\"format\":1,\"files\":[{\"path\":\"a\",\"link\":\"b\",\"link\":\"c\"}]}"
      })
  void whatIsNoIndexIsRefused(String json) {
    assertThatThrownBy(() -> parse(json))
        .isInstanceOf(ContentException.class)
        .hasMessageContaining("not a content index");
  }

  /** Else the digest of what was parsed would not be the one that was asked for. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"format\":1, \"files\":[]}",
        "{\"format\":1,\"files\":[]}\n",
        "{\"format\":1,\"files\":[{\"path\":\"b\",\"link\":\"x\"},{\"path\":\"a\",\"link\":\"x\"}]}",
        "{\"format\":1,\"files\":[{\"path\":\"\\u0061\",\"link\":\"x\"}]}",
        "{\"format\":1,\"files\":[{\"path\":\"a\",\"mode\":\"044\",\"size\":0,\"chunks\":[]}]}"
      })
  void onlyTheCanonicalFormIsTaken(String json) {
    assertThatThrownBy(() -> parse(json)).hasMessageContaining("not a canonical content index");
  }

  /** A hostile index must not cost more than a look at each of its entries. */
  @Test
  @Timeout(60)
  void manyEntriesAreCheckedInReasonableTime() throws Exception {
    List<ContentIndex.Entry> entries = new java.util.ArrayList<>();
    for (int i = 0; i < 50_000; i++) {
      entries.add(new FileEntry("a/b/c/d/e/f/%05d".formatted(i), 0644, 0, List.of()));
    }
    byte[] bytes = new ContentIndex(entries).toBytes();
    assertThat(ContentIndex.parse(bytes).entries()).hasSize(50_000);
  }
}
