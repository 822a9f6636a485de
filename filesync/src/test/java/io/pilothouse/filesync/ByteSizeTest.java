package io.pilothouse.filesync;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class ByteSizeTest {
  @ParameterizedTest
  @CsvSource({
    "1048576, 1048576",
    "200MiB, 209715200",
    "50 MB, 50000000",
    "1GiB, 1073741824",
    "3B, 3",
    "4kB, 4000",
    "4KB, 4000",
    "4KiB, 4096",
    "2GB, 2000000000"
  })
  void reads(String text, long bytes) {
    assertThat(ByteSize.parse(text)).isEqualTo(bytes);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "0", "-1", "1.5MiB", "MiB", "5mib", "5 apples", "999999999999999GiB"})
  void refusesOthers(String text) {
    assertThatThrownBy(() -> ByteSize.parse(text))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("'" + text + "' is not a number of bytes")
        .hasMessageContaining("200MiB");
  }
}
