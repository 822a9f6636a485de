package io.pilothouse.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class ServerAddressTest {

  @Test
  void readsHostAndPort() {
    assertThat(ServerAddress.parse(" 127.0.0.1:18501 "))
        .isEqualTo(new ServerAddress("127.0.0.1", 18501));
    assertThat(ServerAddress.parse("[::1]:80")).isEqualTo(new ServerAddress("::1", 80));
    assertThat(ServerAddress.parse("[::1]:80")).hasToString("[::1]:80");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "host", ":1", "host:", "host:x", "host:0", "host:65536", "a:b:1"})
  void refusesWhatIsNoAddress(String text) {
    assertThatThrownBy(() -> ServerAddress.parse(text))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("'" + text + "'")
        .hasMessageContaining("host:port");
  }

  @Test
  void refusesAnEmptyList() {
    assertThatThrownBy(() -> ServerAddress.parseAll(List.of()))
        .hasMessageContaining("no server was given");
  }
}
