package io.pilothouse.framework;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pilothouse.mesos.v1.FrameworkInfo;
import java.util.List;
import org.junit.jupiter.api.Test;

class FrameworkOptionsTest {
  private static final FrameworkInfo INFO =
      FrameworkInfo.newBuilder().setUser("").setName("test").setFailoverTimeout(0).build();

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
}
