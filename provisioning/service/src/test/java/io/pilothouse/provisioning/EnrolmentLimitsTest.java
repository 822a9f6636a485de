package io.pilothouse.provisioning;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** Who asks too often keeps nobody else from asking. */
final class EnrolmentLimitsTest {
  private final AtomicLong now = new AtomicLong();
  private final EnrolmentLimits limits = new EnrolmentLimits(now::get);

  /** One ask. */
  private interface Ask {
    void run() throws Enrolment.Refused;
  }

  private static int allowed(Ask ask) {
    for (int i = 0; ; i++) {
      try {
        ask.run();
      } catch (Enrolment.Refused e) {
        assertThat(e.status()).isEqualTo(429);
        return i;
      }
    }
  }

  @Test
  void aStrangerUsesUpItsOwnAllowanceAlone() throws Exception {
    assertThat(allowed(() -> limits.source("10.0.0.66"))).isEqualTo(20);
    limits.source("10.0.0.7");
    limits.newcomer();
    now.addAndGet(Duration.ofSeconds(1).toNanos());
    assertThat(allowed(() -> limits.source("10.0.0.66"))).isEqualTo(5);
  }

  @Test
  void newcomersDoNotUseUpWhatRenewalsNeed() throws Exception {
    assertThat(allowed(limits::newcomer)).isEqualTo(60);
    limits.renewal();
  }

  @Test
  void oneMachineDoesNotUseUpWhatOthersNeed() throws Exception {
    assertThat(allowed(() -> limits.certificate("web-03"))).isEqualTo(5);
    limits.certificate("web-04");
    assertThatThrownBy(() -> limits.certificate("web-03")).hasMessageContaining("web-03 got 5");
    now.addAndGet(Duration.ofMinutes(1).toNanos());
    limits.certificate("web-03");
  }

  @Test
  void manySourcesTakeNoMemoryWithoutEnd() throws Exception {
    assertThat(allowed(() -> limits.source("first"))).isEqualTo(20);
    for (int i = 0; i < 10_000; i++) {
      limits.source("source-" + i);
    }
    assertThat(allowed(() -> limits.source("first"))).as("forgotten").isEqualTo(20);
  }
}
