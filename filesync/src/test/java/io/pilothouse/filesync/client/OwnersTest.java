package io.pilothouse.filesync.client;

import static org.assertj.core.api.Assertions.assertThat;

import io.pilothouse.filesync.Sha256;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Shares are equal, agreed on, and stay where they are when somebody else goes. */
class OwnersTest {
  private static final int CHUNKS = 20_000;

  private static String chunk(int number) {
    return Sha256.hex(("chunk " + number).getBytes(StandardCharsets.UTF_8));
  }

  private static List<String> rack(int machines) {
    return IntStream.range(0, machines).mapToObj(i -> "10.1.7." + i + ":7001").toList();
  }

  /** Agents of different versions must agree: these never change. */
  @ParameterizedTest
  @CsvSource({
    "0, 10.1.7.0:7001, 10.1.7.1:7001",
    "1, 10.1.7.0:7001, 10.1.7.1:7001",
    "2, 10.1.7.3:7001, 10.1.7.0:7001",
    "3, 10.1.7.2:7001, 10.1.7.1:7001",
    "4, 10.1.7.3:7001, 10.1.7.2:7001"
  })
  void theOwnersOfAChunkAreForEver(int chunk, String first, String second) {
    assertThat(new Owners(rack(4)).of(chunk(chunk), 2)).containsExactly(first, second);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 16, 40, 64})
  void eachHasAnEqualShare(int machines) {
    Map<String, Integer> shares = shares(new Owners(rack(machines)), 0);
    assertThat(shares).hasSize(machines);
    double expected = (double) CHUNKS / machines;
    // six standard deviations of a fair draw
    double most = 6 * Math.sqrt(expected);
    shares.forEach((who, share) -> assertThat(share - expected).as(who).isBetween(-most, most));
  }

  @Test
  void theSharesOfOneThatIsDeadGoToAllOthers() {
    Owners owners = new Owners(rack(16));
    Map<String, Integer> heirs = new HashMap<>();
    for (int i = 0; i < CHUNKS; i++) {
      List<String> two = owners.of(chunk(i), 2);
      if (two.get(0).equals("10.1.7.5:7001")) {
        heirs.merge(two.get(1), 1, Integer::sum);
      }
    }
    assertThat(heirs).hasSize(15);
    assertThat(Collections.max(heirs.values())).isLessThan(2 * CHUNKS / 16 / 15);
  }

  @Test
  void oneMoreTakesOnlyWhatBecomesItsOwn() {
    Owners before = new Owners(rack(40));
    Owners after = new Owners(rack(41));
    int moved = 0;
    for (int i = 0; i < CHUNKS; i++) {
      String was = before.of(chunk(i), 1).get(0);
      String is = after.of(chunk(i), 1).get(0);
      if (!is.equals(was)) {
        assertThat(is).isEqualTo("10.1.7.40:7001");
        moved++;
      }
    }
    assertThat(moved).isBetween(CHUNKS / 41 / 2, 2 * CHUNKS / 41);
  }

  @Test
  void theOrderOfTheListDoesNotCount() {
    List<String> shuffled = new ArrayList<>(rack(30));
    Collections.shuffle(shuffled, new Random(1));
    shuffled.add(shuffled.get(0)); // nor one that is in it twice
    for (int i = 0; i < 500; i++) {
      assertThat(new Owners(shuffled).of(chunk(i), 3))
          .isEqualTo(new Owners(rack(30)).of(chunk(i), 3))
          .doesNotHaveDuplicates();
    }
  }

  @Test
  void aGroupOfNobodyHasNoOwner() {
    assertThat(new Owners(List.of()).of(chunk(1), 2)).isEmpty();
    assertThat(new Owners(rack(1)).of(chunk(1), 2)).containsExactly("10.1.7.0:7001");
  }

  private static Map<String, Integer> shares(Owners owners, int place) {
    Map<String, Integer> shares = new HashMap<>();
    for (int i = 0; i < CHUNKS; i++) {
      shares.merge(owners.of(chunk(i), place + 1).get(place), 1, Integer::sum);
    }
    return shares;
  }
}
