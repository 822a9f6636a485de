package io.pilothouse.filesync.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pilothouse.filesync.ContentException;
import io.pilothouse.filesync.ContentIndex;
import io.pilothouse.filesync.Packer;
import io.pilothouse.filesync.Packer.Packed;
import io.pilothouse.filesync.Sha256;
import io.pilothouse.filesync.Trees;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ContentStoreTest {
  private static final byte[] BYTES = "some bytes".getBytes(StandardCharsets.UTF_8);
  private static final String HASH = Sha256.hex(BYTES);

  @TempDir Path temporary;
  private Path dir;
  private ContentStore store;

  @BeforeEach
  void open() throws IOException {
    dir = temporary.resolve("store");
    store = new ContentStore(dir);
  }

  @AfterEach
  void close() throws IOException {
    store.close();
  }

  private Path file(String sha256) {
    return dir.resolve("chunks").resolve(sha256.substring(0, 2)).resolve(sha256.substring(2));
  }

  @Test
  void keepsAChunkUnderItsHash() throws Exception {
    store.putChunk(HASH, BYTES);
    store.putChunk(HASH, BYTES);
    assertThat(file(HASH)).hasBinaryContent(BYTES);
    assertThat(store.chunkBytes(HASH)).hasValue(BYTES);
    assertThat(Trees.chunkNames(store)).containsExactly(HASH);
    assertThat(dir.resolve("incoming")).isEmptyDirectory();
  }

  @Test
  void refusesOtherBytes() {
    String other = Sha256.hex(new byte[1]);
    assertThatThrownBy(() -> store.putChunk(other, BYTES))
        .isInstanceOf(ContentException.class)
        .hasMessageContaining("have another hash");
    assertThatThrownBy(() -> store.putIndex(other, BYTES))
        .hasMessageContaining("have another hash");
    assertThatThrownBy(() -> store.putIndex(HASH, BYTES))
        .hasMessageContaining("not a content index");
    assertThatThrownBy(() -> store.hasChunk("../../etc/passwd"))
        .isInstanceOf(IllegalArgumentException.class);
    assertThat(store.hasChunk(other)).isFalse();
  }

  @Test
  void neverHandsOutDamagedBytes() throws Exception {
    store.putChunk(HASH, BYTES);
    Files.write(file(HASH), new byte[BYTES.length]);
    assertThat(store.hasChunk(HASH)).isTrue();
    assertThat(store.chunkBytes(HASH)).isEmpty();
    assertThat(store.hasChunk(HASH)).as("removed, to be fetched anew").isFalse();
    assertThat(store.damagedFound()).isEqualTo(1);
  }

  /** The kernel answers a read of this file as it does one of an unreadable sector. */
  @Test
  void whatTheDiskCannotReadIsDamagedAndComesAnew() throws Exception {
    Path broken = Path.of("/proc/self/mem");
    assertThatThrownBy(() -> Files.readAllBytes(broken)).hasMessageContaining("Input/output error");
    Files.createDirectories(file(HASH).getParent());
    Files.createSymbolicLink(file(HASH), broken);
    assertThat(store.hasChunk(HASH)).isTrue();
    assertThat(store.isSoundChunk(HASH)).isFalse();
    assertThat(store.hasChunk(HASH)).isFalse();
    assertThat(store.damagedFound()).isEqualTo(1);
    store.putChunk(HASH, BYTES);
    assertThat(store.chunkBytes(HASH)).hasValue(BYTES);
  }

  @Test
  void whatCannotBeReadForAnotherReasonIsLeftAlone() throws Exception {
    Files.createDirectories(file(HASH));
    assertThatThrownBy(() -> store.isSoundChunk(HASH)).hasMessageContaining("Is a directory");
    assertThat(file(HASH)).exists();
    assertThat(store.damagedFound()).isZero();
  }

  @Test
  void anIndexComesAfterItsChunks() throws Exception {
    Packed packed = Packer.pack(Trees.service(temporary.resolve("source")));
    String digest = packed.index().digest();
    byte[] index = packed.index().toBytes();
    assertThat(store.putIndex(digest, index)).hasSize(packed.index().chunks().size());
    assertThat(store.indexBytes(digest)).isEmpty();
    for (var chunk : packed.index().chunks()) {
      store.putChunk(chunk.sha256(), packed.read(chunk));
    }
    assertThat(store.putIndex(digest, index)).isEmpty();
    assertThat(store.held()).containsExactly(digest);
    String lost = packed.index().chunks().getFirst().sha256();
    Files.delete(file(lost));
    assertThat(store.isSoundChunk(lost)).isFalse();
    assertThat(store.held()).isEmpty();
    assertThat(store.missing(packed.index())).containsExactly(lost);
    Files.write(dir.resolve("index").resolve(digest), new byte[5]);
    assertThat(store.indexBytes(digest)).isEmpty();
    assertThat(store.indexNames()).isEmpty();
  }

  @Test
  void holdsTheSameAfterARestart() throws Exception {
    store.putChunk(HASH, BYTES);
    Files.write(dir.resolve("incoming/9"), BYTES);
    store.close();
    store = new ContentStore(dir);
    assertThat(store.chunkBytes(HASH)).hasValue(BYTES);
    assertThat(dir.resolve("incoming")).isEmptyDirectory();
  }

  @Test
  void aDirectoryHasOneUser() {
    assertThatThrownBy(() -> new ContentStore(dir))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("is locked");
  }

  @Test
  void whatIsMissedIsLookedForInTheContentsThatNeedItAlone() throws Exception {
    Packed packed = Packer.pack(Trees.service(temporary.resolve("source")));
    for (ContentIndex.Chunk chunk : packed.index().chunks()) {
      store.putChunk(chunk.sha256(), packed.read(chunk));
    }
    store.putIndex(packed.index().digest(), packed.index().toBytes());
    assertThat(store.held()).containsExactly(packed.index().digest());
    String lost = packed.index().chunks().getLast().sha256();
    Files.delete(file(lost));
    assertThat(store.chunk(HASH)).isInstanceOf(Contents.Absent.class);
    assertThat(store.index(HASH)).isInstanceOf(Contents.Absent.class);
    assertThat(store.held()).as("nobody asked for it yet").hasSize(1);
    assertThat(store.chunk(lost)).isInstanceOf(Contents.Absent.class);
    assertThat(store.held()).isEmpty();
    store.putChunk(lost, packed.read(packed.index().chunks().getLast()));
    assertThat(store.held()).hasSize(1);
    Files.delete(dir.resolve("index").resolve(packed.index().digest()));
    assertThat(store.held()).isEmpty();
  }

  @Test
  void aFilterOfChunksMissesNoneAndSeldomTakesAnotherForOne() {
    CompleteContents.Chunks chunks = new CompleteContents.Chunks(10_000);
    for (int i = 0; i < 10_000; i++) {
      chunks.add(Sha256.hex(Trees.bytes(i, 8)));
    }
    int wrong = 0;
    for (int i = 0; i < 10_000; i++) {
      assertThat(chunks.mayHave(Sha256.hex(Trees.bytes(i, 8)))).isTrue();
      wrong += chunks.mayHave(Sha256.hex(Trees.bytes(-1 - i, 8))) ? 1 : 0;
    }
    assertThat(wrong).isLessThan(500);
  }
}
