package io.pilothouse.testing.faults;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pilothouse.api.v1.ListMachinesRequest;
import io.pilothouse.client.DmException;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Packaged replicas whose disks lie or are full. Needs root, for a small file system. */
@Tag("e2e")
@Tag("large")
class DiskFaultsTest extends ReplicasCase {
  private static final Duration SHORT = Duration.ofSeconds(5);
  private static final long MIB = 1 << 20;

  private final List<Path> mounts = new ArrayList<>();

  @AfterEach
  void noFileSystemIsLeft() throws Exception {
    noReplicaIsLeft();
    for (Path each : mounts) {
      Commands.run("umount", "-l", each.toString());
    }
  }

  private static Path newestSegment(Node node) throws IOException {
    try (Stream<Path> files = Files.walk(node.data().resolve("raft"))) {
      return files
          .filter(each -> each.getFileName().toString().startsWith("log_"))
          .max(Comparator.comparingLong(each -> each.toFile().lastModified()))
          .orElseThrow();
    }
  }

  @Test
  void aDamagedLogIsRefusedTheOthersGoOnAndTheReplicaIsReplaced() throws Exception {
    start(3);
    Node damaged = follower();
    damaged.kill();
    Path segment = newestSegment(damaged);
    try (RandomAccessFile file = new RandomAccessFile(segment.toFile(), "rw")) {
      file.seek(500);
      int was = file.read();
      file.seek(500);
      file.write(was ^ 8);
    }
    write(5);

    damaged.start();

    await("it ends by itself", damaged::hasEnded);
    assertThat(damaged.lastWords())
        .contains(segment.getFileName() + " is damaged: after index ")
        .contains("put a new one in its place: `pilot dm replace`");
    write(5);
    replace(damaged, 4);
    write(5);
    awaitAgreement();
  }

  @Test
  void aFullDiskStopsWritesOfItsLeaderAndNothingElse() throws Exception {
    Path small = Files.createDirectories(dir.resolve("dm-3"));
    Commands.run("mount", "-t", "tmpfs", "-o", "size=900m", "tmpfs", small.toString());
    mounts.add(small);
    start(3);
    Node full = nodes.get(2);
    Path filler = small.resolve("filler");

    lead(full.name());
    fill(filler, small.toFile().getUsableSpace() - 300 * MIB);
    await(
        "writes stop",
        () -> {
          try {
            write(SHORT);
            return false;
          } catch (DmException e) {
            assertThat(e.getMessage()).contains("the disk of the leader dm-3 has");
            return true;
          }
        });
    assertThat(
            client
                .orElseThrow()
                .leader(
                    DEADLINE,
                    c -> Fixture.stub(c).listMachines(ListMachinesRequest.getDefaultInstance()))
                .getItemsList())
        .as("reads go on")
        .hasSize(2);
    Files.delete(filler);
    write(5);

    lead("dm-1");
    fill(filler, small.toFile().getUsableSpace());
    write(60);
    Files.delete(filler);
    if (!full.isAlive()) {
      assertThat(full.lastWords()).contains("No space left");
      full.start();
    }
    write(5);
    awaitAgreement();
  }

  private static void fill(Path file, long bytes) throws Exception {
    Commands.run("fallocate", "-l", Long.toString(Math.max(1, bytes)), file.toString());
    assertThatThrownBy(() -> Files.createFile(file)).isInstanceOf(IOException.class);
  }
}
