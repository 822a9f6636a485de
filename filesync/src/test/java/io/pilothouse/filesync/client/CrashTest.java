package io.pilothouse.filesync.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pilothouse.filesync.ContentIndex;
import io.pilothouse.filesync.Packer.Packed;
import io.pilothouse.filesync.Trees;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A fetch is stopped at each of its changes on disk, over an old version, and gone on with. */
final class CrashTest extends ClientTest {
  private Path other;
  private Packed next;

  /** As a kill: nothing catches it. */
  private static final class Killed extends Error {
    private static final long serialVersionUID = 1;
  }

  /** Counts changes on disk and does something at one of them. */
  private static final class At implements WritePoints {
    private final int which;
    private final WritePoints what;
    private int seen;
    private int chunks;
    private String name = "";

    At(int which, WritePoints what) {
      this.which = which;
      this.what = what;
    }

    @Override
    public synchronized void reached(String point) throws IOException {
      chunks += point.equals("chunk written") ? 1 : 0;
      if (seen++ == which) {
        name = point;
        what.reached(point);
      }
    }

    boolean was() {
      return !name.isEmpty();
    }
  }

  @BeforeEach
  void installOldVersion() throws Exception {
    fetcher(1).fetch(digest(), target, both());
    other = Trees.service(temporary.resolve("other"));
    Trees.file(other.resolve("manifest.yaml"), 0644, Trees.bytes(78, 80));
    Trees.file(other.resolve("bin/web"), 0755, Trees.bytes(77, 90_000));
    next = one.holds(other);
    one.forget();
  }

  /** What a reader may see at any time: one of the two in full, or nothing that says it is one. */
  private void assertNoMixture(String at) throws IOException {
    Optional<ContentIndex> published = Fetcher.published(target);
    if (published.isEmpty()) {
      return;
    }
    boolean old = published.get().equals(content.index());
    assertThat(Trees.describe(target)).as(at).isEqualTo(Trees.describe(old ? source : other));
  }

  private void assertNextIsThere(String at) throws IOException {
    assertThat(Trees.describe(target)).as(at).isEqualTo(Trees.describe(other));
    assertThat(Fetcher.published(target)).as(at).contains(next.index());
    assertThat(onDisk()).as(at).containsExactly("1.0.0", "1.0.0.index");
  }

  private void backToOldVersion() throws Exception {
    fetcher(1).fetch(digest(), target, both());
    one.forget();
  }

  @Test
  void aKillAtAnyChangeIsGoneOnWith() throws Exception {
    String digest = next.index().digest();
    int points = 0;
    for (boolean more = true; more; points++) {
      At at =
          new At(
              points,
              point -> {
                throw new Killed();
              });
      more = fetchIsKilled(new Fetcher(network(points), at));
      assertThat(more).isEqualTo(at.was());
      one.forget();
      String where = "after " + at.name + ", change " + points;
      assertNoMixture(where);
      fetcher(points).fetch(digest, target, List.of(one.address()));
      assertNextIsThere(where);
      // what was written before the kill was not fetched again
      int chunks = next.index().chunks().size();
      assertThat(one.askedChunks.size()).as(where).isLessThanOrEqualTo(chunks - at.chunks);
      backToOldVersion();
    }
    assertThat(points).as("changes on disk").isGreaterThan(12);
  }

  private boolean fetchIsKilled(Fetcher fetcher) throws Exception {
    try {
      fetcher.fetch(next.index().digest(), target, List.of(one.address()));
      return false;
    } catch (Killed e) {
      return true;
    }
  }

  @Test
  void afterAKillTheOldVersionIsThereWhenNoSourceIs() throws Exception {
    for (String where : List.of("old index aside", "old tree aside")) {
      Fetcher killed =
          new Fetcher(
              network(1),
              point -> {
                if (point.equals(where)) {
                  throw new Killed();
                }
              });
      assertThat(fetchIsKilled(killed)).isTrue();
      assertThat(Fetcher.published(target)).isEmpty();
      Files.delete(disk.resolve(".1.0.0.work/index")); // else all is there, and published
      String digest = next.index().digest();
      assertThatThrownBy(() -> fetcher(1).fetch(digest, target, List.of()))
          .hasMessageContaining("none is known");
      assertThat(Fetcher.published(target)).as(where).contains(content.index());
      assertNoMixture(where);
    }
  }

  @Test
  void afterAKillWithAllBytesThereNoSourceIsNeeded() throws Exception {
    Fetcher killed =
        new Fetcher(
            network(1),
            point -> {
              if (point.equals("old tree aside")) {
                throw new Killed();
              }
            });
    assertThat(fetchIsKilled(killed)).isTrue();
    one.forget();
    fetcher(1).fetch(next.index().digest(), target, List.of());
    assertNextIsThere("without sources");
    assertThat(one.asked).isEmpty();
  }

  @Test
  void aFullDiskAtAnyChangeLeavesTheOldVersion() throws Exception {
    String digest = next.index().digest();
    for (int i = 0; ; i++) {
      At at =
          new At(
              i,
              point -> {
                throw new IOException("No space left on device");
              });
      Fetcher fetcher = new Fetcher(network(i), at);
      try {
        fetcher.fetch(digest, target, List.of(one.address()));
      } catch (IOException e) {
        String where = "after " + at.name;
        assertThat(e).as(where).hasMessageContaining("the disk is full");
        assertThat(onDisk()).as(where).containsExactly("1.0.0", "1.0.0.index");
        assertNoMixture(where);
        boolean all = at.name.equals("index published") || at.name.equals("tree published");
        if (!all) {
          assertThat(Fetcher.published(target)).as(where).contains(content.index());
          assertNoMixture(where);
        }
        backToOldVersion();
        continue;
      }
      assertThat(at.was()).isFalse();
      assertThat(i).isGreaterThan(10);
      return;
    }
  }

  @Test
  void aPartialChunkIsGoneOnWithAtItsLastByte() throws Exception {
    ContentIndex.Chunk chunk = next.index().files().getFirst().chunks().getFirst();
    byte[] bytes = next.read(chunk);
    Path partial = disk.resolve(".1.0.0.work/chunks/" + chunk.sha256());
    for (int have : List.of(0, 1, bytes.length / 2, bytes.length - 1, bytes.length)) {
      Files.createDirectories(partial.getParent());
      Files.write(partial, Arrays.copyOf(bytes, have));
      fetcher(1).fetch(next.index().digest(), target, List.of(one.address()));
      assertNextIsThere("with " + have + " bytes");
      String asked = "GET /v1/chunks/" + chunk.sha256();
      assertThat(one.askedFor(asked)).isEqualTo(have == bytes.length ? 0 : 1);
      assertThat(one.askedFor(asked + " bytes=" + have + "-"))
          .isEqualTo(have == 0 || have == bytes.length ? 0 : 1);
      backToOldVersion();
    }
  }
}
