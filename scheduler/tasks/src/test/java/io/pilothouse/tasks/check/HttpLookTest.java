package io.pilothouse.tasks.check;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import io.pilothouse.tasks.fetch.Origin;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What a look at a server costs. */
@Timeout(60)
class HttpLookTest {
  @Test
  void aPageIsNotKept() throws Exception {
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    try (Origin server = new Origin()) {
      server.has("/page", new byte[1 << 20]);
      HttpLook look = new HttpLook(false, "127.0.0.1", server.port(), "/page");
      assertThat(look.look(Duration.ofSeconds(20)).isWell()).isTrue();
      long before = threads.getCurrentThreadAllocatedBytes();

      assertThat(look.look(Duration.ofSeconds(20)).isWell()).isTrue();

      long bytes = threads.getCurrentThreadAllocatedBytes() - before;
      assertThat(bytes).as("bytes that a look takes").isBetween(1L, 1L << 19);
    }
  }
}
