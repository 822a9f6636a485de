package io.pilothouse.scheduler.http;

import io.pilothouse.mesos.http.Exchange;
import io.pilothouse.scheduler.core.Core;
import io.pilothouse.scheduler.loop.Loop;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiFunction;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Answers about all agents or tasks, which in a large fleet are of hundreds of megabytes and take
 * seconds to write: one after the other, so that memory is needed for one, or a few whose readers
 * are slow, and on a thread of their own. The core's decides meanwhile, and those of connections
 * serve frameworks.
 */
final class Documents {
  private static final Logger log = LoggerFactory.getLogger(Documents.class);
  private static final int MOST_WAITING = 32;

  /** The core looks within this long, or does not any more: it was dropped. */
  private static final Duration LOOK = Duration.ofSeconds(30);

  /** A reader keeps the others waiting no longer than this. */
  private static final Duration READ = Duration.ofSeconds(10);

  /** Answers that are read more slowly, and keep their memory meanwhile. */
  private static final int MOST_SLOW = 3;

  /** Then nobody reads it. */
  private static final Duration LONGEST = Duration.ofMinutes(2);

  private final Loop loop;
  private final Duration read;
  private final Semaphore turn = new Semaphore(1, true);
  private final Semaphore slow = new Semaphore(MOST_SLOW);
  private final AtomicInteger waiting = new AtomicInteger();

  /** Who is answered. */
  interface Reader {
    /** What he asked for, for people. */
    String asked();

    /** Nothing will come. */
    void refuse(int status, String why);

    /** Completes when the answer has left this process, or its reader is gone. */
    CompletableFuture<Void> written();

    /** His connection ends, whatever he has not read. */
    void cut();
  }

  private record Once(Exchange exchange) implements Reader {
    @Override
    public String asked() {
      return exchange.path();
    }

    @Override
    public void refuse(int status, String why) {
      exchange.text(status, why);
    }

    @Override
    public CompletableFuture<Void> written() {
      return exchange.written();
    }

    @Override
    public void cut() {
      exchange.cut();
    }
  }

  Documents(Loop loop) {
    this(loop, READ);
  }

  /**
   * With another patience.
   *
   * @param read how long the next one waits for the reader of an answer
   */
  Documents(Loop loop, Duration read) {
    this.loop = loop;
    this.read = read;
  }

  /** Answers that are asked for and not written yet. */
  int waiting() {
    return waiting.get();
  }

  Loop loop() {
    return loop;
  }

  /**
   * Answers when its turn has come.
   *
   * @param look sees on the core's thread what there is; what it returns writes the answer
   */
  void answer(Exchange exchange, BiFunction<Core, Long, Runnable> look) {
    answer(new Once(exchange), look);
  }

  /** The same, of one whose answer goes elsewhere. */
  void answer(Reader reader, BiFunction<Core, Long, Runnable> look) {
    if (waiting.incrementAndGet() > MOST_WAITING) {
      waiting.decrementAndGet();
      reader.refuse(503, "%d large answers are asked for already".formatted(MOST_WAITING));
      return;
    }
    Thread.ofPlatform().name("document").daemon(true).start(() -> inTurn(reader, look));
  }

  private void inTurn(Reader reader, BiFunction<Core, Long, Runnable> look) {
    try {
      turn.acquire();
      try {
        CompletableFuture<Runnable> seen = new CompletableFuture<>();
        loop.submit(
            (core, now) -> seen.complete(look.apply(core, now)),
            () -> seen.complete(() -> reader.refuse(503, Gate.NOT_LEADING)));
        seen.get(LOOK.toMillis(), TimeUnit.MILLISECONDS).run();
        awaitReader(reader);
      } finally {
        turn.release();
      }
    } catch (TimeoutException e) {
      reader.refuse(503, "the core does not answer");
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      reader.refuse(503, "this scheduler stops");
    } catch (ExecutionException | RuntimeException e) {
      log.error("The answer to {} cannot be written", reader.asked(), e);
      reader.refuse(500, "the answer cannot be written; the scheduler's log says why");
    } finally {
      waiting.decrementAndGet();
    }
  }

  private void awaitReader(Reader reader) {
    CompletableFuture<Void> written = reader.written();
    try {
      written.get(read.toMillis(), TimeUnit.MILLISECONDS);
    } catch (TimeoutException e) {
      letRead(reader, written);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (ExecutionException e) {
      throw new IllegalStateException(e); // it never fails
    }
  }

  /** Beside others, if they are not too many. */
  private void letRead(Reader reader, CompletableFuture<Void> written) {
    if (!slow.tryAcquire()) {
      log.warn(
          "{} is read slowly, as {} others are already; its connection ends",
          reader.asked(),
          MOST_SLOW);
      reader.cut();
      return;
    }
    log.info("The reader of {} is slow; others are answered meanwhile", reader.asked());
    var unused =
        written
            .orTimeout(LONGEST.toSeconds(), TimeUnit.SECONDS)
            .whenComplete(
                (done, late) -> {
                  slow.release();
                  if (late != null) {
                    log.warn("Nobody reads {}; its connection ends", reader.asked());
                    reader.cut();
                  }
                });
  }
}
