package io.pilothouse.client;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.protobuf.Parser;
import io.pilothouse.api.v1.ListEventsRequest;
import io.pilothouse.tls.Peers;
import io.pilothouse.tls.TlsDirectory;
import io.pilothouse.tls.Troubles;
import java.io.IOException;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import javax.net.ssl.SSLSocketFactory;
import org.jspecify.annotations.Nullable;

/**
 * The command line's client: protobuf over plain HTTP/1.1, one connection a call. It loads neither
 * gRPC nor (unless an error comes) a JSON library: start-up time is what it is for.
 *
 * <p>Writes may be sent more than once; their {@code WriteContext} makes that safe.
 */
public final class LightClient {
  /** How long one server may take to answer, beyond the wait that a request asks for. */
  private static final Duration ATTEMPT = Duration.ofSeconds(3);

  private final String principal;
  private final Optional<TlsDirectory> tls;
  private final Optional<SSLSocketFactory> sockets;
  private final PlainTrouble plainTrouble = new PlainTrouble();
  private final Rotation leaders;

  /**
   * @param servers HTTP addresses of the replicas, {@code host:port}
   * @param principal for example {@code operator/alice}
   */
  public LightClient(List<String> servers, String principal) {
    this(servers, principal, Optional.empty());
  }

  /**
   * As above.
   *
   * @param tls its certificate must be of the principal; plain without
   */
  public LightClient(List<String> servers, String principal, Optional<TlsDirectory> tls) {
    this.principal = principal;
    this.tls = tls;
    this.sockets =
        tls.isPresent()
            ? Optional.of(tls.get().client(Peers.DEVICE_MANAGER).getSocketFactory())
            : Optional.empty();
    this.leaders = new Rotation(ServerAddress.parseAll(servers), 0, false, System::nanoTime);
  }

  /**
   * Calls a method of the Operator service, for example {@code GetStatus}, or of another one, for
   * example {@code pilothouse.v1.WatchdogApi/Report}, on the leader.
   */
  public <R extends Message> R call(
      String method, Message request, Parser<R> parser, Duration deadline) {
    return call(method, request, parser, deadline, ATTEMPT.plus(wait(request)));
  }

  /** As above; each server gets {@code attempt} to answer. */
  public <R extends Message> R call(
      String method, Message request, Parser<R> parser, Duration deadline, Duration attempt) {
    byte[] body = request.toByteArray();
    String requestId = RequestIds.fresh();
    return Attempts.run(
        method,
        deadline,
        leaders,
        (server, left) -> {
          LightHttp http = new LightHttp(server, Attempts.shorter(attempt, left), sockets);
          Map<String, String> headers =
              Map.of("pilot-principal", principal, "pilot-request-id", requestId);
          try {
            LightHttp.Response response =
                http.post(
                    (method.contains("/") ? "/" : "/pilothouse.v1.Operator/") + method,
                    headers,
                    body);
            return read(server, method, response, parser);
          } catch (SocketTimeoutException e) {
            throw TryNextException.silent("no answer in time: " + e.getMessage());
          } catch (IOException e) {
            Optional<String> ofTls =
                tls.isPresent() ? Troubles.explain(e, tls.get()) : plainTrouble.of(server, e);
            throw TryNextException.silent(ofTls.orElse(String.valueOf(e.getMessage())));
          }
        });
  }

  /** A long poll's own wait is not a sign of a hung server. */
  private static Duration wait(Message request) {
    return request instanceof ListEventsRequest events
        ? Duration.ofMillis(events.getWaitMs())
        : Duration.ZERO;
  }

  private static <R extends Message> R read(
      ServerAddress server, String method, LightHttp.Response response, Parser<R> parser)
      throws TryNextException {
    if (response.status() == 200) {
      try {
        return parser.parseFrom(response.body());
      } catch (InvalidProtocolBufferException e) {
        throw new DmException(
            "INTERNAL",
            "%s answered %s with what is no such answer: %s"
                .formatted(server, method, e.getMessage()),
            "check that this program and the Device Manager are of the same release");
      }
    }
    DmException error = ErrorBody.read(server, response);
    if (response.status() == 503 || error.code().equals("UNAVAILABLE")) {
      throw TryNextException.declined(
          String.valueOf(error.getMessage()), leader(response.headers().get("pilot-leader")));
    }
    Optional<Duration> wait =
        response.status() == 429
            ? TryNextException.retryAfter(
                response.headers().get("retry-after-ms"), response.headers().get("retry-after"))
            : Optional.empty();
    if (wait.isPresent()) {
      throw TryNextException.busy(error, wait.get());
    }
    throw error;
  }

  /** The HTTP half of {@code GRPC,HTTP}. */
  private static Optional<ServerAddress> leader(@Nullable String header) {
    int comma = header == null ? -1 : header.indexOf(',');
    return header == null || comma < 0
        ? Optional.empty()
        : readAddress(header.substring(comma + 1));
  }

  /** What a server said; a text that is no address is as good as none. */
  static Optional<ServerAddress> readAddress(String text) {
    try {
      return Optional.of(ServerAddress.parse(text));
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
  }
}
