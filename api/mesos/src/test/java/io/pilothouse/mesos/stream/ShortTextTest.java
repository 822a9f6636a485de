package io.pilothouse.mesos.stream;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

/** A scheduler's words, as they come into logs of frameworks. */
class ShortTextTest {
  private static String read(String body) {
    ShortText text = new ShortText();
    text.onNext(List.of(ByteBuffer.wrap(body.getBytes(StandardCharsets.UTF_8))));
    text.onComplete();
    return text.getBody().toCompletableFuture().join();
  }

  @Test
  void theyAreOneLine() {
    assertThat(read(" no leader\nERROR forged \u001b[2J\n"))
        .isEqualTo("no leader ERROR forged  [2J");
  }

  @Test
  void theyAreShort() {
    assertThat(read("x".repeat(100_000))).hasSize(8192);
  }
}
