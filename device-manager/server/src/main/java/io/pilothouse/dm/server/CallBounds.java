package io.pilothouse.dm.server;

import io.grpc.Metadata;
import io.grpc.ServerStreamTracer;
import io.grpc.Status;
import io.grpc.health.v1.HealthGrpc;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * What every call from outside has: an end, after which gRPC takes the stream down with whatever
 * its caller has not read; and a size of its request, small where callers are many. Whoever watches
 * the health does so for long; {@link AnybodysCalls} says how many may.
 */
final class CallBounds extends ServerStreamTracer.Factory {

  private static final Metadata.Key<String> TIMEOUT =
      Metadata.Key.of("grpc-timeout", Metadata.ASCII_STRING_MARSHALLER);

  private static final String WATCH = HealthGrpc.getWatchMethod().getFullMethodName();

  /** Of machines, satellites and watchdogs; what is beyond would not fit into the log either. */
  private static final long LARGEST_REPORT = 4 << 20;

  private final Duration longest;

  /**
   * Bounds all calls.
   *
   * @param longest for calls whose caller gives them no deadline, or a later one
   */
  CallBounds(Duration longest) {
    this.longest = longest;
  }

  @Override
  public ServerStreamTracer newServerStreamTracer(String method, Metadata headers) {
    @Nullable String given = headers.get(TIMEOUT);
    if (!method.equals(WATCH) && (given == null || isLonger(given))) {
      headers.discardAll(TIMEOUT);
      headers.put(TIMEOUT, longest.toMillis() + "m");
    }
    boolean large =
        method.startsWith(Access.OPERATOR + "/") || method.startsWith(Access.REPLICAS + "/");
    return large ? new ServerStreamTracer() {} : new Sized();
  }

  /** Digits and a unit: H, M, S, m, u, n. Others are gRPC's to refuse. */
  private boolean isLonger(String timeout) {
    if (!timeout.matches("[0-9]{1,8}[HMSmun]")) {
      return false;
    }
    long value = Long.parseLong(timeout.substring(0, timeout.length() - 1));
    Duration given =
        switch (timeout.charAt(timeout.length() - 1)) {
          case 'H' -> Duration.ofHours(value);
          case 'M' -> Duration.ofMinutes(value);
          case 'S' -> Duration.ofSeconds(value);
          case 'm' -> Duration.ofMillis(value);
          default -> Duration.ZERO;
        };
    return given.compareTo(longest) > 0;
  }

  /** Counts what comes in, and ends the call that sends too much. */
  private static final class Sized extends ServerStreamTracer {
    private long wire;
    private long unpacked;

    @Override
    public void inboundWireSize(long more) {
      wire += more;
      require(wire);
    }

    /** What is sent packed must not become large here. */
    @Override
    public void inboundUncompressedSize(long more) {
      unpacked += more;
      require(unpacked);
    }

    private static void require(long bytes) {
      if (bytes > LARGEST_REPORT) {
        throw Status.RESOURCE_EXHAUSTED
            .withDescription("the request is above %d MiB".formatted(LARGEST_REPORT >> 20))
            .asRuntimeException();
      }
    }
  }
}
