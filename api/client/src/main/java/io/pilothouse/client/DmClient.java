package io.pilothouse.client;

import io.grpc.Channel;
import io.grpc.ClientInterceptors;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.pilothouse.tls.TlsDirectory;
import io.pilothouse.tls.Troubles;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.MDC;

/**
 * The gRPC client of agents and satellites. Safe for use by many threads; opens connections only to
 * the servers that it asks, all on one event loop thread.
 *
 * <p>A call is handed a {@link Channel} to build its blocking stub on, and may be run several times
 * on different servers, so it must be safe to repeat. Example:
 *
 * <pre>{@code
 * PullReply reply = client.any(ofSeconds(30), waitMs.plusSeconds(2),
 *     channel -> MachineApiGrpc.newBlockingStub(channel).pull(request));
 * }</pre>
 */
public final class DmClient implements AutoCloseable {
  /** How long one server may take to answer before the next is asked. */
  public static final Duration ATTEMPT = Duration.ofSeconds(2);

  private final String principal;
  private final Supplier<Optional<String>> key;
  private final Optional<TlsDirectory> tls;
  private final Channels channels;
  private final PlainTrouble plainTrouble = new PlainTrouble();
  private final Rotation leaders;
  private final Rotation replicas;

  /**
   * @param servers gRPC addresses of the replicas, {@code host:port}
   * @param principal {@code machine/NAME}, {@code satellite/ID} or {@code operator/NAME}
   * @param key the machine's key, asked for at each attempt
   * @param tls its certificate must be of the principal; plain without
   */
  public DmClient(
      List<String> servers,
      String principal,
      Supplier<Optional<String>> key,
      Optional<TlsDirectory> tls) {
    this.principal = principal;
    this.key = key;
    this.tls = tls;
    this.channels = new Channels(tls);
    List<ServerAddress> addresses = ServerAddress.parseAll(servers);
    this.leaders = new Rotation(addresses, 0, false, System::nanoTime);
    // reads of many clients spread over the replicas
    int start = ThreadLocalRandom.current().nextInt(addresses.size());
    this.replicas = new Rotation(addresses, start, true, System::nanoTime);
  }

  /** A plain client. */
  public DmClient(List<String> servers, String principal, Supplier<Optional<String>> key) {
    this(servers, principal, key, Optional.empty());
  }

  /** A client without a key, for satellites; its certificate says who it is. */
  public DmClient(List<String> servers, String principal, Optional<TlsDirectory> tls) {
    this(servers, principal, Optional::empty, tls);
  }

  /** A plain client without a key. */
  public DmClient(List<String> servers, String principal) {
    this(servers, principal, Optional::empty);
  }

  /** Asks the leader, wherever it is by now. */
  public <T> T leader(Duration deadline, Function<Channel, T> call) {
    return leader(deadline, ATTEMPT, call);
  }

  /** Asks the leader; each server gets {@code attempt} to answer. */
  public <T> T leader(Duration deadline, Duration attempt, Function<Channel, T> call) {
    return run("(leader)", leaders, deadline, attempt, call);
  }

  /** Asks any replica, the one that answered last first. */
  public <T> T any(Duration deadline, Function<Channel, T> call) {
    return any(deadline, ATTEMPT, call);
  }

  /** Asks any replica; for a long poll give an {@code attempt} longer than its wait. */
  public <T> T any(Duration deadline, Duration attempt, Function<Channel, T> call) {
    return run("(any replica)", replicas, deadline, attempt, call);
  }

  private <T> T run(
      String asked,
      Rotation rotation,
      Duration deadline,
      Duration attempt,
      Function<Channel, T> call) {
    // one id for all attempts; that of the work at hand, when its logging context has one
    String given = MDC.get(RequestIds.LOG_KEY);
    String requestId = given == null ? RequestIds.fresh() : given;
    return Attempts.run(
        asked,
        deadline,
        rotation,
        (server, left) -> {
          Duration timeout = Attempts.shorter(attempt, left);
          CallHeaders headers = new CallHeaders(principal, requestId, key.get(), timeout);
          try {
            return call.apply(ClientInterceptors.intercept(channels.to(server), headers));
          } catch (StatusRuntimeException e) {
            throw tryNext(asked, server, e, timeout);
          }
        });
  }

  /** Says how to go on after a failed attempt, or throws what the Device Manager refused with. */
  private TryNextException tryNext(
      String asked, ServerAddress server, StatusRuntimeException e, Duration timeout)
      throws DmException {
    Status status = e.getStatus();
    Metadata trailers = e.getTrailers() == null ? new Metadata() : e.getTrailers();
    String text = description(status);
    return switch (status.getCode()) {
      case UNAVAILABLE -> {
        String leader = trailers.get(CallHeaders.LEADER);
        // gRPC's words when a connection ends before it began: another protocol is spoken there
        boolean cut = text.equals("Network closed for unknown reason");
        boolean answered = leader != null || (status.getCause() == null && !cut);
        yield answered
            ? TryNextException.declined(text, leaderAddress(leader))
            : TryNextException.silent(ofTls(server, status.getCause()).orElse(text));
      }
      case DEADLINE_EXCEEDED ->
          TryNextException.silent("no answer in " + timeout.toMillis() + " ms");
      case RESOURCE_EXHAUSTED -> {
        DmException refusal = refused(asked, status, text, trailers);
        yield TryNextException.retryAfter(trailers.get(CallHeaders.RETRY_AFTER_MS), null)
            .map(wait -> TryNextException.busy(refusal, wait))
            .orElseThrow(() -> refusal);
      }
      default -> throw refused(asked, status, text, trailers);
    };
  }

  /** What a connection that did not come about has to do with TLS. */
  private Optional<String> ofTls(ServerAddress server, @Nullable Throwable cause) {
    if (tls.isEmpty()) {
      return plainTrouble.of(server, cause);
    }
    return cause == null ? Optional.empty() : Troubles.explain(cause, tls.get());
  }

  private static DmException refused(String asked, Status status, String text, Metadata trailers) {
    if (Thread.currentThread().isInterrupted()) {
      return Attempts.interrupted(asked);
    }
    String remedy = trailers.get(CallHeaders.REMEDY);
    return new DmException(status.getCode().name(), text, remedy == null ? "" : remedy);
  }

  private static String description(Status status) {
    String text = status.getDescription();
    Throwable cause = status.getCause();
    if (cause != null && cause.getMessage() != null) {
      return cause.getMessage();
    }
    return text == null ? status.getCode().name() : text;
  }

  /** The gRPC half of {@code GRPC,HTTP}; empty when no leader is known. */
  private static Optional<ServerAddress> leaderAddress(@Nullable String trailer) {
    if (trailer == null || trailer.isBlank()) {
      return Optional.empty();
    }
    int comma = trailer.indexOf(',');
    return LightClient.readAddress(comma < 0 ? trailer : trailer.substring(0, comma));
  }

  @Override
  public void close() {
    channels.close();
  }
}
