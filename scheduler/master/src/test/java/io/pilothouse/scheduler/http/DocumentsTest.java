package io.pilothouse.scheduler.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.pilothouse.scheduler.Site;
import io.pilothouse.scheduler.loop.Leadership;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Large answers: one after the other, beside the core, and never many in memory. */
class DocumentsTest {
  private static final int PATIENCE = 20;
  private static final Duration FOR_EVER = Duration.ofDays(1);

  private final Site site = new Site();
  private final List<Asker> askers = new ArrayList<>();

  @AfterEach
  void close() {
    askers.forEach(each -> each.written.complete(null));
    site.close();
  }

  /** Somebody who reads when a test says so. */
  private final class Asker implements Documents.Reader {
    final CompletableFuture<Void> seen = new CompletableFuture<>();
    final CompletableFuture<Void> answered = new CompletableFuture<>();
    final CompletableFuture<String> refused = new CompletableFuture<>();
    final CompletableFuture<Void> written = new CompletableFuture<>();
    final CompletableFuture<Void> cut = new CompletableFuture<>();

    Asker() {
      askers.add(this);
    }

    @Override
    public String asked() {
      return "/state";
    }

    @Override
    public void refuse(int status, String why) {
      refused.complete(status + " " + why);
    }

    @Override
    public CompletableFuture<Void> written() {
      return written.copy();
    }

    @Override
    public void cut() {
      cut.complete(null);
      written.complete(null); // its connection is gone
    }

    Asker asks(Documents documents) {
      documents.answer(
          this,
          (core, now) -> {
            seen.complete(null);
            return () -> answered.complete(null);
          });
      return this;
    }
  }

  private static <T> T soon(CompletableFuture<T> what) throws Exception {
    return what.get(PATIENCE, TimeUnit.SECONDS);
  }

  @Test
  void theNextIsSeenWhenTheOneBeforeHasBeenRead() throws Exception {
    Documents documents = new Documents(site.loop, FOR_EVER);
    Asker first = new Asker().asks(documents);
    soon(first.answered);
    CompletableFuture<Boolean> afterIt = new CompletableFuture<>();
    Asker second = new Asker();
    documents.answer(
        second,
        (core, now) -> {
          afterIt.complete(first.written.isDone());
          return () -> second.answered.complete(null);
        });
    site.settle(); // the second would have been seen by now or soon
    first.written.complete(null);
    assertThat(soon(afterIt)).isTrue();
    soon(second.answered);
  }

  @Test
  void theCoreDecidesWhileAnAnswerIsWritten() throws Exception {
    Documents documents = new Documents(site.loop, FOR_EVER);
    CompletableFuture<Void> decided = new CompletableFuture<>();
    Asker asker = new Asker();
    documents.answer(
        asker,
        (core, now) ->
            () -> {
              site.loop.submit((later, then) -> decided.complete(null));
              decided.orTimeout(PATIENCE, TimeUnit.SECONDS).join();
              asker.answered.complete(null);
            });
    soon(asker.answered);
  }

  @Test
  void whoReadsSlowlyKeepsNobodyWaitingButTooManyOfThemAreCut() throws Exception {
    Documents documents = new Documents(site.loop, Duration.ZERO);
    Asker first = new Asker().asks(documents);
    Asker second = new Asker().asks(documents);
    Asker third = new Asker().asks(documents);
    soon(first.answered);
    soon(second.answered);
    soon(third.answered);
    Asker fourth = new Asker().asks(documents);
    soon(fourth.cut);
    assertThat(List.of(first, second, third)).noneMatch(each -> each.cut.isDone());
    second.written.complete(null);
    Asker fifth = new Asker().asks(documents);
    soon(fifth.answered);
    Asker sixth = new Asker().asks(documents);
    soon(sixth.cut);
    assertThat(List.of(first, third, fifth)).noneMatch(each -> each.cut.isDone());
  }

  @Test
  void oneMoreThanMayWaitIsRefusedAtOnce() throws Exception {
    Documents documents = new Documents(site.loop, FOR_EVER);
    for (int i = 0; i < 32; i++) {
      new Asker().asks(documents);
    }
    assertThat(documents.waiting()).isEqualTo(32);
    Asker late = new Asker().asks(documents);
    assertThat(late.refused).isCompletedWithValue("503 32 large answers are asked for already");
    for (Asker each : askers.subList(0, 32)) {
      each.written.complete(null);
    }
    for (Asker each : askers.subList(0, 32)) {
      soon(each.answered);
    }
  }

  @Test
  void whereNobodyLeadsItIsSaidAndAFaultKeepsNobodyElseWaiting() throws Exception {
    Documents documents = new Documents(site.loop, FOR_EVER);
    Asker broken = new Asker();
    documents.answer(
        broken,
        (core, now) ->
            () -> {
              throw new IllegalStateException("it cannot be written");
            });
    assertThat(soon(broken.refused))
        .isEqualTo("500 the answer cannot be written; the scheduler's log says why");
    site.stopLeading(new Leadership.Standby(Optional.empty()));
    Asker early = new Asker();
    early.written.complete(null);
    assertThat(soon(early.asks(documents).refused)).isEqualTo("503 " + Gate.NOT_LEADING);
  }
}
