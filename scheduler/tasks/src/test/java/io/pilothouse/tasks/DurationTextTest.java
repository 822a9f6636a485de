package io.pilothouse.tasks;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DurationTextTest {
  @ParameterizedTest
  @CsvSource({
    "PT5S, 5secs",
    "PT90S, 90secs",
    "PT15M, 15mins",
    "PT24H, 1days",
    "PT2H, 2hrs",
    "PT0.2S, 200ms",
    "PT0S, 0ns",
    "PT0.000001S, 1us",
    "P14D, 2weeks"
  })
  void theLargestWholeUnitIsTaken(Duration duration, String text) {
    assertThat(DurationText.of(duration)).isEqualTo(text);
  }
}
