package io.pilothouse.dm.state;

import static org.assertj.core.api.Assertions.assertThat;

import io.pilothouse.api.v1.MaintenanceWindow;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Spans of the week: days, midnight, the end of the week. 2026-11-30 is a Monday. */
class WindowsTest {
  private static final List<MaintenanceWindow> NIGHTS =
      List.of(
          window(0b001_1111, 120, 300), // Mon-Fri 02:00-05:00
          window(0b010_0000, 1320, 240)); // Sat 22:00-04:00

  static MaintenanceWindow window(int days, int from, int to) {
    return MaintenanceWindow.newBuilder().setDays(days).setFromMinute(from).setToMinute(to).build();
  }

  @ParameterizedTest
  @CsvSource({
    "2026-11-30T01:59:59.999Z, false, Mon 02:00Z",
    "2026-11-30T02:00:00Z, true, Tue 02:00Z",
    "2026-11-30T04:59:59Z, true, Tue 02:00Z",
    "2026-11-30T05:00:00Z, false, Tue 02:00Z",
    "2026-12-04T05:00:00Z, false, Sat 22:00Z",
    "2026-12-05T23:00:00Z, true, Mon 02:00Z",
    "2026-12-06T03:59:00Z, true, Mon 02:00Z",
    "2026-12-06T04:00:00Z, false, Mon 02:00Z",
    "2026-12-06T23:00:00Z, false, Mon 02:00Z",
  })
  void opensAndTheNext(String at, boolean open, String next) {
    long now = Instant.parse(at).toEpochMilli();
    assertThat(Windows.isOpen(NIGHTS, now)).isEqualTo(open);
    assertThat(Windows.words(Windows.next(NIGHTS, now))).isEqualTo(next);
  }

  @ParameterizedTest
  @CsvSource({"2026-12-06T00:00:00Z, true", "2026-12-06T23:59:59Z, true"})
  void windowFromMidnightToMidnightIsAllDay(String at, boolean open) {
    List<MaintenanceWindow> sunday = List.of(window(0b100_0000, 0, 0));
    assertThat(Windows.isOpen(sunday, Instant.parse(at).toEpochMilli())).isEqualTo(open);
    assertThat(Windows.isOpen(sunday, Instant.parse("2026-12-07T00:00:00Z").toEpochMilli()))
        .isFalse();
  }

  @ParameterizedTest
  @CsvSource({"2026-12-02T12:00:00Z"})
  void noWindowIsAlwaysOpen(String at) {
    assertThat(Windows.isOpen(List.of(), Instant.parse(at).toEpochMilli())).isTrue();
  }
}
