package io.pilothouse.dm.server;

import io.grpc.Status;
import io.pilothouse.api.log.v1.Command;
import io.pilothouse.api.log.v1.Reply;
import io.pilothouse.api.log.v1.Request;
import io.pilothouse.api.log.v1.Tick;
import io.pilothouse.api.v1.WriteContext;
import io.pilothouse.dm.state.Authorization;
import io.pilothouse.dm.state.FeatureLevel;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** Turns calls into requests in the log, and waits for what becomes of them. */
final class Writes {

  /** The replica gives up before: this only bounds a fault of its own. */
  private static final Duration DECISION_TIMEOUT = Duration.ofSeconds(20);

  /** The same for a fleet that came in parts. */
  private static final Duration LARGE_DECISION_TIMEOUT = Duration.ofMinutes(4);

  /** Below the clients' patience with one server, so that they hear why. */
  private static final Duration READ_TIMEOUT = Duration.ofMillis(1500);

  private final Ledger ledger;
  private final DiskGuard disk;

  Writes(Ledger ledger, DiskGuard disk) {
    this.ledger = ledger;
    this.disk = disk;
  }

  /** Decides an operator's command: done once under its client id and sequence. */
  Reply decide(Command command, WriteContext context) {
    return decide(request(command, context));
  }

  /** As above, of a command that may take minutes to apply. */
  Reply decideLarge(Command command, WriteContext context) {
    requireRoom();
    return outcome(ledger.submit(request(command, context)), LARGE_DECISION_TIMEOUT);
  }

  /** Whether the context's request was decided before; then it is answered by the log. */
  boolean isRepeat(WriteContext context) {
    return !context.getClientId().isEmpty()
        && ledger.read(
            state ->
                state
                    .session(context.getClientId())
                    .filter(each -> each.getSequence() >= context.getSequence())
                    .isPresent());
  }

  /** Decides the command of a machine or satellite; these are safe to repeat by themselves. */
  Reply decide(Command command) {
    return decide(request(command).build());
  }

  /**
   * Puts a command on its way; {@link #outcome} waits for it. Order of calls is order in the log.
   */
  CompletableFuture<Reply> submit(Command command) {
    requireRoom();
    return ledger.submit(request(command).build());
  }

  /** The reply of a submitted request; refusals are thrown as a status. */
  Reply outcome(CompletableFuture<Reply> submitted) {
    return outcome(submitted, DECISION_TIMEOUT);
  }

  private static Reply outcome(CompletableFuture<Reply> submitted, Duration timeout) {
    Reply reply =
        await(
            submitted,
            timeout,
            "the request was not decided in time; it may or may not have been done");
    if (reply.hasRefusal()) {
      throw Refusals.of(reply.getRefusal());
    }
    return reply;
  }

  /** Returns when a read here sees all that was acknowledged before; refuses on a follower. */
  void linearize() {
    await(
        ledger.linearize(),
        READ_TIMEOUT,
        "no majority of the replicas confirmed this leader in time; there may be no quorum");
  }

  /**
   * Refuses on a follower. Enough where an answer from a leader that was just deposed costs no more
   * than one lost report.
   */
  void requireLeader() {
    if (!ledger.isLeader()) {
      linearize();
    }
  }

  /** A new cluster learns with its first entry by which rules it goes. */
  void begin() {
    if (ledger.read(state -> state.meta().getNow() == 0)) {
      var unused =
          outcome(
              ledger.submit(
                  Request.newBuilder()
                      .setPrincipal(Authorization.SELF)
                      .setRequestId(Caller.current().requestId())
                      .setCommand(Command.newBuilder().setTick(Tick.getDefaultInstance()))
                      .build()));
    }
  }

  /** Which rules are in force. */
  int level() {
    return ledger.read(FeatureLevel::of);
  }

  private Reply decide(Request request) {
    requireRoom();
    return outcome(ledger.submit(request));
  }

  private void requireRoom() {
    if (ledger.isLeader()) {
      disk.objection()
          .ifPresent(
              refusal -> {
                throw refusal;
              });
    }
  }

  private static Request request(Command command, WriteContext context) {
    return request(command)
        .setClientId(context.getClientId())
        .setSequence(context.getSequence())
        .setReason(context.getReason())
        .build();
  }

  private static Request.Builder request(Command command) {
    Caller caller = Caller.current();
    return Request.newBuilder()
        .setPrincipal(caller.principal().toString())
        .setRequestId(caller.requestId())
        .setCommand(command);
  }

  private static <T> T await(CompletableFuture<T> future, Duration timeout, String late) {
    try {
      return future.get(timeout.toMillis(), TimeUnit.MILLISECONDS);
    } catch (ExecutionException e) {
      throw Refusals.of(e);
    } catch (TimeoutException e) {
      throw Refusals.of(
          Status.Code.UNAVAILABLE, late, "retry; `pilot status` shows which replicas are up");
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw Refusals.shuttingDown();
    }
  }
}
