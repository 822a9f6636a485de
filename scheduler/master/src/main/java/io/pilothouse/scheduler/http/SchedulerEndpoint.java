package io.pilothouse.scheduler.http;

import io.pilothouse.mesos.MediaType;
import io.pilothouse.mesos.Parts;
import io.pilothouse.mesos.http.Accept;
import io.pilothouse.mesos.http.Bodies;
import io.pilothouse.mesos.http.Exchange;
import io.pilothouse.mesos.v1.scheduler.Call;
import io.pilothouse.scheduler.core.Answer;
import io.pilothouse.scheduler.loop.Loop;
import io.pilothouse.scheduler.validation.CallCheck;
import java.net.InetSocketAddress;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * {@code POST /api/v1/scheduler}: the checks, in Mesos' order; then each call waits for its turn.
 */
final class SchedulerEndpoint {
  private static final String STREAM_ID = "Mesos-Stream-Id";

  /** Bytes of a body that say as little as they can: {@link Turns} counts all of them twice. */
  private static final int PART = 32;

  private final Loop loop;
  private final Streams streams;
  private final Gate gate;
  private final Turns turns;

  SchedulerEndpoint(Loop loop, Streams streams, Gate gate, Turns turns) {
    this.loop = loop;
    this.streams = streams;
    this.gate = gate;
    this.turns = turns;
  }

  void handle(Exchange exchange) {
    Gate.@Nullable Caller caller = gate.pass(exchange);
    if (caller == null || !Bodies.isPost(exchange)) {
      return;
    }
    Optional<String> principal = caller.principal();
    Parts parts = Bodies.parts();
    @Nullable Call call = Bodies.read(exchange, Call.getDefaultInstance(), parts);
    if (call == null) {
      return;
    }
    Optional<String> objection = CallCheck.objection(call, principal);
    if (objection.isPresent()) {
      exchange.text(400, "Failed to validate scheduler::Call: " + objection.get());
      return;
    }
    boolean answersWithEvents =
        call.getType() == Call.Type.SUBSCRIBE || call.getType() == Call.Type.RECONCILE_OPERATIONS;
    Optional<MediaType> type = Accept.choose(exchange.headers("Accept"));
    if (answersWithEvents && type.isEmpty()) {
      exchange.text(406, Bodies.NOT_ACCEPTABLE);
    } else if (call.getType() != Call.Type.SUBSCRIBE) {
      inTurn(exchange, call, parts, principal, seen -> call(exchange, call, principal, seen));
    } else if (exchange.header(STREAM_ID).isPresent()) {
      exchange.text(400, "Subscribe calls should not include the 'Mesos-Stream-Id' header");
    } else {
      inTurn(
          exchange,
          call,
          parts,
          principal,
          seen -> subscribe(exchange, call, type.orElse(MediaType.JSON), principal, seen));
    }
  }

  /** Hands it to the core when its turn has come, or answers that it will not. */
  private void inTurn(
      Exchange exchange,
      Call call,
      Parts parts,
      Optional<String> principal,
      Consumer<Runnable> what) {
    Turns.Caller caller =
        turns.caller(
            principal,
            exchange.header(STREAM_ID).filter(streams::isOpen),
            exchange.caller().map(InetSocketAddress::getHostString).orElse("unknown"));
    // a framework that lost its stream is not to wait behind what it said over that
    boolean acknowledges =
        call.getType() == Call.Type.SUBSCRIBE
            || call.getType() == Call.Type.ACKNOWLEDGE
            || call.getType() == Call.Type.ACKNOWLEDGE_OPERATION_STATUS;
    int bytes = Math.max(exchange.body().length, parts.seen() * PART);
    turns
        .take(caller, acknowledges, bytes, what)
        .ifPresent(
            refusal ->
                exchange.text(
                    429,
                    refusal.text(),
                    Map.of("Retry-After", Long.toString(refusal.retryAfter()))));
  }

  private void call(Exchange exchange, Call call, Optional<String> principal, Runnable seen) {
    loop.submit(
        (core, now) -> {
          try {
            answer(exchange, core.call(call, exchange.header(STREAM_ID), principal, now));
          } finally {
            seen.run();
          }
        },
        () -> {
          exchange.text(503, Gate.NOT_LEADING);
          seen.run();
        });
  }

  private void subscribe(
      Exchange exchange, Call call, MediaType type, Optional<String> principal, Runnable seen) {
    String id = UUID.randomUUID().toString();
    streams.open(exchange, id, type, Map.of(STREAM_ID, id));
    loop.submit(
        (core, now) -> {
          try {
            // a connection that is gone already would never be told to have ended
            if (streams.isOpen(id)) {
              core.subscribe(id, call, principal, now);
            }
          } finally {
            seen.run();
          }
        },
        () -> {
          streams.end(id);
          seen.run();
        });
  }

  private static void answer(Exchange exchange, Answer answer) {
    switch (answer) {
      case Answer.Accepted accepted -> exchange.text(202, "");
      case Answer.Done done -> exchange.text(200, "");
      case Answer.Refused refused -> exchange.text(refused.status(), refused.text());
    }
  }
}
