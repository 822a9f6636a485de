package io.pilothouse.dm.server;

import static io.pilothouse.dm.server.EdgeHarness.refusal;
import static io.pilothouse.dm.server.EdgeHarness.remedy;
import static io.pilothouse.dm.server.EdgeHarness.until;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.grpc.Context;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Who may wait for a turn, and until when. */
class LargeFleetsTest {

  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final CompletableFuture<String> end = new CompletableFuture<>();

  @AfterEach
  void close() {
    end.complete("");
    threads.shutdownNow();
  }

  /** One whose turn it is, until the end. */
  private CompletableFuture<String> looksAtOne(LargeFleets large) {
    CompletableFuture<String> begun = new CompletableFuture<>();
    CompletableFuture<String> first =
        CompletableFuture.supplyAsync(
            () ->
                large.oneByOne(
                    () -> {
                      begun.complete("");
                      return EdgeHarness.get(end) + "first";
                    }),
            threads);
    assertThat(EdgeHarness.get(begun)).isEmpty();
    return first;
  }

  private CompletableFuture<String> waits(LargeFleets large, String name) {
    int before = large.waiting();
    CompletableFuture<String> call =
        CompletableFuture.supplyAsync(() -> large.oneByOne(() -> name), threads);
    until(() -> large.waiting() > before);
    return call;
  }

  @Test
  void twoWaitAndAThirdIsToldToComeLater() {
    LargeFleets large = new LargeFleets();
    CompletableFuture<String> first = looksAtOne(large);
    CompletableFuture<String> second = waits(large, "second");
    CompletableFuture<String> third = waits(large, "third");

    StatusRuntimeException fourth = refusal(() -> large.oneByOne(() -> "fourth"));

    assertThat(fourth.getStatus().getCode()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
    assertThat(fourth.getStatus().getDescription()).startsWith("2 large fleets wait");
    assertThat(remedy(fourth)).contains("send it again");
    assertThat(fourth.getTrailers().get(Refusals.RETRY_AFTER)).isEqualTo("10");
    assertThat(second).isNotDone();
    assertThat(third).isNotDone();
    end.complete("");
    assertThat(EdgeHarness.get(first)).isEqualTo("first");
    assertThat(EdgeHarness.get(second)).isEqualTo("second");
    assertThat(EdgeHarness.get(third)).isEqualTo("third");
    assertThat(large.waiting()).isZero();
  }

  @Test
  void whoWaitedForAsLongAsOneMayIsToldToComeLater() {
    LargeFleets large = new LargeFleets(Duration.ZERO);
    CompletableFuture<String> first = looksAtOne(large);

    StatusRuntimeException late = refusal(() -> large.oneByOne(() -> "late"));

    assertThat(late.getStatus().getCode()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
    assertThat(late.getStatus().getDescription()).contains("was not done with in the time");
    assertThat(remedy(late)).contains("send it again");
    assertThat(large.waiting()).isZero();
    end.complete("");
    assertThat(EdgeHarness.get(first)).isEqualTo("first");
    assertThat(large.<String>oneByOne(() -> "again")).isEqualTo("again");
  }

  @Test
  void whoGivesUpWhileWaitingLeavesThePlace() {
    LargeFleets large = new LargeFleets();
    CompletableFuture<String> first = looksAtOne(large);
    Context.CancellableContext caller = Context.current().withCancellation();
    AtomicBoolean done = new AtomicBoolean();
    CompletableFuture<Void> second =
        CompletableFuture.runAsync(
            () -> caller.run(() -> large.oneByOne(() -> done.getAndSet(true))), threads);
    until(() -> large.waiting() == 1);

    caller.cancel(new IllegalStateException("gave up"));

    CompletionException gone =
        catchThrowableOfType(CompletionException.class, () -> EdgeHarness.get(second));
    assertThat(Refusals.of(gone).getStatus().getCode()).isEqualTo(Status.Code.CANCELLED);
    assertThat(large.waiting()).isZero();
    assertThat(first).isNotDone();
    end.complete("");
    assertThat(EdgeHarness.get(first)).isEqualTo("first");
    assertThat(done).isFalse();
  }

  @Test
  void forWhoHasGoneNothingIsDoneAndTheTurnIsFree() {
    LargeFleets large = new LargeFleets();
    Context.CancellableContext caller = Context.current().withCancellation();
    caller.cancel(new IllegalStateException("gave up"));
    AtomicBoolean done = new AtomicBoolean();

    StatusRuntimeException gone =
        refusal(() -> caller.run(() -> large.oneByOne(() -> done.getAndSet(true))));

    assertThat(gone.getStatus().getCode()).isEqualTo(Status.Code.CANCELLED);
    assertThat(done).isFalse();
    assertThat(large.<String>oneByOne(() -> "next")).isEqualTo("next");
  }
}
