package io.pilothouse.examples.index;

import com.sun.net.httpserver.HttpExchange;
import java.io.IOException;
import java.time.Duration;
import java.util.BitSet;
import java.util.List;
import java.util.Locale;

/** Answers queries of one column, and says whether it should be asked. */
final class ColumnService {
  /** Of so many answers last … */
  private static final int WINDOW = 50;

  /** … so many may have been failures. */
  private static final int MOST_FAILURES = 4;

  private static final String TEXT = "text/plain";

  private final String machine;
  private final int column;
  private final Settings settings;
  private final Index index;
  private final Synonyms synonyms;
  private final BitSet failures = new BitSet(WINDOW);
  private int answers;
  private volatile boolean draining;

  ColumnService(String machine, int column, Settings settings, Index index, Synonyms synonyms) {
    this.machine = machine;
    this.column = column;
    this.settings = settings;
    this.index = index;
    this.synonyms = synonyms;
  }

  /** Fails the health check from now on; returns when nobody asks any more. */
  void drain(Duration time) {
    draining = true;
    try {
      Thread.sleep(time);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt(); // told to hurry
    }
  }

  /** 200, or 503 with the reason. */
  void health(HttpExchange exchange) throws IOException {
    int failed = failures();
    if (draining) {
      Http.answer(exchange, 503, TEXT, "draining\n");
    } else if (failed > MOST_FAILURES) {
      Http.answer(
          exchange, 503, TEXT, "%d of the last %d queries failed%n".formatted(failed, WINDOW));
    } else {
      Http.answer(exchange, 200, TEXT, "ok\n");
    }
  }

  /** Answers with {@link ColumnAnswer}'s lines. */
  void search(HttpExchange exchange) throws IOException {
    int status = 200;
    String body;
    try {
      Http.Query query = Http.Query.of(exchange);
      List<Index.Hit> hits = index.search(synonyms.expand(Index.words(query.text())));
      List<Index.Hit> best = hits.subList(0, Math.min(query.most(), hits.size()));
      body = new ColumnAnswer(column, machine, settings.version(), hits.size(), best).lines();
    } catch (IllegalArgumentException e) {
      status = 400;
      body = e.getMessage() + "\n";
    } catch (RuntimeException | StackOverflowError e) {
      System.out.printf(Locale.ROOT, "query failed: %s: %s%n", exchange.getRequestURI(), e);
      status = 500;
      body = "internal error\n";
    }
    count(status == 500);
    Http.answer(exchange, status, TEXT, body);
  }

  private synchronized void count(boolean failure) {
    failures.set(answers++ % WINDOW, failure);
  }

  private synchronized int failures() {
    return failures.cardinality();
  }
}
