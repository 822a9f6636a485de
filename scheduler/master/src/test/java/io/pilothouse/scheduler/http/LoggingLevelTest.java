package io.pilothouse.scheduler.http;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.LoggerContext;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** How much is logged, in a log of the test's own. */
class LoggingLevelTest {
  private static final Duration LONG = Duration.ofHours(1);

  private final LoggerContext context = new LoggerContext();
  private final LoggingLevel level = new LoggingLevel(context.getLogger("io.pilothouse"));

  private Level own() {
    return context.getLogger("io.pilothouse").getLevel();
  }

  @Test
  void numbersAreThoseOfGlog() {
    context.getLogger("ROOT").setLevel(Level.WARN);
    assertThat(level.get()).isZero();
    level.set(1, LONG);
    assertThat(own()).isEqualTo(Level.DEBUG);
    assertThat(level.get()).isEqualTo(1);
    level.set(3, LONG);
    assertThat(own()).isEqualTo(Level.TRACE);
    assertThat(level.get()).isEqualTo(2);
    level.set(0, LONG);
    assertThat(own()).isEqualTo(Level.INFO);
    assertThat(context.getLogger("ROOT").getLevel()).as("others say no more").isEqualTo(Level.WARN);
  }

  @Test
  void itIsAsItWasWhenTheTimeOfTheNewestIsOver() {
    level.set(1, LONG);
    level.set(2, LONG);
    level.revert(1);
    assertThat(own()).as("of an older one").isEqualTo(Level.TRACE);
    level.revert(2);
    assertThat(own()).as("inherited, as before").isNull();
    level.set(1, LONG);
    level.revert(2);
    assertThat(own()).isEqualTo(Level.DEBUG);
    level.revert(3);
    assertThat(own()).isNull();
  }
}
