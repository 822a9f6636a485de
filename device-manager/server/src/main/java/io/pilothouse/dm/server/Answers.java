package io.pilothouse.dm.server;

import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.pilothouse.dm.state.RefusedException;

/** Runs a handler and answers the call with its result or its refusal. */
final class Answers {

  /** A handler; it may block: each call has a virtual thread. */
  interface Handler<T> {
    T answer() throws RefusedException;
  }

  private Answers() {}

  static <T> void unary(StreamObserver<T> call, Handler<T> handler) {
    if (call instanceof ServerCallStreamObserver<T> server) {
      // with a handler set, answering a caller that has gone is not an error
      server.setOnCancelHandler(() -> {});
    }
    T answer;
    try {
      answer = handler.answer();
    } catch (RuntimeException | RefusedException e) {
      call.onError(Refusals.of(e));
      return;
    }
    call.onNext(answer);
    call.onCompleted();
  }
}
