package io.pilothouse.dm.server;

import io.grpc.Context;
import io.grpc.Contexts;
import io.grpc.ForwardingServerCall.SimpleForwardingServerCall;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.MDC;

/**
 * What every call passes: who asks, under which request id, whether there is room, whether they
 * may, how it went.
 */
final class EdgeInterceptor implements ServerInterceptor {

  private static final Logger log = LoggerFactory.getLogger(EdgeInterceptor.class);
  private static final String LOG_KEY = "rid";

  /** Of other services; what machines and satellites send all the time is only counted. */
  private static final Set<String> RARE_WRITES =
      Set.of(
          "Register",
          "ReleaseLease",
          "ClaimRepair",
          "ReportRepair",
          "ReportDiscovered",
          "ReportProvisioning",
          "ChangeMembers",
          "BeginBackup",
          "SetFeatureLevel");

  static final Metadata.Key<String> REQUEST_ID = key("pilot-request-id");
  private static final int LONGEST_LOGGED = 1000;

  static final Metadata.Key<String> MACHINE_KEY = key("pilot-key");

  private final Access access;
  private final Admission admission;
  private final Sheds sheds;
  private final LongSupplier nanos;
  private final MeterRegistry metrics;

  EdgeInterceptor(
      Access access, Admission admission, Sheds sheds, LongSupplier nanos, MeterRegistry metrics) {
    this.access = access;
    this.admission = admission;
    this.sheds = sheds;
    this.nanos = nanos;
    this.metrics = metrics;
  }

  private static Metadata.Key<String> key(String name) {
    return Metadata.Key.of(name, Metadata.ASCII_STRING_MARSHALLER);
  }

  @Override
  public <Q, A> ServerCall.Listener<Q> interceptCall(
      ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
    String service = String.valueOf(call.getMethodDescriptor().getServiceName());
    String method = String.valueOf(call.getMethodDescriptor().getBareMethodName());
    String requestId = requestId(headers.get(REQUEST_ID));
    Principal principal;
    try {
      principal = CallerIdentity.of(call, headers);
    } catch (StatusRuntimeException e) {
      log.warn("Not let in: {}, from {} rid={}", line(e.getMessage()), address(call), requestId);
      return refuse(call, e);
    }
    // first of all: a caller that is denied a thousand times a second costs as much as another
    switch (admission.enter(principal, Access.callClass(service, method))) {
      case Admission.Shed shed -> {
        sheds.note(principal, shed, nanos.getAsLong());
        count(method, Status.Code.RESOURCE_EXHAUSTED, Duration.ZERO);
        return refuse(call, Refusals.later(shed.message(), shed.remedy(), shed.after()));
      }
      case Admission.Ticket ticket -> {
        Caller caller =
            new Caller(principal, requestId, Optional.ofNullable(headers.get(MACHINE_KEY)));
        boolean begun = false;
        try {
          ServerCall.Listener<Q> listener = begin(call, headers, next, caller, ticket);
          begun = true;
          return listener;
        } finally {
          if (!begun) {
            ticket.gone();
          }
        }
      }
    }
  }

  private <Q, A> ServerCall.Listener<Q> begin(
      ServerCall<Q, A> call,
      Metadata headers,
      ServerCallHandler<Q, A> next,
      Caller caller,
      Admission.Ticket ticket) {
    String service = String.valueOf(call.getMethodDescriptor().getServiceName());
    String method = String.valueOf(call.getMethodDescriptor().getBareMethodName());
    Optional<Access.Objection> objection;
    try {
      objection = access.objection(caller.principal(), service, method);
    } catch (RuntimeException e) {
      ticket.gone();
      return refuse(call, Refusals.of(e)); // the state cannot be read: nobody is let in
    }
    if (objection.isPresent()) {
      String message = objection.get().message();
      log.warn("Denied: {}, from {} rid={}", message, address(call), caller.requestId());
      ticket.gone();
      return refuse(call, objection.get().refusal());
    }
    Context context =
        Context.current().withValue(Caller.CURRENT, caller).withValue(Admission.TICKET, ticket);
    ServerCall<Q, A> observed = new Observed<>(call, caller, ticket);
    return new Attended<>(
        observed,
        Contexts.interceptCall(context, observed, headers, next),
        caller.requestId(),
        ticket);
  }

  private void count(String method, Status.Code code, Duration took) {
    Timer.builder("dm.calls")
        .description("Calls by method and status")
        .tag("method", method)
        .tag("status", code.name())
        .register(metrics)
        .record(took);
  }

  /** Ends a call that has no handler yet. */
  static <Q, A> ServerCall.Listener<Q> refuse(
      ServerCall<Q, A> call, StatusRuntimeException refusal) {
    Refusals.close(call, refusal);
    return new ServerCall.Listener<>() {};
  }

  /** The caller's id when it is fit for a log line, else one of our own. */
  private static String requestId(@Nullable String given) {
    return given != null && given.matches("[A-Za-z0-9._:-]{1,64}")
        ? given
        : "%016x".formatted(ThreadLocalRandom.current().nextLong());
  }

  /** What callers sent is quoted in refusals: it writes no lines of its own into the log. */
  private static String line(@Nullable String text) {
    String said = String.valueOf(text);
    return said.substring(0, Math.min(LONGEST_LOGGED, said.length())).replaceAll("\\p{Cc}", "?");
  }

  private static String address(ServerCall<?, ?> call) {
    return String.valueOf(call.getAttributes().get(io.grpc.Grpc.TRANSPORT_ATTR_REMOTE_ADDR));
  }

  /** Measures the call, and logs what changed something or was refused. */
  private final class Observed<Q, A> extends SimpleForwardingServerCall<Q, A> {
    private final Caller caller;
    private final Admission.Ticket ticket;
    private final String service;
    private final String method;
    private final long start = System.nanoTime();

    Observed(ServerCall<Q, A> call, Caller caller, Admission.Ticket ticket) {
      super(call);
      this.caller = caller;
      this.ticket = ticket;
      this.service = String.valueOf(call.getMethodDescriptor().getServiceName());
      this.method = String.valueOf(call.getMethodDescriptor().getBareMethodName());
    }

    @Override
    public void close(Status status, Metadata trailers) {
      Duration took = Duration.ofNanos(System.nanoTime() - start);
      count(method, status.getCode(), took);
      boolean orders = service.equals(Access.OPERATOR) && Access.isWrite(method);
      if (orders || RARE_WRITES.contains(method)) {
        log.info(
            "{} by {}: {}{} in {} ms",
            method,
            caller.principal(),
            status.getCode(),
            status.getDescription() == null ? "" : " (" + line(status.getDescription()) + ")",
            took.toMillis());
      } else if (!status.isOk()) {
        log.debug("{} by {}: {}", method, caller.principal(), line(status.toString()));
      }
      ticket.worked(); // before the caller can know, or its next call could come first
      super.close(status, trailers);
    }
  }

  /**
   * The handler runs inside of onHalfClose, and blocks: its log lines carry the request id, and
   * when it returns its work is done. The answer may still be on its way to the caller.
   */
  private static final class Attended<Q> extends UnreadableRequest.Telling<Q> {
    private final String requestId;
    private final Admission.Ticket ticket;

    Attended(
        ServerCall<Q, ?> call,
        ServerCall.Listener<Q> listener,
        String requestId,
        Admission.Ticket ticket) {
      super(call, listener);
      this.requestId = requestId;
      this.ticket = ticket;
    }

    @Override
    public void onHalfClose() {
      MDC.put(LOG_KEY, requestId);
      try {
        super.onHalfClose();
      } finally {
        MDC.remove(LOG_KEY);
        ticket.worked();
      }
    }

    @Override
    public void onCancel() {
      try {
        super.onCancel();
      } finally {
        ticket.gone();
      }
    }

    @Override
    public void onComplete() {
      try {
        super.onComplete();
      } finally {
        ticket.gone();
      }
    }
  }
}
