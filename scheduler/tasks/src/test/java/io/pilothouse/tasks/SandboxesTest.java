package io.pilothouse.tasks;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Which sandboxes are removed, and when. */
class SandboxesTest {
  private static final Instant NOW = Instant.parse("2026-03-01T08:00:00Z");

  @TempDir private Path root;

  private Path ran(String executor, String container, Duration before) throws IOException {
    Path sandbox = new TaskDisk(root).sandbox("f", executor, container);
    Files.createDirectories(sandbox);
    Files.writeString(sandbox.resolve("stdout"), "x");
    Sandboxes.ended(sandbox, NOW.minus(before));
    return sandbox;
  }

  private Sandboxes sandboxes(int most) {
    return new Sandboxes(new TaskDisk(root), Duration.ofDays(7), most, 1000);
  }

  @Test
  void oldOnesGoWithWhatIsEmptyWithoutThem() throws IOException {
    Path old = ran("e1", "c1", Duration.ofDays(8));
    Path young = ran("e2", "c2", Duration.ofSeconds(1));

    sandboxes(1000).collect(Set.of(), NOW);

    assertThat(root.resolve("frameworks/f/executors/e1")).doesNotExist();
    assertThat(old).doesNotExist();
    assertThat(young).exists();
  }

  @Test
  void oneInUseStaysWhateverItsAge() throws IOException {
    Path used = ran("e1", "c1", Duration.ofDays(100));

    sandboxes(1000).collect(Set.of(used), NOW);

    assertThat(used).exists();
  }

  @Test
  void ofTooManyTheOldestGo() throws IOException {
    Path first = ran("e1", "c1", Duration.ofSeconds(3));
    Path second = ran("e1", "c2", Duration.ofSeconds(2));
    Path third = ran("e1", "c3", Duration.ofSeconds(1));

    sandboxes(2).collect(Set.of(), NOW);

    assertThat(first).doesNotExist();
    assertThat(second).exists();
    assertThat(third).exists();
  }

  @Test
  void withTheLastOfAFrameworkItsDirectoryGoes() throws IOException {
    var unused = ran("e1", "c1", Duration.ofDays(8));

    sandboxes(1000).collect(Set.of(), NOW);

    assertThat(root.resolve("frameworks/f")).doesNotExist();
  }

  @Test
  void anOutputThatIsALinkIsNotFollowed() throws IOException {
    Path sandbox = ran("e1", "c1", Duration.ZERO);
    Path other = Files.writeString(root.resolve("other"), "x".repeat(5000));
    Files.delete(sandbox.resolve("stdout"));
    Files.createSymbolicLink(sandbox.resolve("stdout"), other);

    sandboxes(2).bound(sandbox);

    assertThat(other).hasSize(5000);
    assertThat(sandbox.resolve("stdout.1")).doesNotExist();
  }

  @Test
  void anOutputIsBoundedWhateverIsWhereItsTailWouldGo() throws IOException {
    Path sandbox = ran("e1", "c1", Duration.ZERO);
    Files.createDirectories(sandbox.resolve("stdout.1/full"));
    Files.writeString(sandbox.resolve("stdout"), "x".repeat(5000));

    sandboxes(2).bound(sandbox);

    assertThat(sandbox.resolve("stdout")).isEmptyFile();
    assertThat(sandbox.resolve("stdout.1/full")).isDirectory();
  }

  @Test
  void whatGoesIsMovedAwayFirstAndDeletedOnAThreadOfItsOwn() throws Exception {
    var unused = ran("e1", "c1", Duration.ofDays(8));
    sandboxes(1000).collect(Set.of(), NOW);
    Path trash = new TaskDisk(root).trash();
    assertThat(trash).isNotEmptyDirectory();
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(trash)))
        .isEqualTo("rwx------");

    new Trash(new TaskDisk(root)).empty().orElseThrow().join();

    assertThat(trash).isEmptyDirectory();
  }
}
