package io.pilothouse.scheduler;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.turbo.TurboFilter;
import ch.qos.logback.core.spi.FilterReply;
import com.google.protobuf.InvalidProtocolBufferException;
import org.jspecify.annotations.Nullable;
import org.slf4j.LoggerFactory;
import org.slf4j.Marker;

/** What a thread says while it does some work is not logged. */
final class QuietThread extends TurboFilter {
  /** What is done silently. */
  interface Work {
    void run() throws InvalidProtocolBufferException;
  }

  private final long thread = Thread.currentThread().threadId();

  private QuietThread() {}

  static void run(Work work) throws InvalidProtocolBufferException {
    LoggerContext logs = (LoggerContext) LoggerFactory.getILoggerFactory();
    QuietThread quiet = new QuietThread();
    logs.addTurboFilter(quiet);
    try {
      work.run();
    } finally {
      logs.getTurboFilterList().remove(quiet);
    }
  }

  @Override
  public FilterReply decide(
      @Nullable Marker marker,
      Logger logger,
      Level level,
      @Nullable String format,
      Object @Nullable [] params,
      @Nullable Throwable thrown) {
    return Thread.currentThread().threadId() == thread ? FilterReply.DENY : FilterReply.NEUTRAL;
  }
}
