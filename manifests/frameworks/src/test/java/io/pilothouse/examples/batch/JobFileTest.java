package io.pilothouse.examples.batch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class JobFileTest {

  @Test
  void jobsAreReadInTheOrderOfTheirTimes() {
    List<JobFile.Line> jobs =
        JobFile.read(List.of("# a comment", "20 late 3 echo a  b", "", "0 soon 1 true"));

    assertThat(jobs).extracting(each -> each.job().name()).containsExactly("soon", "late");
    assertThat(jobs.get(1).at()).isEqualTo(Duration.ofSeconds(20));
    assertThat(jobs.get(1).job().tasks()).isEqualTo(3);
    assertThat(jobs.get(1).job().command()).isEqualTo("echo a  b");
  }

  @Test
  void whatIsWrongIsSaidWithItsLine() {
    assertThatThrownBy(() -> JobFile.read(List.of("0 a 1 true", "soon b 1 true")))
        .hasMessageContaining("line 2: 'soon b 1 true' is not SECONDS NAME TASKS COMMAND");
    assertThatThrownBy(() -> JobFile.read(List.of("0 a 0 true"))).hasMessageContaining("line 1");
    assertThatThrownBy(() -> JobFile.read(List.of("0 a 1 true", "9 a 1 true")))
        .hasMessage("line 2: there is a job a above: give this one another name");
    assertThatThrownBy(() -> JobFile.read(List.of("0 ../a 1 true")))
        .hasMessageContaining("job '../a'");
  }
}
