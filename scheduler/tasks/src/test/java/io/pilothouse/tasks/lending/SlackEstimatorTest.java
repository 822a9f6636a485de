package io.pilothouse.tasks.lending;

import static org.assertj.core.api.Assertions.assertThat;

import io.pilothouse.mesos.v1.Resource;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What tasks have and do not use, with nobody's processors lent that are his in earnest. */
class SlackEstimatorTest {
  private static final Duration WINDOW = Duration.ofSeconds(20);

  private final SlackEstimator estimator =
      new SlackEstimator(new SlackEstimator.Care(WINDOW, 0.95, 0.2));
  private final Looks looks = new Looks(8);

  private double sees(double seconds, String tasks) {
    return cpus(estimator.lendable(looks.after(seconds, tasks)));
  }

  private double sees(int times, double seconds, String tasks) {
    double last = 0;
    for (int i = 0; i < times; i++) {
      last = sees(seconds, tasks);
    }
    return last;
  }

  private static double cpus(List<Resource> lendable) {
    return lendable.stream().mapToDouble(each -> each.getScalar().getValue()).sum();
  }

  /** Of what each has less what it uses, four fifths, in tenths. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "a 2 0.3                       | 1.3",
        "a 2 0                         | 1.6",
        "a 2 2                         | 0",
        "a 0.1 0                       | 0",
        "a 2 0.5, b 2 0.5              | 2.4",
        "a 2 2.5, b 2 0.5              | 0.8", // more than one's own is the others' slack
        "a 2 2.5, b 2 2.5              | 0",
        "a 2 0.5, b 2 ?                | 1.2", // not measured: as if all were used
        "a 2 0.5, r +1 0               | 1.2", // what is lent is not lent again
        "a 2 0.5, r +1 1               | 1.2", // nor does its use concern the others
        "r +1 0                        | 0",
        "''                            | 0",
      })
  void ofWhatIsNotUsedMostIsLent(String tasks, double lent) {
    assertThat(sees(30, 1, tasks)).isEqualTo(lent);
  }

  @Test
  void itIsRevocableAndNobodys() {
    sees(30, 1, "a 2 0");
    assertThat(estimator.lendable(looks.after(1, "a 2 0")))
        .singleElement()
        .satisfies(
            each -> {
              assertThat(each.getName()).isEqualTo("cpus");
              assertThat(each.hasRevocable()).isTrue();
              assertThat(each.getReservationsList()).isEmpty();
            });
  }

  @Test
  void nothingOfATaskIsLentBeforeItWasSeenForTheWholeWindow() {
    assertThat(sees(20, 1, "a 2 0")).isZero();
    assertThat(sees(1, "a 2 0")).isEqualTo(1.6);
    assertThat(sees(20, 1, "a 2 0, b 2 0")).isEqualTo(1.6);
    assertThat(sees(1, "a 2 0, b 2 0")).isEqualTo(3.2);
  }

  @Test
  void oneBusyLookInTwentyIsPassedOverTwoAreNot() {
    sees(30, 1, "a 2 0");
    assertThat(sees(1, "a 2 1")).isEqualTo(1.6);
    assertThat(sees(1, "a 2 1")).isEqualTo(0.8);
    assertThat(sees(1, "a 2 2")).isEqualTo(0.8);
    assertThat(sees(1, "a 2 2")).isZero();
    assertThat(sees(17, 1, "a 2 0")).as("still in the window").isZero();
    assertThat(sees(20, 1, "a 2 0")).as("no longer").isEqualTo(1.6);
  }

  @Test
  void looksMayBeLate() {
    sees(30, 1, "a 2 0");
    assertThat(sees(300, "a 2 1.5")).as("one look, over five minutes").isEqualTo(0.4);
    assertThat(sees(30, 1, "a 2 0")).isEqualTo(1.6);
  }

  @Test
  void whoEndsLendsNothingAndWhoHasOtherProcessorsThanBeforeIsSeenAnew() {
    sees(30, 1, "a 2 0, b 4 0");
    assertThat(sees(1, "a 2 0")).isEqualTo(1.6);
    assertThat(sees(20, 1, "a 3 0")).as("an executor with one task more").isZero();
    assertThat(sees(1, "a 3 0")).isEqualTo(2.4);
    assertThat(sees(1, "a 3 ?")).isZero();
    assertThat(sees(1, "a 3 0")).as("measured again").isZero();
  }
}
