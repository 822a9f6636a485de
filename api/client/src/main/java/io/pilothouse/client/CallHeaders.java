package io.pilothouse.client;

import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptor;
import io.grpc.ForwardingClientCall.SimpleForwardingClientCall;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/** Puts on each call of one attempt who asks, under which request id, and until when. */
record CallHeaders(String principal, String requestId, Optional<String> key, Duration timeout)
    implements ClientInterceptor {
  static final Metadata.Key<String> PRINCIPAL = ascii("pilot-principal");
  static final Metadata.Key<String> REQUEST_ID = ascii("pilot-request-id");
  static final Metadata.Key<String> KEY = ascii("pilot-key");
  static final Metadata.Key<String> LEADER = ascii("pilot-leader");
  static final Metadata.Key<String> RETRY_AFTER_MS = ascii("retry-after-ms");
  static final Metadata.Key<String> REMEDY = ascii("pilot-remedy");

  private static Metadata.Key<String> ascii(String name) {
    return Metadata.Key.of(name, Metadata.ASCII_STRING_MARSHALLER);
  }

  @Override
  public <Q, A> ClientCall<Q, A> interceptCall(
      MethodDescriptor<Q, A> method, CallOptions options, Channel next) {
    // withDeadlineAfter only replaces: an earlier deadline that the caller set must stand
    CallOptions timed =
        options.getDeadline() == null
            ? options.withDeadlineAfter(timeout.toNanos(), TimeUnit.NANOSECONDS)
            : options;
    return new SimpleForwardingClientCall<>(next.newCall(method, timed)) {
      @Override
      public void start(Listener<A> listener, Metadata headers) {
        headers.put(PRINCIPAL, principal);
        headers.put(REQUEST_ID, requestId);
        key.ifPresent(secret -> headers.put(KEY, secret));
        super.start(listener, headers);
      }
    };
  }

  @Override
  public String toString() {
    return "CallHeaders[" + principal + ", " + requestId + "]"; // never the key
  }
}
