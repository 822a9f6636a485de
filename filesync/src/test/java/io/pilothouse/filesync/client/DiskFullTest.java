package io.pilothouse.filesync.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pilothouse.filesync.ContentException;
import io.pilothouse.filesync.Packer.Packed;
import io.pilothouse.filesync.Trees;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** On a file system of 8 MiB, which only root can mount; {@link CrashTest} does without. */
@Tag("system")
final class DiskFullTest extends ClientTest {
  private boolean mounted;

  @BeforeEach
  void mountSmallDisk() throws Exception {
    mounted = run("mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", disk.toString()) == 0;
    assertThat(mounted).as("a tmpfs, which only root can mount").isTrue();
  }

  @AfterEach
  void unmount() throws Exception {
    if (mounted) {
      assertThat(run("umount", disk.toString())).isZero();
    }
  }

  private static int run(String... command) throws Exception {
    Process process;
    try {
      process = new ProcessBuilder(command).redirectErrorStream(true).start();
    } catch (IOException e) {
      return -1;
    }
    process.getInputStream().readAllBytes();
    return process.waitFor(10, TimeUnit.SECONDS) ? process.exitValue() : -1;
  }

  @Test
  void aFullDiskIsSaidSoAndLeavesTheOldVersion() throws Exception {
    fetcher(1).fetch(digest(), target, both());
    Path large = Trees.service(temporary.resolve("large"));
    Trees.file(large.resolve("bin/web"), 0755, Trees.bytes(4, 7 << 20));
    Packed next = one.holds(large);
    Path second = disk.resolve("1.1.0");
    Fetcher careful = fetcher(1);
    Fetcher careless = new Fetcher(network(1), WritePoints.NONE, DiskRoom.ALL);
    for (Fetcher fetcher : List.of(careful, careless)) {
      for (Path place : List.of(second, target)) {
        one.forget();
        assertThatThrownBy(
                () -> fetcher.fetch(next.index().digest(), place, List.of(one.address())))
            .isInstanceOf(ContentException.class)
            .hasMessageContaining("the disk is full: " + place + " was not changed");
        assertThat(onDisk()).containsExactly("1.0.0", "1.0.0.index");
        assertThat(Trees.describe(target)).isEqualTo(Trees.describe(source));
        assertThat(Fetcher.published(target)).contains(content.index());
        assertThat(one.askedFor("POST /v1/chunks"))
            .as("one that knows does not begin, the other is not asked again")
            .isLessThan(fetcher == careful ? 1 : 6);
      }
    }
    Fetcher.remove(target);
    Path smaller = disk.resolve("smaller");
    fetcher(1).fetch(digest(), smaller, both());
    assertThat(Trees.describe(smaller)).isEqualTo(Trees.describe(source));
  }

  @Test
  void aFullDiskStopsARestore() throws Exception {
    fetcher(1).fetch(digest(), target, both());
    byte[] web = Files.readAllBytes(target.resolve("bin/web"));
    web[9] ^= 1;
    Files.write(target.resolve("bin/web"), web);
    fill(disk.resolve("filler"));
    Scrubber scrubber = ScrubberTest.scrubber(network(1));
    Scrubber.Damage damage = scrubber.check(target).getFirst();
    assertThatThrownBy(() -> scrubber.restore(target, damage, both()))
        .hasMessageContaining("the disk is full");
    Files.delete(disk.resolve("filler"));
    scrubber.restore(target, damage, both());
    assertThat(scrubber.check(target)).isEmpty();
    assertThat(onDisk()).containsExactly("1.0.0", "1.0.0.index");
  }

  private static void fill(Path file) {
    assertThatThrownBy(() -> Files.write(file, new byte[16 << 20]))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("No space left");
  }
}
