package io.pilothouse.watchdog;

import static org.assertj.core.api.Assertions.assertThat;

import io.pilothouse.api.v1.VerdictKind;
import io.pilothouse.api.v1.WatchdogSpec.Protocol;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Whatever a script prints and however it ends: there is a verdict, printable and not too long. */
class SpoiledOutputTest {
  private static final int ROUNDS = Integer.getInteger("pilothouse.fuzz.rounds", 20_000);
  private static final List<String> BITS =
      List.of(
          "DISK OK",
          "|",
          "/=42%;80;90;0;100",
          "'a b'=1",
          "=",
          ";",
          "\n",
          "\r",
          "\t",
          "\u0000",
          "\u001b[31m",
          "{\"fault\": \"disk.smart\", \"severity\": \"fatal\"}",
          "{",
          "}",
          "\"fault\"",
          ":",
          "[[[[",
          "é",
          "\uD83D\uDE00",
          "\uD83D",
          "1e999",
          "-",
          "NaN",
          "'",
          "''",
          "load1=U",
          "x".repeat(5_000));

  @Test
  void everyOutputIsJudged() {
    Random random = new Random(3);
    for (int round = 0; round < ROUNDS; round++) {
      StringBuilder output = new StringBuilder();
      for (int i = random.nextInt(12); i > 0; i--) {
        output.append(BITS.get(random.nextInt(BITS.size())));
      }
      int exit = random.nextInt(6) == 0 ? random.nextInt(-300, 300) : random.nextInt(4);
      Protocol protocol = Protocol.forNumber(random.nextInt(Protocol.values().length - 1));
      ScriptResult result;
      try {
        result =
            PluginConvention.judge(protocol, exit, output.toString(), "", Duration.ofSeconds(1));
      } catch (RuntimeException e) {
        throw new AssertionError("round " + round + ": " + exit + " " + output, e);
      }
      assertThat(result.kind()).as("round %s", round).isNotEqualTo(VerdictKind.UNRECOGNIZED);
      assertThat(result.text().length()).as("round %s", round).isLessThan(5_000);
      assertThat(result.text().chars().noneMatch(Character::isISOControl))
          .as("round %s: %s", round, result.text())
          .isTrue();
    }
  }
}
