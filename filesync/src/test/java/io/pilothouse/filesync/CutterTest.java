package io.pilothouse.filesync;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

final class CutterTest {
  private static final byte[] BYTES = Trees.bytes(5, 32 << 20);

  private static List<Integer> sizes(byte[] bytes) {
    List<Integer> sizes = new ArrayList<>();
    for (int from = 0; from < bytes.length; ) {
      sizes.add(Cutter.cut(bytes, from, bytes.length));
      from += sizes.getLast();
    }
    return sizes;
  }

  private static Set<String> hashes(byte[] bytes) {
    Set<String> hashes = new HashSet<>();
    int from = 0;
    for (int size : sizes(bytes)) {
      hashes.add(Sha256.hex(bytes, from, size));
      from += size;
    }
    return hashes;
  }

  private static long lost(byte[] changed) {
    Set<String> before = hashes(BYTES);
    before.removeAll(hashes(changed));
    return before.size();
  }

  @Test
  void sizesAreWithinTheirBoundsAndNearTheirAverage() {
    List<Integer> sizes = sizes(BYTES);
    assertThat(sizes.subList(0, sizes.size() - 1))
        .allMatch(each -> each > Cutter.SMALLEST && each <= Cutter.LARGEST);
    assertThat(BYTES.length / sizes.size()).isBetween(60_000, 90_000);
  }

  /** Other cuts would give the same files other digests: engineers would upload all of it anew. */
  @Test
  void cutsAreGolden() {
    assertThat(sizes(BYTES).subList(0, 6))
        .containsExactly(66478, 70675, 67444, 37999, 38342, 75223);
  }

  @Test
  void bytesThatAreInsertedMoveOnlyTheCutsNextToThem() {
    byte[] changed = new byte[BYTES.length + 1000];
    System.arraycopy(BYTES, 0, changed, 0, 10_000_000);
    System.arraycopy(BYTES, 10_000_000, changed, 10_001_000, BYTES.length - 10_000_000);
    assertThat(lost(changed)).isBetween(1L, 4L);
  }

  @Test
  void aChangedByteCostsAChunkOrTwo() {
    byte[] changed = BYTES.clone();
    changed[20_000_000] ^= 1;
    assertThat(lost(changed)).isBetween(1L, 3L);
  }

  @Test
  void whatIsShortIsOneChunk() {
    for (int size : new int[] {1, Cutter.SMALLEST - 1, Cutter.SMALLEST}) {
      assertThat(Cutter.cut(BYTES, 0, size)).isEqualTo(size);
    }
  }

  @Test
  void zerosAreCutIntoEqualPieces() {
    assertThat(new HashSet<>(sizes(new byte[4 * Cutter.LARGEST]))).hasSize(1);
  }

  @Test
  void theCutDoesNotDependOnWhatComesBehindIt() {
    byte[] shorter = Arrays.copyOf(BYTES, Cutter.LARGEST);
    assertThat(Cutter.cut(shorter, 0, shorter.length))
        .isEqualTo(Cutter.cut(BYTES, 0, BYTES.length));
  }
}
