package io.pilothouse.scheduler.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pilothouse.scheduler.http.RateLimits.Limit;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The file of limits, as Mesos has it. */
class RateLimitsTest {
  @TempDir private Path directory;

  private RateLimits read(String text) throws IOException {
    return RateLimits.read(
        Files.writeString(directory.resolve("limits.json"), text.replace('\'', '"')));
  }

  @Test
  void isReadAsMesosWritesIt() throws Exception {
    RateLimits limits =
        read(
            """
            {"limits": [
               {"principal": "batch", "qps": 55.5, "capacity": 10000},
               {"principal": "web", "qps": 300},
               {"principal": "free"}],
             "aggregate_default_qps": 333,
             "aggregate_default_capacity": 1000000}
            """);

    assertThat(limits.of("batch")).hasValue(new Limit(55.5, 10_000));
    assertThat(limits.of("web")).hasValue(new Limit(300, 0));
    assertThat(limits.of("free")).hasValue(Limit.NONE);
    assertThat(limits.of("farm")).isEmpty();
    assertThat(limits.ofOthers()).hasValue(new Limit(333, 1_000_000));
  }

  @Test
  void withoutADefaultOthersHaveNone() throws Exception {
    assertThat(read("{'limits': []}").ofOthers()).isEmpty();
    assertThat(read("{}").ofOthers()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      textBlock =
          """
          ''                                            | 1: expected {"limits": […]}
          []                                            | 1: expected {"limits": […]}
          {'limits': [                                  | no JSON: Unexpected end-of-input
          {'limits': {}}                                | 1: limits: expected a list
          {'limits': ['batch']}                         | 1: expected {"principal": "batch"
          {'limits': [{'qps': 5}]}                      | 1: a limit without a principal
          {'limits': [{'principal': ''}]}               | 1: a limit without a principal
          {'limits': [{'principal': 'b', 'qsp': 5}]}    | "qsp"; expected principal, qps or capacity
          {'limits': [{'principal': 'b', 'qps': 0}]}    | qps: 0; expected calls a second, above 0
          {'limits': [{'principal': 'b', 'qps': -1}]}   | qps: -1; expected calls a second
          {'limits': [{'principal': 'b', 'qps': '5'}]}  | qps: 5; expected calls a second
          {'limits': [{'principal': 'b', 'qps': {}}]}   | qps: {; expected calls a second
          {'limits': [{'principal': 'b', 'capacity': 0}]}   | capacity: 0; expected calls that may wait
          {'limits': [{'principal': 'b', 'capacity': 1.5}]} | capacity: 1.5; expected calls
          {'limits': [{'principal': 'b'}, {'principal': 'b'}]} | principal "b" is there twice
          {'agregate_default_qps': 5}                   | "agregate_default_qps"; expected limits
          {} {}                                         | something follows the limits
          """)
  void whatIsWrongIsSaidWithItsPlace(String text, String problem) {
    assertThatThrownBy(() -> read(text.equals("''") ? "" : text))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("limits.json:")
        .hasMessageContaining(problem);
  }
}
