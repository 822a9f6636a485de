package io.pilothouse.scheduler.agents;

import io.grpc.Context;
import io.grpc.Contexts;
import io.grpc.Grpc;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import io.pilothouse.tls.PeerName;
import io.pilothouse.tls.TlsException;
import javax.net.ssl.SSLSession;
import org.jspecify.annotations.Nullable;

/**
 * Which machine calls: its certificate says so, or, on a plain port, which only loopback reaches,
 * the header.
 */
final class Callers implements ServerInterceptor {
  static final Context.Key<String> MACHINE = Context.key("machine");

  private static final Metadata.Key<String> PRINCIPAL =
      Metadata.Key.of("pilot-principal", Metadata.ASCII_STRING_MARSHALLER);
  private static final String KIND = "machine/";

  @Override
  public <A, B> ServerCall.Listener<A> interceptCall(
      ServerCall<A, B> call, Metadata headers, ServerCallHandler<A, B> next) {
    String principal;
    @Nullable SSLSession session = call.getAttributes().get(Grpc.TRANSPORT_ATTR_SSL_SESSION);
    if (session == null) {
      @Nullable String said = headers.get(PRINCIPAL);
      principal = said == null ? "" : said;
    } else {
      try {
        principal = PeerName.of(session).principal();
      } catch (TlsException e) {
        call.close(Status.UNAUTHENTICATED.withDescription(e.line()), new Metadata());
        return new ServerCall.Listener<>() {};
      }
    }
    if (!principal.startsWith(KIND)) {
      call.close(
          Status.PERMISSION_DENIED.withDescription(
              "'%s' is no machine; only agents attach here".formatted(principal)),
          new Metadata());
      return new ServerCall.Listener<>() {};
    }
    return Contexts.interceptCall(
        Context.current().withValue(MACHINE, principal.substring(KIND.length())),
        call,
        headers,
        next);
  }
}
