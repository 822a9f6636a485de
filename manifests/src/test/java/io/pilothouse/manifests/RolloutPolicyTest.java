package io.pilothouse.manifests;

import static org.assertj.core.api.Assertions.assertThat;

import io.pilothouse.api.v1.MaintenanceWindow;
import io.pilothouse.api.v1.RolloutPolicy;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Pace, windows and canary of a rollout policy, as people write them. */
class RolloutPolicyTest {
  private final FleetFixture fleet;

  RolloutPolicyTest(@TempDir Path dir) {
    this.fleet = new FleetFixture(dir);
  }

  private FleetFixture with(String lines) {
    return fleet.write("policies/rollout.yaml", "kind: RolloutPolicy\nname: careful\n" + lines);
  }

  @Test
  void paceIsANumberOfMachinesInASpan() {
    RolloutPolicy policy = with("max-pace: 100 per 1h\n").loaded().getRolloutPolicies(0);
    assertThat(policy.getPaceMachines()).isEqualTo(100);
    assertThat(policy.getPaceMs()).isEqualTo(3_600_000);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "Mon-Fri 02:00-05:00 | 31  | 120  | 300",
        "22:00-04:00         | 0   | 1320 | 240",
        "Sat,Sun 00:00-00:00 | 96  | 0    | 0",
        "Sun-Mon 23:30-00:15 | 65  | 1410 | 15",
        "Tue,Thu-Fri 09:00-12:00 | 26 | 540 | 720",
      })
  void windowIsDaysAndTwoTimes(String text, int days, int from, int to) {
    List<MaintenanceWindow> windows =
        with("windows: [\"" + text + "\"]\n").loaded().getRolloutPolicies(0).getWindowsList();
    assertThat(windows)
        .containsExactly(
            MaintenanceWindow.newBuilder()
                .setDays(days)
                .setFromMinute(from)
                .setToMinute(to)
                .build());
  }

  @Test
  void canaryIsNamesAndPatterns() {
    RolloutPolicy policy =
        with("first: [web-01, \"web-[02-02]\"]\n").loaded().getRolloutPolicies(0);
    assertThat(policy.getFirstList()).containsExactly("web-01", "web-[02-02]");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "max-pace: 100 an hour      | a pace; write a number of machines and a span",
        "max-pace: 0 per 1h         | a pace; write a number of machines and a span",
        "max-pace: 5 per 1ms        | the span must be from 1s to 366d",
        "windows: [\"25:00-26:00\"] | a window; write days if not all",
        "windows: [\"Mo 01:00-02:00\"] | a window; write days if not all",
        "windows: []                | selects nothing",
        "first: [\"web-[9-1]\"]     | selects nothing: 9 is greater than 1",
        "first: [Web_1]             | is not a machine's name or pattern",
      })
  void whatCannotBeMeantIsRefusedAtItsPlace(String line, String message) {
    assertThat(with(line + "\n").problems())
        .anyMatch(each -> each.startsWith("policies/rollout.yaml:3:") && each.contains(message));
  }

  @Test
  void canaryThatIsNobodyIsWarnedOf() {
    with("first: [web-77]\n");
    assertThat(fleet.warnings())
        .anyMatch(each -> each.contains("\"web-77\" is no machine of machines.csv"));
  }
}
