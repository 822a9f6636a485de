package io.pilothouse.dm.server;

import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.pilothouse.api.log.v1.Refusal;
import io.pilothouse.dm.raft.NotLeaderException;
import io.pilothouse.dm.raft.OutcomeUnknownException;
import io.pilothouse.dm.raft.OverloadedException;
import io.pilothouse.dm.raft.Peer;
import io.pilothouse.dm.state.RefusedException;
import java.time.Duration;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** How a call is told no: a status, a message, and in the trailers what to do or whom to ask. */
final class Refusals {

  private static final Logger log = LoggerFactory.getLogger(Refusals.class);

  /** {@code GRPC,HTTP} addresses of the leader. */
  static final Metadata.Key<String> LEADER = key("pilot-leader");

  /** Whole seconds to wait, as HTTP's header of this name. */
  static final Metadata.Key<String> RETRY_AFTER = key("retry-after");

  /** The same in milliseconds: for our own clients. */
  static final Metadata.Key<String> RETRY_AFTER_MS = key("retry-after-ms");

  /** The same for clients of gRPC that retry by its own rules (gRFC A6). */
  private static final Metadata.Key<String> PUSHBACK_MS = key("grpc-retry-pushback-ms");

  private static final Duration LOG_WAIT = Duration.ofSeconds(1);

  static final Metadata.Key<String> REMEDY = key("pilot-remedy");

  private Refusals() {}

  private static Metadata.Key<String> key(String name) {
    return Metadata.Key.of(name, Metadata.ASCII_STRING_MARSHALLER);
  }

  /**
   * A status with its remedy.
   *
   * @param message the offending value and what was expected
   * @param remedy what to do; may be empty
   */
  static StatusRuntimeException of(Status.Code code, String message, String remedy) {
    Metadata trailers = new Metadata();
    if (!remedy.isEmpty()) {
      trailers.put(REMEDY, headerText(remedy));
    }
    return code.toStatus().withDescription(message).asRuntimeException(trailers);
  }

  /** More than is taken; comes with how long to wait. */
  static StatusRuntimeException later(String message, String remedy, long seconds) {
    return later(message, remedy, Duration.ofSeconds(seconds));
  }

  /** The same, finer. */
  static StatusRuntimeException later(String message, String remedy, Duration wait) {
    StatusRuntimeException refusal = of(Status.Code.RESOURCE_EXHAUSTED, message, remedy);
    @Nullable Metadata trailers = refusal.getTrailers();
    if (trailers != null) {
      trailers.put(RETRY_AFTER, Long.toString(wait.plusMillis(999).toSeconds()));
      trailers.put(RETRY_AFTER_MS, Long.toString(wait.toMillis()));
      trailers.put(PUSHBACK_MS, Long.toString(wait.toMillis()));
    }
    return refusal;
  }

  /** Ends a call with a refusal and what comes with it. */
  static void close(ServerCall<?, ?> call, StatusRuntimeException refusal) {
    @Nullable Metadata trailers = refusal.getTrailers();
    call.close(refusal.getStatus(), trailers == null ? new Metadata() : trailers);
  }

  /** The process ends. */
  static StatusRuntimeException shuttingDown() {
    return of(Status.Code.UNAVAILABLE, "this replica is shutting down", "ask another replica");
  }

  /** The state's own refusal. */
  static StatusRuntimeException of(Refusal refusal) {
    Status.Code code =
        switch (refusal.getCode()) {
          case NOT_FOUND -> Status.Code.NOT_FOUND;
          case INVALID -> Status.Code.INVALID_ARGUMENT;
          case PRECONDITION -> Status.Code.FAILED_PRECONDITION;
          case NOT_ALLOWED -> Status.Code.PERMISSION_DENIED;
          case STALE_TOKEN -> Status.Code.ABORTED;
          case CODE_UNSPECIFIED, UNRECOGNIZED -> Status.Code.UNKNOWN;
        };
    return of(code, refusal.getMessage(), refusal.getRemedy());
  }

  /** Whatever a handler failed with, as what the caller is told. */
  static StatusRuntimeException of(Throwable failure) {
    return switch (failure) {
      case CompletionException e when e.getCause() != null -> of(e.getCause());
      case ExecutionException e when e.getCause() != null -> of(e.getCause());
      case StatusRuntimeException e -> e;
      case RefusedException e -> of(e.refusal());
      case NotLeaderException e -> notLeader(e);
      case OverloadedException e -> later(text(e), "retry later, with a growing pause", LOG_WAIT);
      case OutcomeUnknownException e ->
          of(
              Status.Code.UNAVAILABLE,
              text(e),
              "repeat it with the same client id and sequence: it is then done once");
      default -> {
        log.error("A call failed unexpectedly", failure);
        yield of(
            Status.Code.INTERNAL,
            "unexpected failure in the Device Manager: " + failure,
            "its log has the whole of it under the request id of this call");
      }
    };
  }

  private static StatusRuntimeException notLeader(NotLeaderException e) {
    Metadata trailers = new Metadata();
    e.leader().ifPresent(leader -> trailers.put(LEADER, addresses(leader)));
    trailers.put(
        REMEDY,
        e.leader().isPresent()
            ? "ask the leader"
            : "retry; when it stays so, start replicas until a majority is up");
    return Status.UNAVAILABLE.withDescription(text(e)).asRuntimeException(trailers);
  }

  private static String addresses(Peer leader) {
    return leader.grpc() + "," + leader.http();
  }

  /** Trailers hold printable ASCII only: a line break in one would end the header. */
  private static String headerText(String text) {
    return text.replaceAll("\\s+", " ").replaceAll("[^ -~]", "?");
  }

  private static String text(Exception e) {
    return String.valueOf(e.getMessage());
  }
}
