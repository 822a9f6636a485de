package io.pilothouse.dm.server;

import static io.pilothouse.dm.server.EdgeHarness.KEY;
import static io.pilothouse.dm.server.EdgeHarness.get;
import static io.pilothouse.dm.server.EdgeHarness.refusal;
import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.Context;
import io.grpc.Context.CancellableContext;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.pilothouse.api.log.v1.Command;
import io.pilothouse.api.log.v1.DrainMachine;
import io.pilothouse.api.log.v1.HoldMachine;
import io.pilothouse.api.log.v1.ObserveReplica;
import io.pilothouse.api.log.v1.PromoteWatchdog;
import io.pilothouse.api.log.v1.SetFreeze;
import io.pilothouse.api.v1.DeploymentReplica;
import io.pilothouse.api.v1.PullReply;
import io.pilothouse.api.v1.PullRequest;
import io.pilothouse.api.v1.WatchdogState;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Machines ask what they are to run, and wait for news. */
class MachinePullTest {

  private final EdgeHarness dm = new EdgeHarness();

  @BeforeEach
  void fleet() {
    dm.fleet.apply();
  }

  @AfterEach
  void close() {
    dm.close();
  }

  @Test
  void aPullWaitsForWhatConcernsTheMachine() {
    dm.fleet.serve("web-01", KEY);
    PullReply first =
        dm.machine("web-01").pull(PullRequest.newBuilder().setMachine("web-01").build());
    CompletableFuture<PullReply> next =
        dm.waiting(
            () ->
                dm.machine("web-01")
                    .pull(
                        PullRequest.newBuilder()
                            .setMachine("web-01")
                            .setRevision(first.getRevision())
                            .setEtag(first.getEtag())
                            .setWaitMs(30_000)
                            .build()));

    dm.fleet.decide(Command.newBuilder().setSetFreeze(SetFreeze.newBuilder().setFrozen(true)));
    dm.fleet.decide(
        Command.newBuilder().setHoldMachine(HoldMachine.newBuilder().setMachine("web-01")));
    assertThat(next).isNotDone();
    dm.fleet.decide(
        Command.newBuilder().setDrainMachine(DrainMachine.newBuilder().setMachine("web-01")));
    dm.fleet.decide(
        Command.newBuilder()
            .setObserveReplica(
                ObserveReplica.newBuilder()
                    .setReplica(
                        DeploymentReplica.newBuilder()
                            .setId("deployment-1")
                            .setAddress("127.0.0.1:18541")
                            .setUp(true))));

    PullReply news = get(next);
    assertThat(news.getNotModified()).isFalse();
    assertThat(news.getEtag()).isNotEqualTo(first.getEtag());
    assertThat(news.getRevision()).isGreaterThan(first.getRevision());
    assertThat(news.getWanted().getDeploymentsList()).containsExactly("127.0.0.1:18541");
  }

  @Test
  void aPullWithoutNewsEndsWithItsWait() {
    dm.fleet.serve("web-01", KEY);
    PullRequest ask = PullRequest.newBuilder().setMachine("web-01").build();
    String etag = dm.machine("web-01").pull(ask).getEtag();

    PullReply reply =
        dm.machine("web-01").pull(ask.toBuilder().setEtag(etag).setWaitMs(50).build());

    assertThat(reply.getNotModified()).isTrue();
    assertThat(reply.hasWanted()).isFalse();
    assertThat(dm.edge.waiters().count()).isZero();
  }

  @Test
  void aFollowerAnswersPullsButNeverFromBeforeWhatTheAskerSaw() {
    dm.fleet.serve("web-01", KEY);
    dm.ledger.leaderIs(Optional.of(FakeLedger.OTHER));
    PullRequest ask = PullRequest.newBuilder().setMachine("web-01").build();

    assertThat(dm.machine("web-01").pull(ask).hasWanted()).isTrue();
    StatusRuntimeException behind =
        refusal(() -> dm.machine("web-01").pull(ask.toBuilder().setRevision(10_000).build()));

    assertThat(behind.getStatus().getCode()).isEqualTo(Status.Code.UNAVAILABLE);
    assertThat(behind.getStatus().getDescription()).contains("10000");
  }

  /** In a mass failure scores and modes change with each entry. */
  @Test
  void whatBecomesOfAWatchdogWakesNoMachine() {
    dm.fleet.serve("web-01", KEY);
    PullRequest ask = PullRequest.newBuilder().setMachine("web-01").build();
    PullReply first = dm.machine("web-01").pull(ask);
    CompletableFuture<PullReply> waits =
        dm.waiting(
            () ->
                dm.machine("web-01")
                    .pull(ask.toBuilder().setEtag(first.getEtag()).setWaitMs(30_000).build()));
    int looks = dm.ledger.reads();

    dm.fleet.decide(
        Command.newBuilder()
            .setPromoteWatchdog(
                PromoteWatchdog.newBuilder()
                    .setWatchdog("disk")
                    .setMode(WatchdogState.Mode.QUARANTINED)));

    assertThat(dm.ledger.reads()).isEqualTo(looks);
    assertThat(waits).isNotDone();
    assertThat(dm.ledger.appliedIndex()).isGreaterThan(first.getRevision());
  }

  @Test
  void withoutAPlaceToWaitAMachineIsAnsweredAtOnceAndToldWhenToPullAgain() {
    try (EdgeHarness small = new EdgeHarness(EdgeLimits.of(2, 1 << 30).withParked(1))) {
      small.fleet.apply();
      small.fleet.serve("web-01", KEY);
      PullRequest ask = PullRequest.newBuilder().setMachine("web-01").build();
      String etag = small.machine("web-01").pull(ask).getEtag();
      PullRequest wait = ask.toBuilder().setEtag(etag).setWaitMs(30_000).build();
      CompletableFuture<PullReply> first = small.waiting(() -> small.machine("web-01").pull(wait));

      PullReply second = small.machine("web-01").pull(wait);

      assertThat(second.getNotModified()).isTrue();
      assertThat(second.getPullAfterMs()).isBetween(1L, 30_000L);
      assertThat(first).isNotDone();
    }
  }

  @Test
  void callsThatWaitEndWithTheirCallerAndWithTheReplica() {
    dm.fleet.serve("web-01", KEY);
    PullRequest ask = PullRequest.newBuilder().setMachine("web-01").build();
    String etag = dm.machine("web-01").pull(ask).getEtag();
    PullRequest wait = ask.toBuilder().setEtag(etag).setWaitMs(30_000).build();
    CancellableContext caller = Context.current().withCancellation();
    CompletableFuture<PullReply> gone =
        dm.waiting(() -> call(caller, () -> dm.machine("web-01").pull(wait)));
    assertThat(gone).isNotDone();
    caller.cancel(null);
    EdgeHarness.until(() -> dm.edge.waiters().count() == 0);
    CompletableFuture<PullReply> stays = dm.waiting(() -> dm.machine("web-01").pull(wait));

    dm.edge.waiters().close();

    assertThat(status(stays)).isEqualTo(Status.Code.UNAVAILABLE);
  }

  private static PullReply call(CancellableContext context, Supplier<PullReply> work) {
    Context before = context.attach();
    try {
      return work.get();
    } finally {
      context.detach(before);
    }
  }

  private static Status.Code status(CompletableFuture<PullReply> call) {
    Throwable failure =
        call.handle((reply, thrown) -> thrown.getCause()).orTimeout(10, TimeUnit.SECONDS).join();
    return Status.fromThrowable(failure).getCode();
  }
}
