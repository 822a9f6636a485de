package io.pilothouse.filesync.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.pilothouse.filesync.ContentIndex;
import io.pilothouse.filesync.ContentIndex.Chunk;
import io.pilothouse.filesync.Packer;
import io.pilothouse.filesync.Packer.Packed;
import io.pilothouse.filesync.Trees;
import io.pilothouse.filesync.server.Collector.Collected;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What nobody names goes after a day; what somebody needs stays. */
class CollectorTest {
  private static final Duration HOUR = Duration.ofHours(1);
  private static final Duration DAY = Duration.ofDays(1);
  private static final Collected NOTHING = new Collected(0, 0, 0);

  @TempDir Path dir;
  private ContentStore store;
  private Collector collector;
  private long now = Long.MAX_VALUE - Duration.ofHours(36).toNanos(); // it may wrap around

  @BeforeEach
  void open() throws IOException {
    store = new ContentStore(dir.resolve("store"));
    collector = new Collector(store, DAY, () -> now);
  }

  @AfterEach
  void close() throws IOException {
    store.close();
  }

  /** A content of two files, of which one is in all contents. */
  private Packed content(String text) throws IOException {
    Path source = Files.createDirectories(dir.resolve("source " + text));
    Files.writeString(source.resolve("own"), text);
    Files.writeString(source.resolve("common"), "the same in all");
    return Packer.pack(source);
  }

  private String taken(Packed packed) throws IOException {
    for (Chunk chunk : packed.index().chunks()) {
      store.putChunk(chunk.sha256(), packed.read(chunk));
    }
    assertThat(store.putIndex(packed.index().digest(), packed.index().toBytes())).isEmpty();
    return packed.index().digest();
  }

  private Collected after(Duration time, String... named) throws IOException {
    now += time.toNanos();
    return collector.collect(Set.of(named));
  }

  @Test
  void whatIsNotNamedGoesAfterTheGraceTimeAndItsOwnChunksAfterAnother() throws Exception {
    String one = taken(content("one"));
    String two = taken(content("two"));
    assertThat(after(Duration.ZERO, one)).isEqualTo(NOTHING);
    assertThat(after(Duration.ofHours(23), one)).isEqualTo(NOTHING);
    assertThat(after(HOUR, one)).isEqualTo(new Collected(1, 0, 0));
    assertThat(store.indexNames()).containsExactly(one);
    assertThat(after(Duration.ofHours(25), one)).isEqualTo(new Collected(0, 1, 3));
    assertThat(store.held()).as("the common chunk is needed").containsExactly(one);
    assertThat(store.indexNames()).doesNotContain(two);
  }

  @Test
  void aNameAtAnyTimeBeginsTheGraceTimeAnew() throws Exception {
    String one = taken(content("one"));
    after(Duration.ZERO);
    assertThat(after(Duration.ofHours(20), one)).isEqualTo(NOTHING);
    assertThat(after(Duration.ofHours(20))).isEqualTo(NOTHING);
    assertThat(after(Duration.ofHours(23))).isEqualTo(NOTHING);
    assertThat(after(HOUR).contents()).isEqualTo(1);
  }

  @Test
  void anUploadOfTheSameAgainIsYoung() throws Exception {
    Packed packed = content("one");
    taken(packed);
    after(Duration.ZERO);
    after(Duration.ofHours(23));
    taken(packed);
    assertThat(after(Duration.ofHours(2))).isEqualTo(NOTHING);
    assertThat(store.held()).containsExactly(packed.index().digest());
  }

  @Test
  void chunksOfAnUploadThatWasBrokenOffGo() throws Exception {
    Packed packed = content("one");
    Chunk own = packed.index().chunks().get(1);
    store.putChunk(own.sha256(), packed.read(own));
    assertThat(after(Duration.ZERO)).isEqualTo(NOTHING);
    assertThat(after(DAY).chunks()).isEqualTo(1);
    assertThat(store.hasChunk(own.sha256())).isFalse();
    taken(packed);
    assertThat(store.held()).hasSize(1);
  }

  @Test
  void anIndexTakenDuringAPassKeepsItsChunks() throws Exception {
    Packed packed = content("one");
    ContentIndex index = packed.index();
    for (Chunk chunk : index.chunks()) {
      store.putChunk(chunk.sha256(), packed.read(chunk));
    }
    long looked = store.indexesTaken();
    assertThat(store.putIndex(index.digest(), index.toBytes())).isEmpty();
    assertThat(store.removeChunk(index.chunks().get(0).sha256(), looked)).isNegative();
    assertThat(store.held()).containsExactly(index.digest());
  }

  @Test
  void aCrashBetweenIndexAndChunksLeavesNothingForEver() throws Exception {
    taken(content("one"));
    after(Duration.ZERO);
    assertThat(after(DAY).contents()).isEqualTo(1);
    store.close();
    open(); // the process was killed
    assertThat(after(HOUR)).as("the grace time begins anew").isEqualTo(NOTHING);
    assertThat(after(DAY).chunks()).isEqualTo(2);
    assertThat(Trees.chunkNames(store)).isEmpty();
  }

  @Test
  void aDamagedIndexOfANamedContentLeavesItsChunksForADay() throws Exception {
    String one = taken(content("one"));
    store.close();
    open();
    Files.writeString(dir.resolve("store/index/" + one), "damaged");
    assertThat(after(Duration.ZERO, one)).isEqualTo(NOTHING);
    assertThat(after(Duration.ofHours(23), one)).isEqualTo(NOTHING);
    assertThat(Trees.chunkNames(store)).as("the index comes back from another replica").hasSize(2);
  }
}
