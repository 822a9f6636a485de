package io.pilothouse.dm.state;

import static org.assertj.core.api.Assertions.assertThat;

import io.pilothouse.api.v1.Action;
import io.pilothouse.api.v1.ErrorState;
import io.pilothouse.api.v1.Machine;
import io.pilothouse.api.v1.PastAction;
import io.pilothouse.api.v1.RepairPolicy;
import io.pilothouse.api.v1.Severity;
import io.pilothouse.manifests.policy.Decision;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The choice of the action, with the default policy. */
class LadderTest {
  private static final Instant NOW = Instant.parse("2026-03-01T08:00:00Z");
  private static final RepairPolicy POLICY =
      Policies.repair(new State(), Machine.getDefaultInstance());

  @ParameterizedTest(name = "after [{0}] -> {1} by rule {2}")
  @CsvSource({
    "'', DO_NOTHING, 4",
    "DO_NOTHING, REBOOT, 5",
    "DO_NOTHING REBOOT, REBOOT, 6",
    "DO_NOTHING REBOOT REBOOT, RE_IMAGE, 7",
    "DO_NOTHING REBOOT DO_NOTHING REBOOT, REBOOT, 6",
    "REBOOT REBOOT RE_IMAGE, REPLACE, 8",
    "RE_IMAGE REPLACE, ESCALATE, 9",
    "REBOOT REBOOT RE_IMAGE ESCALATE, ESCALATE, 9",
    "REBOOT REBOOT RE_IMAGE REBOOT REBOOT, ESCALATE, 3",
    "DO_NOTHING DO_NOTHING DO_NOTHING DO_NOTHING DO_NOTHING DO_NOTHING, REBOOT, 5",
  })
  void nextActionFollowsTheLast(String past, Action expected, String rule) {
    Decision choice = choose(machine(past, Duration.ofHours(1)), Severity.NORMAL);
    assertThat(choice.action()).isEqualTo(expected);
    assertThat(choice.shown()).startsWith(rule + ":");
  }

  @ParameterizedTest
  @CsvSource({"''", "DO_NOTHING REBOOT", "REBOOT REBOOT RE_IMAGE REBOOT REBOOT"})
  void fatalFaultIsReplacedWhateverWasTried(String past) {
    assertThat(choose(machine(past, Duration.ofHours(1)), Severity.FATAL).action())
        .isEqualTo(Action.REPLACE);
  }

  @Test
  void quietHistoryWindowStartsTheLadderAnew() {
    Machine machine =
        machine("DO_NOTHING REBOOT", Duration.ofDays(3)).toBuilder()
            .setHealthySince(NOW.minus(Duration.ofDays(3)).toEpochMilli())
            .build();
    assertThat(choose(machine, Severity.NORMAL).action()).isEqualTo(Action.DO_NOTHING);
    Machine sooner = machine("DO_NOTHING REBOOT", Duration.ofDays(3).minusMillis(1));
    assertThat(choose(sooner, Severity.NORMAL).action()).isEqualTo(Action.REBOOT);
  }

  @Test
  void shortSpellInHealthyDoesNotStartTheLadderAnew() {
    Duration justTooShort = Duration.ofMillis(3 * POLICY.getQuietMs() - 1);
    Machine machine =
        machine("DO_NOTHING REBOOT REBOOT", Duration.ofHours(100)).toBuilder()
            .setHealthySince(NOW.minus(justTooShort).toEpochMilli())
            .build();
    assertThat(choose(machine, Severity.NORMAL).action()).isEqualTo(Action.RE_IMAGE);
  }

  private static Decision choose(Machine machine, Severity severity) {
    ErrorState error = ErrorState.newBuilder().setSeverity(severity).build();
    return Ladder.choose(error, machine, POLICY, NOW);
  }

  /** Failed now; its last actions all ended that long ago. */
  private static Machine machine(String past, Duration ago) {
    Machine.Builder machine = Machine.newBuilder().setLastFailureAt(NOW.toEpochMilli());
    for (String action : past.isEmpty() ? new String[0] : past.split(" ", -1)) {
      machine.addPastActions(
          PastAction.newBuilder()
              .setAction(Action.valueOf(action))
              .setAt(NOW.minus(ago).toEpochMilli())
              .setEndedAt(NOW.minus(ago).toEpochMilli()));
    }
    return machine.build();
  }
}
