package io.pilothouse.dm.server;

import io.grpc.Context;
import java.util.Optional;

/**
 * Who makes the call at hand; set by {@link EdgeInterceptor} for the time of the call.
 *
 * @param key a machine's secret, when it sent one
 */
record Caller(Principal principal, String requestId, Optional<String> key) {

  static final Context.Key<Caller> CURRENT = Context.key("caller");

  static Caller current() {
    Caller caller = CURRENT.get();
    if (caller == null) {
      throw new IllegalStateException("a service was called past the edge's interceptor");
    }
    return caller;
  }

  @Override
  public String toString() {
    return "Caller[" + principal + ", " + requestId + "]"; // never the key
  }
}
