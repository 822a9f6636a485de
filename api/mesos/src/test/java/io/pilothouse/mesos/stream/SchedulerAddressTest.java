package io.pilothouse.mesos.stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SchedulerAddressTest {
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
    "http://u:p@h:80, a name and secret are given apart from it",
  })
  void otherAddressesAreRefused(String text, String why) {
    assertThatThrownBy(() -> SchedulerAddress.parse(text))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(why)
        .hasMessageContaining("expected host:port")
        .hasMessageNotContaining("u:p@");
  }
}
