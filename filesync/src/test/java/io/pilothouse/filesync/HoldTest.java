package io.pilothouse.filesync;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What a header may ask for. */
class HoldTest {
  @ParameterizedTest
  @CsvSource({"0, 0", "1, 1", "250, 250", "1000, 1000", "1001, 1000", "999999999, 1000"})
  void isAtMostASecond(String header, long millis) {
    assertThat(Hold.of(header)).isEqualTo(Duration.ofMillis(millis));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", " ", "-1", "+5", "1s", "0x10", "1.5", "99999999999999999999", "１"})
  void whatIsNoNumberIsNone(String header) {
    assertThat(Hold.of(header)).isZero();
  }

  @Test
  void withoutAHeaderNothingIsHeld() {
    assertThat(Hold.of(null)).isZero();
    assertThat(Hold.of(Hold.text(Duration.ofMillis(70)))).isEqualTo(Duration.ofMillis(70));
  }
}
