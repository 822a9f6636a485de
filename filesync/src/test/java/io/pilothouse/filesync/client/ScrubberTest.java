package io.pilothouse.filesync.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pilothouse.filesync.DurableFiles;
import io.pilothouse.filesync.Modes;
import io.pilothouse.filesync.Throttle;
import io.pilothouse.filesync.Trees;
import io.pilothouse.filesync.client.Scrubber.Damage;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

final class ScrubberTest extends ClientTest {
  private Scrubber scrubber;

  static Scrubber scrubber(Network network) {
    return new Scrubber(Throttle.unlimited(), network);
  }

  @BeforeEach
  void publish() throws Exception {
    scrubber = scrubber(network(1));
    fetcher(1).fetch(digest(), target, both());
    one.forget();
    two.forget();
  }

  private void restoreAll() throws Exception {
    for (Damage damage : scrubber.check(target)) {
      scrubber.restore(target, damage, both());
    }
    assertThat(scrubber.check(target)).isEmpty();
    assertThat(Trees.describe(target)).isEqualTo(Trees.describe(source));
    assertThat(onDisk()).containsExactly("1.0.0", "1.0.0.index");
  }

  @Test
  void soundIsSound() throws Exception {
    assertThat(scrubber.check(target)).isEmpty();
    assertThat(Scrubber.extras(target)).isEmpty();
  }

  @Test
  void oneFlippedBitIsFoundAndOnlyItsChunkFetched() throws Exception {
    byte[] web = Files.readAllBytes(target.resolve("bin/web"));
    web[17] ^= 4;
    Files.write(target.resolve("bin/web"), web);
    int first = content.index().files().getFirst().chunks().getFirst().size();
    assertThat(scrubber.check(target))
        .containsExactly(new Damage("bin/web", "has wrong bytes between 0 and " + first));
    restoreAll();
    assertThat(one.askedChunks.size() + two.askedChunks.size()).isEqualTo(1);
  }

  @Test
  void allOtherDamageIsFoundAndMended() throws Exception {
    Path manifest = target.resolve("manifest.yaml");
    Files.writeString(target.resolve("empty"), "x");
    Files.delete(manifest);
    Files.createDirectories(manifest.resolve("a/b"));
    Files.delete(target.resolve("bin/current"));
    Files.createSymbolicLink(target.resolve("bin/current"), Path.of("/etc/passwd"));
    Files.setPosixFilePermissions(target.resolve("bin/web"), Modes.permissions(0644));
    assertThat(scrubber.check(target))
        .containsExactly(
            new Damage("bin/current", "is no longer a link to web"),
            new Damage("bin/web", "has mode 644, not 755"),
            new Damage("empty", "is longer than 0 bytes"),
            new Damage("manifest.yaml", "is missing"));
    restoreAll();
  }

  @Test
  void aTruncatedFileIsFound() throws Exception {
    Files.write(target.resolve("manifest.yaml"), new byte[0]);
    assertThat(scrubber.check(target))
        .containsExactly(new Damage("manifest.yaml", "has wrong bytes between 0 and 700"));
    restoreAll();
  }

  /** Else root would write the restored file into whatever directory the link names. */
  @Test
  void aLinkInADirectorysPlaceIsNotFollowed() throws Exception {
    Path elsewhere = temporary.resolve("elsewhere");
    Files.move(target.resolve("bin"), elsewhere);
    Files.createSymbolicLink(target.resolve("bin"), elsewhere);
    Files.delete(elsewhere.resolve("current"));
    assertThat(scrubber.check(target))
        .containsExactly(
            new Damage("bin/current", "is not in a directory any more"),
            new Damage("bin/web", "is not in a directory any more"));
    restoreAll();
    assertThat(elsewhere.resolve("web")).isRegularFile();
    assertThat(elsewhere.resolve("current")).doesNotExist();
  }

  @Test
  void aFileInADirectorysPlaceIsReplaced() throws Exception {
    DurableFiles.deleteTree(target.resolve("bin"));
    Files.writeString(target.resolve("bin"), "x");
    restoreAll();
  }

  @Test
  void filesOfOthersAreNoDamage() throws Exception {
    Files.writeString(target.resolve("bin/web.pid"), "17");
    Files.writeString(target.resolve("core"), "x");
    assertThat(scrubber.check(target)).isEmpty();
    assertThat(Scrubber.extras(target)).containsExactly("bin/web.pid", "core");
  }

  @Test
  void aLostOrDamagedIndexIsSaidSo() throws Exception {
    Files.writeString(Fetcher.indexFile(target), "x");
    List<Damage> damages = scrubber.check(target);
    assertThat(damages)
        .containsExactly(new Damage("", "the directory or its index is missing or damaged"));
    assertThatThrownBy(() -> scrubber.restore(target, damages.getFirst(), both()))
        .hasMessageContaining("must be fetched anew");
    fetcher(1).fetch(digest(), target, both());
    assertThat(scrubber.check(target)).isEmpty();
  }

  @Test
  void anIndexOfSomethingElseIsDamaged() throws Exception {
    assertThat(scrubber.check(target, digest())).isEmpty();
    assertThat(scrubber.check(target, "0".repeat(64)))
        .containsExactly(new Damage("", "the directory or its index is missing or damaged"));
  }

  @Test
  void whatIsRemovedDuringTheCheckIsNotDamaged() throws Exception {
    Scrubber slow = new Scrubber(Throttle.of(1, () -> 0, duration -> removeQuietly()), network(1));
    assertThat(slow.check(target)).isEmpty();
    assertThat(target).doesNotExist();
  }

  private void removeQuietly() {
    try {
      Fetcher.remove(target);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  void aRestoreThatFailsChangesNothingAndIsGoneOnWith() throws Exception {
    byte[] damaged = new byte[700];
    Files.write(target.resolve("manifest.yaml"), damaged);
    Damage damage = scrubber.check(target).getFirst();
    one.fault = Faults.flips();
    assertThatThrownBy(() -> scrubber.restore(target, damage, List.of(one.address())))
        .hasMessageContaining("it sent wrong bytes");
    assertThat(target.resolve("manifest.yaml")).hasBinaryContent(damaged);
    restoreAll();
  }

  @Test
  void isSlow() throws Exception {
    long[] now = {0};
    long[] slept = {0};
    Throttle disk =
        Throttle.of(
            1 << 20,
            () -> now[0],
            duration -> {
              now[0] += duration.toNanos();
              slept[0] += duration.toNanos();
            });
    new Scrubber(disk, network(1)).check(target);
    assertThat(Duration.ofNanos(slept[0]))
        .isBetween(Duration.ofMillis(800), Duration.ofMillis(1100));
  }
}
