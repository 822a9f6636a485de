package io.pilothouse.watchdog;

import static org.assertj.core.api.Assertions.assertThat;

import io.pilothouse.api.v1.VerdictKind;
import io.pilothouse.manifests.BuiltInArgs;
import io.pilothouse.manifests.BuiltInWatchdogs;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class SlowRuleTest {
  private final Map<String, Integer> inARow = new HashMap<>();
  private final SortedMap<String, SlowRule.Measured> values = new TreeMap<>();
  private SlowRule rule =
      SlowRule.of(BuiltInArgs.of(BuiltInWatchdogs.find("slow").orElseThrow(), List.of()));

  @Test
  void aSlowDiskAmongPeersIsAnErrorAfterThreeLooks() {
    peers(40, 0.0021, 0.0004);
    put("web-07", 0.048);
    assertThat(look("web-07").kind()).isEqualTo(VerdictKind.WARNING);
    assertThat(look("web-07").text()).endsWith("(2 of 3 looks)");
    SlowRule.Said third = look("web-07");
    assertThat(third.kind()).isEqualTo(VerdictKind.ERROR);
    assertThat(third.text())
        .matches("disk_read_latency 48 ms, peers' median 2\\.\\d ms, \\d+ MADs");
    put("web-07", 0.0022);
    assertThat(look("web-07").kind()).isEqualTo(VerdictKind.OK);
    put("web-07", 0.048);
    assertThat(look("web-07").text()).contains("(1 of 3 looks)");
  }

  @Test
  void aMachineThatIsFasterIsNotAccused() {
    peers(40, 0.05, 0.001);
    put("web-07", 0.001);
    assertThat(look("web-07").kind()).isEqualTo(VerdictKind.OK);
  }

  @Test
  void tooFewPeersTellNothing() {
    peers(7, 0.002, 0.0001);
    put("web-99", 5);
    assertThat(look("web-99").kind()).isEqualTo(VerdictKind.OK);
    assertThat(look("web-99").text()).contains("8 peers are needed");
    peers(8, 0.002, 0.0001);
    assertThat(look("web-99").kind()).isEqualTo(VerdictKind.WARNING);
  }

  @Test
  void manyAtOnceHaveACommonCauseAndNoneErrs() {
    peers(100, 0.002, 0.0002);
    for (int i = 0; i < 12; i++) {
      put("web-%03d".formatted(i), 0.4);
    }
    for (int i = 0; i < 5; i++) {
      assertThat(rule.judge(values, inARow).values())
          .noneMatch(each -> each.kind() == VerdictKind.ERROR);
    }
    assertThat(look("web-003").text())
        .endsWith("12 of 100 machines are at once: a common cause," + " not this machine");
    // one that is left behind when the others recover begins anew
    peers(100, 0.002, 0.0002);
    put("web-003", 0.4);
    assertThat(look("web-003").text()).contains("(1 of 3 looks)");
  }

  @Test
  void aTypeThatIsAllAlikeAccusesNoneForNothing() {
    for (int i = 0; i < 20; i++) {
      put("web-%03d".formatted(i), 0.0001);
    }
    put("web-003", 0.0004); // four times the others, and nothing that anybody could feel
    assertThat(look("web-003").kind()).isEqualTo(VerdictKind.OK);
    put("web-003", 0.1);
    assertThat(look("web-003").text()).contains("all peers alike");
  }

  @Test
  void aWideSpreadIsTheTypesNormal() {
    SplittableRandom random = new SplittableRandom(7);
    for (int round = 0; round < 1000; round++) {
      for (int i = 0; i < 50; i++) {
        // skewed as latencies are: most are small, some are ten times that
        put("web-%03d".formatted(i), 0.002 * Math.exp(0.5 * random.nextGaussian()));
      }
      assertThat(rule.judge(values, inARow).values())
          .noneMatch(each -> each.kind() == VerdictKind.ERROR);
    }
  }

  @Test
  void wordsAreInTheUnitOfTheCounter() {
    assertThat(SlowRule.words(0.048, "seconds")).isEqualTo("48 ms");
    assertThat(SlowRule.words(2.5, "seconds")).isEqualTo("2.5 s");
    assertThat(SlowRule.words(0.97, "ratio")).isEqualTo("97 %");
    assertThat(SlowRule.words(12, "")).isEqualTo("12");
  }

  private void peers(int count, double around, double spread) {
    for (int i = 0; i < count; i++) {
      put("web-%03d".formatted(i), around + spread * ((i % 5) - 2) / 2);
    }
  }

  private void put(String machine, double value) {
    values.put(machine, new SlowRule.Measured(value, "seconds"));
  }

  private SlowRule.Said look(String machine) {
    return rule.judge(values, inARow).get(machine);
  }
}
