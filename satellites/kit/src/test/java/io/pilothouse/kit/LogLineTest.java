package io.pilothouse.kit;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.joran.JoranConfigurator;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.LoggingEvent;
import ch.qos.logback.classic.util.LogbackMDCAdapter;
import ch.qos.logback.core.ConsoleAppender;
import java.net.URL;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/** What programs write as one message is one line, whatever others put into it. */
class LogLineTest {
  private static String line(String message) throws Exception {
    URL configuration = Objects.requireNonNull(LogLineTest.class.getResource("/logback.xml"));
    LoggerContext context = new LoggerContext();
    context.setMDCAdapter(new LogbackMDCAdapter());
    JoranConfigurator joran = new JoranConfigurator();
    joran.setContext(context);
    joran.doConfigure(configuration);
    Logger logger = context.getLogger("io.pilothouse.kit.Test");
    if (!(context.getLogger("ROOT").getAppender("console")
        instanceof ConsoleAppender<ILoggingEvent> console)) {
      throw new AssertionError("no console");
    }
    LoggingEvent event =
        new LoggingEvent(
            "x", logger, ch.qos.logback.classic.Level.WARN, message, null, new Object[0]);
    return new String(console.getEncoder().encode(event), StandardCharsets.UTF_8);
  }

  @Test
  void aMessageIsOneLine() throws Exception {
    assertThat(line("framework 'a\n2026 WARN Other \u001b[2J\u0085b' is refused: \u00e4"))
        .endsWith(" WARN  Test framework 'a?2026 WARN Other ?[2J?b' is refused: \u00e4\n");
  }

  @Test
  void aMessageIsNoLongerThanALineMayBe() throws Exception {
    assertThat(line("x".repeat(100_000))).hasSizeLessThan(8_200);
  }
}
