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

  private final Loop loop;
  private final Duration read;
  private final Semaphore turn = new Semaphore(1, true);
  private final AtomicInteger waiting = new AtomicInteger();

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
    if (waiting.incrementAndGet() > MOST_WAITING) {
      waiting.decrementAndGet();
      exchange.text(503, "%d large answers are asked for already".formatted(MOST_WAITING));
      return;
    }
    Thread.ofPlatform().name("document").daemon(true).start(() -> inTurn(exchange, look));
  }

  private void inTurn(Exchange exchange, BiFunction<Core, Long, Runnable> look) {
    try {
      turn.acquire();
      try {
        CompletableFuture<Runnable> seen = new CompletableFuture<>();
        loop.submit(
            (core, now) -> seen.complete(look.apply(core, now)),
            () -> seen.complete(() -> exchange.text(503, Gate.NOT_LEADING)));
        seen.get(LOOK.toMillis(), TimeUnit.MILLISECONDS).run();
        awaitReader(exchange);
      } finally {
        turn.release();
      }
    } catch (TimeoutException e) {
      exchange.text(503, "the core does not answer");
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      exchange.text(503, "this scheduler stops");
    } catch (ExecutionException | RuntimeException e) {
      log.error("The answer to {} cannot be written", exchange.path(), e);
      exchange.text(500, "the answer cannot be written; the scheduler's log says why");
    } finally {
      waiting.decrementAndGet();
    }
  }

  private void awaitReader(Exchange exchange) {
    try {
      exchange.written().get(read.toMillis(), TimeUnit.MILLISECONDS);
    } catch (TimeoutException e) {
      log.info("The reader of {} is slow; others are answered meanwhile", exchange.path());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (ExecutionException e) {
      throw new IllegalStateException(e); // it never fails
    }
  }
}
