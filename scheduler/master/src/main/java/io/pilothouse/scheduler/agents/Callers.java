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
import java.util.Optional;
import javax.net.ssl.SSLSession;
import org.jspecify.annotations.Nullable;

/**
 * Who calls: the certificate says so, or, on a plain port, which only loopback reaches, the header.
 * Callers of one kind are let in, all others are refused.
 */
final class Callers implements ServerInterceptor {
  static final Context.Key<String> MACHINE = Context.key("machine");
  static final Context.Key<String> OPERATOR = Context.key("operator");

  private static final Metadata.Key<String> PRINCIPAL =
      Metadata.Key.of("pilot-principal", Metadata.ASCII_STRING_MARSHALLER);

  private final String kind;
  private final Context.Key<String> as;
  private final String only;

  private Callers(String kind, Context.Key<String> as, String only) {
    this.kind = kind;
    this.as = as;
    this.only = only;
  }

  /** Lets machines in; {@link #MACHINE} is the name. */
  static Callers machines() {
    return new Callers("machine/", MACHINE, "is no machine; only agents attach here");
  }

  /** Lets people in; {@link #OPERATOR} is the name. */
  static Callers operators() {
    return new Callers(
        "operator/",
        OPERATOR,
        "is no operator; people ask here, as operator/NAME, and nobody else");
  }

  @Override
  public <A, B> ServerCall.Listener<A> interceptCall(
      ServerCall<A, B> call, Metadata headers, ServerCallHandler<A, B> next) {
    String said = Optional.ofNullable(headers.get(PRINCIPAL)).orElse("");
    String principal = said;
    @Nullable SSLSession session = call.getAttributes().get(Grpc.TRANSPORT_ATTR_SSL_SESSION);
    if (session != null) {
      try {
        principal = PeerName.of(session).principal();
      } catch (TlsException e) {
        return refuse(call, Status.UNAUTHENTICATED, e.line());
      }
      if (!said.isEmpty() && !said.equals(principal)) {
        return refuse(
            call,
            Status.PERMISSION_DENIED,
            "the certificate is of %s, and the call says that it is of '%s'"
                .formatted(principal, said));
      }
    }
    if (!principal.startsWith(kind) || principal.length() == kind.length()) {
      return refuse(call, Status.PERMISSION_DENIED, "'%s' %s".formatted(principal, only));
    }
    return Contexts.interceptCall(
        Context.current().withValue(as, principal.substring(kind.length())), call, headers, next);
  }

  private static <A, B> ServerCall.Listener<A> refuse(
      ServerCall<A, B> call, Status status, String why) {
    call.close(status.withDescription(why), new Metadata());
    return new ServerCall.Listener<>() {};
  }
}
