package io.pilothouse.framework;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pilothouse.mesos.v1.FrameworkInfo;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FrameworkOptionsTest {
  private static final FrameworkInfo INFO =
      FrameworkInfo.newBuilder().setUser("").setName("test").setFailoverTimeout(0).build();

  @ParameterizedTest
  @CsvSource({
    "h:5050, http://h:5050/api/v1/scheduler",
    "https://h:5050/, https://h:5050/api/v1/scheduler",
    "http://[::1]:1/api/v1/scheduler, http://[::1]:1/api/v1/scheduler",
  })
  void addressesAreRead(String text, String uri) {
    assertThat(SchedulerAddress.parse(text)).hasToString(uri);
  }

  @ParameterizedTest
  @CsvSource({
    "h, the port is not within",
    "h:0, the port is not within",
    "h:70000, the port is not within",
    "zk://h:2181/mesos, neither http nor https",
    "http://:80, there is no host",
    "h:80/x, nothing may follow",
    "h:80?x, nothing may follow",
    "a b:80, Illegal character",
    "http://u:p@h:80, a name and secret go to credentials",
  })
  void otherAddressesAreRefused(String text, String why) {
    assertThatThrownBy(() -> SchedulerAddress.parse(text))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(why)
        .hasMessageContaining("expected host:port")
        .hasMessageNotContaining("u:p@");
  }

  @Test
  void whatIsMissingIsNamed() {
    assertThatThrownBy(() -> FrameworkOptions.of(List.of(), INFO))
        .hasMessageContaining("no scheduler was given");
    assertThatThrownBy(
            () ->
                FrameworkOptions.of(
                    List.of("h:1"), FrameworkInfo.newBuilder().setName("x").buildPartial()))
        .hasMessageContaining("FrameworkInfo lacks user");
    assertThatThrownBy(
            () ->
                FrameworkOptions.of(
                    List.of("h:1"), INFO.toBuilder().clearFailoverTimeout().build()))
        .hasMessageContaining("failover_timeout is not set");
    assertThatThrownBy(() -> FrameworkOptions.of(List.of("h:1"), INFO).credentials("a:b", "c"))
        .hasMessageContaining("principal 'a:b'");
  }

  @Test
  void aSecretIsNotPrinted() {
    assertThat(FrameworkOptions.of(List.of("h:1"), INFO).credentials("batch", "s3cret").toString())
        .contains("batch")
        .doesNotContain("s3cret");
  }

  @Test
  void pausesGrowToTheLongestAndBeginAnewAfterAStreamThatLived() {
    Duration first = Duration.ofMillis(100);
    Duration longest = Duration.ofMillis(350);
    Pauses pauses = new Pauses(new FrameworkOptions.Timing(first, longest, longest));
    for (long full : new long[] {100, 200, 350, 350}) {
      assertThat(pauses.next()).isBetween(Duration.ofMillis(full / 2), Duration.ofMillis(full));
    }
    pauses.lived(Duration.ofMillis(349));
    assertThat(pauses.next()).isGreaterThanOrEqualTo(Duration.ofMillis(175));
    pauses.lived(longest);
    assertThat(pauses.next()).isLessThanOrEqualTo(first);
  }
}
