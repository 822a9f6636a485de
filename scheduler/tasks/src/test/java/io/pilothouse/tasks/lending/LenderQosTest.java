package io.pilothouse.tasks.lending;

import static org.assertj.core.api.Assertions.assertThat;

import io.pilothouse.tasks.lending.QosController.Correction;
import java.time.Duration;
import java.util.List;
import java.util.OptionalDouble;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Who is ended when what was lent is used by those it belongs to, or the machine is worn out. */
class LenderQosTest {
  private static final int WINDOW = 5;

  private final LenderQos qos =
      new LenderQos(new LenderQos.Bounds(Duration.ofSeconds(WINDOW), 2, 0.95, 0.8, 2));
  private final Looks looks = new Looks(4);

  private String ends(double seconds, String tasks) {
    List<Correction> all = qos.corrections(looks.after(seconds, tasks));
    return String.join(" ", all.stream().map(Correction::container).toList());
  }

  /** Four processors are set aside; x, y and z were lent one each, in this order. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "a 4 0.9          | ''",
        "a 4 1            | ''",
        "a 4 1.5          | z",
        "a 4 2            | z",
        "a 4 2.5          | z y", // and x stays: one fits
        "a 4 4            | z y", // and x later: two at once
        "a 4 9            | z y",
        "a 2 0.5, b 2 0.4 | ''",
        "a 2 0.5, b 2 1.9 | z y",
        "a 2 0.9          | ''", // two processors are nobody's, and idle
        "a 6 2.5          | ''", // more is there than was said
        "a 4 ?            | ''", // not known to be used
      })
  void theYoungestAreEndedUntilWhatIsUsedFits(String owners, String ended) {
    String idle = owners.replaceAll(" [0-9.?]+(,|$)", " 0$1");
    assertThat(ends(WINDOW, "x +1 0, " + idle)).isEmpty();
    assertThat(ends(WINDOW, "x +1 0, y +1 0, " + idle)).isEmpty();
    assertThat(ends(WINDOW, "x +1 0, y +1 0, z +1 0, " + idle)).isEmpty();

    assertThat(ends(WINDOW, "x +1 0, y +1 0, z +1 0, " + owners)).isEqualTo(ended);
  }

  @Test
  void ofEquallyYoungOnesTheBusiest() {
    String tasks = "x +1 0.2, y +1 1, z +1 0.5, a 4 ";
    assertThat(ends(WINDOW, tasks + "0")).isEmpty();
    assertThat(ends(WINDOW, tasks + "2")).isEqualTo("y");
  }

  @Test
  void whoHasNothingLentIsNeverEnded() {
    for (String each : List.of("a 4 4, b 4 4", "a 4 9", "")) {
      assertThat(ends(WINDOW, each)).isEmpty();
    }
  }

  @Test
  void aShortBurstIsNoReasonNorIsABusyStart() {
    assertThat(ends(WINDOW, "x +3 0, a 4 0")).isEmpty();
    assertThat(ends(1, "x +3 0, a 4 4")).as("0.8 on average").isEmpty();
    assertThat(ends(WINDOW, "x +3 0, a 4 0, b 4 0")).isEmpty();
    assertThat(ends(1, "x +3 0, a 0.1 0, b 4 4")).isEmpty();
    assertThat(ends(1, "x +3 0, a 0.1 0, b 4 4")).as("1.6 on average").isEqualTo("x");
  }

  @Test
  void anExecutorWithATaskMoreOrLessHasUsedWhatItUsed() {
    assertThat(ends(WINDOW, "x +1 0, a 4 0")).isEmpty();
    assertThat(ends(WINDOW, "x +1 0, a 3.9 4")).isEqualTo("x");
  }

  @Test
  void itWaitsForWhatThatHasHelpedBeforeItEndsMore() {
    assertThat(ends(WINDOW, "x +1 0, y +1 0, z +1 0, a 4 0")).isEmpty();
    assertThat(ends(WINDOW, "x +1 0, y +1 0, z +1 0, a 4 4")).isEqualTo("x y");
    assertThat(ends(WINDOW - 1, "x +1 0 ends, y +1 0 ends, z +1 0, a 4 4")).isEmpty();
    assertThat(ends(1, "x +1 0 ends, y +1 0 ends, z +1 0, a 4 4")).isEqualTo("z");
    assertThat(ends(WINDOW, "z +1 0 ends, a 4 4")).as("told already").isEmpty();
  }

  @Test
  void aFrameworkIsToldHowMuchThereIs() {
    ends(WINDOW, "x +2 0, a 4 0");
    assertThat(qos.corrections(looks.after(WINDOW, "x +2 0, a 4 3.5")))
        .extracting(Correction::why)
        .containsExactly(
            "revoked: of 4.0 processors that tasks may have here, 3.5 are used by those that they"
                + " belong to, and 2.0 were lent");
  }

  /** Busy: of processors' time; stalled: somebody waits; queue: for each processor. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "0.99 | 0.9 | 0 | z y",
        "0.95 | 0.8 | 0 | z y",
        "0.94 | 0.9 | 9 | ''", // who waits has used up his own limit
        "0.99 | 0.7 | 9 | ''", // the kernel says better than the queue does
        "0.99 |     | 2 | z y",
        "0.99 |     | 1.9 | ''",
        "0.94 |     | 9 | ''",
        "     | 1   | 9 | ''", // the first look
      })
  void aMachineThatIsWornOutIsHelpedAFewAtATime(
      Double busy, Double stalled, double queue, String ended) {
    ends(WINDOW, "x +1 0, a 4 0");
    ends(WINDOW, "x +1 0, y +1 0, a 4 0");
    ends(WINDOW, "x +1 0, y +1 0, z +1 0, a 4 0");
    looks.strain = new Usage.Strain(optional(busy), optional(stalled), queue);
    assertThat(ends(1, "x +1 0, y +1 0, z +1 0, a 4 0")).isEqualTo(ended);
  }

  private static OptionalDouble optional(Double value) {
    return value == null ? OptionalDouble.empty() : OptionalDouble.of(value);
  }
}
