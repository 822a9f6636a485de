package io.pilothouse.scheduler;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

class QuietThreadTest {
  private final Logger logger = (Logger) LoggerFactory.getLogger(QuietThreadTest.class);

  @Test
  void nothingIsLoggedButErrors() throws Exception {
    ListAppender<ILoggingEvent> lines = new ListAppender<>();
    lines.start();
    logger.addAppender(lines);
    try {
      QuietThread.run(
          () -> {
            logger.warn("of a fleet that is made up");
            logger.error("of this machine");
          });
      logger.warn("afterwards");
    } finally {
      logger.detachAppender(lines);
    }
    assertThat(lines.list)
        .extracting(ILoggingEvent::getMessage)
        .containsExactly("of this machine", "afterwards");
  }

  @Test
  void anErrorEndsItsThreadAloneAndIsTold() throws Exception {
    BlockingQueue<Throwable> told = new LinkedBlockingQueue<>();
    LinkageError fault = new LinkageError("no such method");

    QuietThread.named("drill", told::add)
        .newThread(
            () -> {
              throw fault;
            })
        .start();

    assertThat(told.poll(30, TimeUnit.SECONDS)).isSameAs(fault);
  }
}
