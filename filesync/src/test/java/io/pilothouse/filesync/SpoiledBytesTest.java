package io.pilothouse.filesync;

import static org.assertj.core.api.Assertions.assertThat;

import io.pilothouse.filesync.ContentIndex.Chunk;
import io.pilothouse.filesync.ContentIndex.FileEntry;
import io.pilothouse.filesync.ContentIndex.LinkEntry;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** What comes from the network: spoiled in any way it is refused in words, or it is what it was. */
class SpoiledBytesTest {
  private static final int ROUNDS = Integer.getInteger("pilothouse.fuzz.rounds", 20_000);

  @Test
  void indexes() throws ContentException {
    Random random = new Random(1);
    byte[] sound = index().toBytes();
    int refused = 0;
    for (int round = 0; round < ROUNDS; round++) {
      byte[] spoiled = spoil(sound, random);
      try {
        ContentIndex parsed = ContentIndex.parse(spoiled);
        assertThat(parsed.toBytes()).as("round %s", round).isEqualTo(spoiled);
      } catch (ContentException e) {
        assertThat(e.getMessage()).as("round %s", round).isNotBlank();
        refused++;
      } catch (RuntimeException e) {
        throw new AssertionError("round " + round + ": " + text(spoiled), e);
      }
    }
    assertThat(refused).isGreaterThan(ROUNDS / 2);
  }

  @Test
  void requestsForManyChunks() {
    Random random = new Random(2);
    byte[] sound = Pack.request(List.of("a".repeat(64), "0123456789abcdef".repeat(4)));
    for (int round = 0; round < ROUNDS; round++) {
      byte[] spoiled = spoil(sound, random);
      try {
        assertThat(Pack.hashes(spoiled)).as("round %s", round).allMatch(Sha256::isHex);
      } catch (ContentException e) {
        assertThat(e.getMessage()).as("round %s", round).isNotBlank();
      } catch (RuntimeException e) {
        throw new AssertionError("round " + round + ": " + text(spoiled), e);
      }
    }
  }

  private static ContentIndex index() {
    List<ContentIndex.Entry> entries = new ArrayList<>();
    entries.add(new FileEntry("bin/run", 0755, 12, List.of(new Chunk("a".repeat(64), 12))));
    entries.add(
        new FileEntry(
            "data/größe \"1\".bin",
            0644,
            70_005,
            List.of(new Chunk("b".repeat(64), 70_000), new Chunk("c".repeat(64), 5))));
    entries.add(new FileEntry("empty", 0600, 0, List.of()));
    entries.add(new LinkEntry("now", "bin/run"));
    return new ContentIndex(entries);
  }

  /** A few bytes changed, left out, doubled, or cut off. */
  private static byte[] spoil(byte[] sound, Random random) {
    byte[] spoiled = sound.clone();
    for (int i = random.nextInt(3); i >= 0 && spoiled.length > 1; i--) {
      int at = random.nextInt(spoiled.length);
      int end = Math.min(spoiled.length, at + 1 + random.nextInt(20));
      switch (random.nextInt(5)) {
        case 0 -> spoiled[at] = (byte) random.nextInt(256);
        case 1 -> spoiled[at] ^= (byte) (1 << random.nextInt(8));
        case 2 -> spoiled = joined(spoiled, 0, at, spoiled, end, spoiled.length);
        case 3 -> spoiled = joined(spoiled, 0, end, spoiled, at, spoiled.length);
        default -> spoiled = joined(spoiled, 0, at, spoiled, 0, 0);
      }
    }
    return spoiled;
  }

  private static byte[] joined(byte[] one, int from, int to, byte[] two, int start, int end) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    bytes.write(one, from, to - from);
    bytes.write(two, start, end - start);
    return bytes.toByteArray();
  }

  private static String text(byte[] bytes) {
    return new String(bytes, StandardCharsets.ISO_8859_1);
  }
}
