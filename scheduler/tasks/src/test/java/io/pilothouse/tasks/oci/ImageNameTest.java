package io.pilothouse.tasks.oci;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ImageNameTest {
  private static final String HEX = "ab".repeat(32);

  @ParameterizedTest
  @CsvSource({
    "busybox, busybox:latest",
    "busybox:1.36, busybox:1.36",
    "docker.io/library/busybox, busybox:latest",
    "library/busybox:1, busybox:1",
    "index.docker.io/user/app:v2, user/app:v2",
    "localhost:5000/app, localhost:5000/app:latest",
    "registry.example:5000/a/b/c:v1, registry.example:5000/a/b/c:v1",
  })
  void aNameIsReadAsDockersToolsReadIt(String text, String usual) throws Exception {
    assertThat(ImageName.of(text)).hasToString(usual);
  }

  @Test
  void aDigestNeedsNoTag() throws Exception {
    ImageName name = ImageName.of("app@sha256:" + HEX.toUpperCase(Locale.ROOT));
    assertThat(name.digest()).contains(HEX);
    assertThat(name.tag()).isEmpty();
    assertThat(ImageName.of("app:v1@sha256:" + HEX)).hasToString("app:v1@sha256:" + HEX);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", " ", "a b", "../x", "/x", "x:", "x@sha256:12", "x@md5:12", "-x", "x:-a"})
  void whatIsNoNameIsRefusedWithTheForm(String text) {
    assertThatThrownBy(() -> ImageName.of(text))
        .isInstanceOf(ImageException.class)
        .hasMessage(
            "'%s' is no image's name: write repository:tag, or repository@sha256: and 64 hex digits",
            text);
  }

  @Test
  void whoAsksForATagGetsNoOther() throws Exception {
    ImageName held = ImageName.of("app:v1");
    assertThat(ImageName.of("docker.io/library/app:v1").asksFor(held)).isTrue();
    assertThat(ImageName.of("app").asksFor(held)).isFalse();
    assertThat(ImageName.of("other:v1").asksFor(held)).isFalse();
  }
}
