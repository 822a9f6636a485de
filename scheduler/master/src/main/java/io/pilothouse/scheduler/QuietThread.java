package io.pilothouse.scheduler;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.turbo.TurboFilter;
import ch.qos.logback.core.spi.FilterReply;
import com.google.protobuf.InvalidProtocolBufferException;
import java.util.concurrent.ThreadFactory;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.LoggerFactory;
import org.slf4j.Marker;

/** What a thread says while it does some work is not logged, but for errors. */
final class QuietThread extends TurboFilter {
  /** What is done silently. */
  interface Work {
    void run() throws InvalidProtocolBufferException, InterruptedException;
  }

  private final long thread = Thread.currentThread().threadId();

  private QuietThread() {}

  static void run(Work work) throws InvalidProtocolBufferException, InterruptedException {
    LoggerContext logs = (LoggerContext) LoggerFactory.getILoggerFactory();
    QuietThread quiet = new QuietThread();
    logs.addTurboFilter(quiet);
    try {
      work.run();
    } finally {
      logs.getTurboFilterList().remove(quiet);
    }
  }

  /**
   * Makes daemon threads that say nothing but errors, as long as they live.
   *
   * @param failed told of what ends one, in place of the process' handler, which ends the process
   */
  static ThreadFactory named(String name, Consumer<Throwable> failed) {
    return work ->
        Thread.ofPlatform()
            .name(name)
            .daemon(true)
            .uncaughtExceptionHandler((thread, fault) -> failed.accept(fault))
            .unstarted(
                () -> {
                  try {
                    run(work::run);
                  } catch (InvalidProtocolBufferException | InterruptedException e) {
                    throw new IllegalStateException(e); // its work throws none
                  }
                });
  }

  @Override
  public FilterReply decide(
      @Nullable Marker marker,
      Logger logger,
      Level level,
      @Nullable String format,
      Object @Nullable [] params,
      @Nullable Throwable thrown) {
    return Thread.currentThread().threadId() == thread && !level.isGreaterOrEqual(Level.ERROR)
        ? FilterReply.DENY
        : FilterReply.NEUTRAL;
  }
}
