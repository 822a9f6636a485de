package io.pilothouse.dm.server;

import io.grpc.BindableService;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.ServerInterceptors;
import io.grpc.ServerServiceDefinition;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;

/**
 * Calls of health and reflection, which are anybody's: who asks and how much else there is to do is
 * no matter. A call may stay open for long, so few are, and of one certificate fewer.
 */
final class AnybodysCalls implements ServerInterceptor {

  private static final int MOST = 1_000;
  private static final int MOST_OF_ONE = 16;
  private static final Duration WAIT = Duration.ofSeconds(1);

  private final Map<String, Integer> open = new HashMap<>();
  private int all;

  /** The service, within these bounds. */
  ServerServiceDefinition guarded(BindableService service) {
    return ServerInterceptors.intercept(UnreadableRequest.passedOn(service.bindService()), this);
  }

  @Override
  public <Q, A> ServerCall.Listener<Q> interceptCall(
      ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
    String caller = CallerIdentity.shown(call);
    if (!enter(caller)) {
      return EdgeInterceptor.refuse(
          call,
          Refusals.later(
              "of calls of health and reflection %d may be open at once, and %d by one certificate"
                  .formatted(MOST, MOST_OF_ONE),
              "end calls before you make more",
              WAIT));
    }
    boolean begun = false;
    try {
      ServerCall.Listener<Q> listener = new Counted<>(call, next.startCall(call, headers), caller);
      begun = true;
      return listener;
    } finally {
      if (!begun) {
        leave(caller);
      }
    }
  }

  private synchronized boolean enter(String caller) {
    int its = open.getOrDefault(caller, 0);
    // on a plain port, where nobody shows a certificate, all are of this host
    if (all >= MOST || (its >= MOST_OF_ONE && !caller.isEmpty())) {
      return false;
    }
    all++;
    open.put(caller, its + 1);
    return true;
  }

  private synchronized void leave(String caller) {
    all--;
    open.computeIfPresent(caller, (key, count) -> count == 1 ? null : count - 1);
  }

  /** Ends once, one way or the other. */
  private final class Counted<Q> extends UnreadableRequest.Telling<Q> {
    private final String caller;

    Counted(ServerCall<Q, ?> call, ServerCall.Listener<Q> listener, String caller) {
      super(call, listener);
      this.caller = caller;
    }

    @Override
    public void onCancel() {
      leave(caller);
      super.onCancel();
    }

    @Override
    public void onComplete() {
      leave(caller);
      super.onComplete();
    }
  }
}
