package io.pilothouse.filesync.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pilothouse.filesync.Packer.Packed;
import io.pilothouse.filesync.Trees;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

final class ReplicatorTest extends ClientTest {

  private void replicate(Packed packed, TestReplica from, TestReplica to) throws Exception {
    new Replicator(network(1), temporary.resolve("work"))
        .replicate(packed.index().digest(), List.of(from.address()), new StoreSink(to.store));
  }

  @Test
  void twoStoresBecomeEqual() throws Exception {
    for (long seed = 0; seed < 3; seed++) {
      Packed packed = one.holds(Trees.random(temporary.resolve("tree" + seed), seed));
      replicate(packed, one, two);
    }
    assertThat(two.store.held()).isEqualTo(one.store.held()).hasSize(4);
    assertThat(Trees.chunkNames(two.store)).isEqualTo(Trees.chunkNames(one.store));
  }

  @Test
  void onlyWhatIsMissingIsFetched() throws Exception {
    one.forget();
    replicate(content, one, two);
    assertThat(one.asked).containsExactly("GET /v1/index/" + digest());
  }

  @Test
  void aLieIsNotStored() throws Exception {
    Packed packed = one.holds(Trees.random(temporary.resolve("tree"), 1));
    one.fault = Faults.flips();
    assertThatThrownBy(() -> replicate(packed, one, two)).hasMessageContaining("wrong bytes");
    assertThat(two.store.held()).containsExactly(digest());
    one.fault = (exchange, bytes) -> false;
    replicate(packed, one, two);
    assertThat(two.store.held()).contains(packed.index().digest());
  }

  @Test
  void aCutTransferIsGoneOnWith() throws Exception {
    String sha256 = content.index().chunks().getFirst().sha256();
    Path chunk =
        temporary.resolve("two/chunks/" + sha256.substring(0, 2) + "/" + sha256.substring(2));
    byte[] bytes = Files.readAllBytes(chunk);
    Files.delete(chunk);
    assertThat(two.store.held()).isEmpty();
    Files.createDirectories(temporary.resolve("work/chunks"));
    Files.write(temporary.resolve("work/chunks/" + sha256), java.util.Arrays.copyOf(bytes, 1000));
    replicate(content, one, two);
    assertThat(two.store.held()).containsExactly(digest());
    assertThat(one.askedFor(" bytes=1000-")).isEqualTo(1);
    assertThat(temporary.resolve("work/chunks")).isEmptyDirectory();
  }
}
