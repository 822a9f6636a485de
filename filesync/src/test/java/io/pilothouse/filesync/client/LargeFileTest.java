package io.pilothouse.filesync.client;

import static org.assertj.core.api.Assertions.assertThat;

import io.pilothouse.filesync.ContentIndex;
import io.pilothouse.filesync.ContentIndex.Chunk;
import io.pilothouse.filesync.ContentIndex.FileEntry;
import io.pilothouse.filesync.Sha256;
import io.pilothouse.filesync.Trees;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A disk image of 10 GiB, mostly holes, through programs with the memory of the real ones. */
@Tag("large")
@Timeout(value = 10, unit = TimeUnit.MINUTES)
class LargeFileTest {
  private static final long SIZE = 10L << 30;
  private static final int PIECES = 40;
  private static final int BLOCK = 512;

  @TempDir private Path temporary;
  private Path source;
  private Path target;

  @BeforeEach
  void makeDirectories() throws IOException {
    source = Files.createDirectories(temporary.resolve("source"));
    target = temporary.resolve("disk/1.0.0");
    Files.createDirectories(target.getParent());
  }

  /** Pieces of random bytes in places that are no multiples of anything. */
  private Path image() throws IOException {
    Path image = source.resolve("disk.img");
    SplittableRandom random = new SplittableRandom(1);
    try (RandomAccessFile file = new RandomAccessFile(image.toFile(), "rw")) {
      file.setLength(SIZE);
      for (int i = 0; i < PIECES; i++) {
        file.seek(random.nextLong(SIZE - (1 << 20)));
        file.write(Trees.bytes(i, random.nextInt(1, 1 << 20)));
      }
    }
    return image;
  }

  private static long bytesOnDisk(Path file) throws Exception {
    Process stat = new ProcessBuilder("stat", "-c", "%b", file.toString()).start();
    String said = new String(stat.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(stat.waitFor()).isZero();
    return Long.parseLong(said.strip()) * BLOCK;
  }

  @Test
  void aFileOfTenGibibytesArrivesWithItsHolesInTheMemoryOfAnAgent() throws Exception {
    Path image = image();
    try (ChildJvm replica =
            new ChildJvm("satellite", ReplicaAlone.class, temporary.resolve("store"));
        ChildJvm engineer = new ChildJvm("cli", EngineerAlone.class);
        ChildJvm agent = new ChildJvm("agent", AgentAlone.class)) {
      String address = replica.answer();
      String digest = engineer.tell("add", source, temporary.resolve("index"), address);
      assertThat(replica.tell("held")).isEqualTo("[" + digest + "]");
      long brought = Long.parseLong(agent.tell("fetch", address, digest, target));
      assertThat(brought).isLessThan(128 << 20);
      assertThat(Files.mismatch(image, target.resolve("disk.img"))).isEqualTo(-1);
      assertThat(bytesOnDisk(target.resolve("disk.img"))).isLessThan(128 << 20);
      assertThat(agent.tell("fetch", address, digest, target)).isEqualTo("0");
      Path next = target.resolveSibling("1.1.0");
      assertThat(agent.tell("fetch", address, digest, next))
          .as("it is on this disk")
          .isEqualTo("0");
      assertThat(bytesOnDisk(next.resolve("disk.img"))).isLessThan(128 << 20);
    }
  }

  /** As many as a file of 10 GiB without holes has; each is small, so that the test is. */
  @Test
  void aFileOfAsManyChunksFitsIntoTheMemoryOfAnAgentThatHoldsItAlready() throws Exception {
    int chunks = 170_000;
    byte[] bytes = new byte[chunks * 8];
    ByteBuffer numbers = ByteBuffer.wrap(bytes);
    for (long i = 0; i < chunks; i++) {
      numbers.putLong(i * 0x9E3779B97F4A7C15L);
    }
    Trees.file(source.resolve("many"), 0644, bytes);
    try (MachineServer machine = new MachineServer(source, inPieces("many", bytes));
        ChildJvm agent = new ChildJvm("agent", AgentAlone.class)) {
      String digest = machine.digest();
      assertThat(agent.tell("fetch", machine.address(), digest, target))
          .isEqualTo(Long.toString(bytes.length));
      assertThat(target.resolve("many")).hasBinaryContent(bytes);
      Path next = target.resolveSibling("1.1.0");
      assertThat(agent.tell("fetch", machine.address(), digest, next)).isEqualTo("0");
      assertThat(agent.tell("check", next)).isEqualTo("[]");
    }
  }

  private static ContentIndex inPieces(String path, byte[] bytes) {
    List<Chunk> chunks = new ArrayList<>();
    for (int i = 0; i < bytes.length; i += 8) {
      chunks.add(new Chunk(Sha256.hex(bytes, i, 8), 8));
    }
    return new ContentIndex(List.of(new FileEntry(path, 0644, bytes.length, chunks)));
  }
}
