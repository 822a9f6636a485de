package io.pilothouse.filesync;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pilothouse.filesync.ContentIndex.Chunk;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;

/** A list in few bytes is the list that it was made of. */
class ChunksTest {

  private static List<Chunk> chunks(int count) {
    List<Chunk> chunks = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      chunks.add(new Chunk(Sha256.hex(Trees.bytes(i, 9)), i + 1));
    }
    return chunks;
  }

  @Test
  void isTheListThatItWasMadeOf() {
    for (int count : new int[] {0, 1, 2, 255, 256, 257, 1000}) {
      List<Chunk> chunks = chunks(count);
      List<Chunk> compact = Chunks.compact(chunks);
      assertThat(compact).isEqualTo(chunks);
      assertThat(chunks).isEqualTo(compact);
      assertThat(compact).hasSameHashCodeAs(chunks);
    }
    assertThatThrownBy(() -> Chunks.compact(chunks(3)).get(3))
        .isInstanceOf(IndexOutOfBoundsException.class);
    assertThatThrownBy(() -> Chunks.compact(chunks(3)).add(new Chunk("", 1)))
        .isInstanceOf(UnsupportedOperationException.class);
  }

  @Test
  void whatIsNoHashStaysAsItIs() {
    String hash = Sha256.hex(new byte[0]);
    for (String odd : List.of("", "abc", hash.toUpperCase(Locale.ROOT), hash + "0")) {
      List<Chunk> chunks = List.of(new Chunk(hash, 1), new Chunk(odd, 2));
      assertThat(Chunks.compact(chunks)).isEqualTo(chunks);
    }
  }
}
