package io.pilothouse.cli.fleet;

import com.google.protobuf.ByteString;
import io.pilothouse.api.v1.Fleet;
import io.pilothouse.api.v1.FleetRequest;
import io.pilothouse.api.v1.WriteContext;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.Optional;
import java.util.zip.Deflater;
import java.util.zip.DeflaterOutputStream;

/**
 * How a fleet is sent and how long its answer may take. A large one is packed: a request holds 64
 * MiB, some 400,000 machines as they are and millions packed.
 */
final class FleetCall {

  /** Below, it goes as it is, which replicas of every release read. */
  private static final int PACKED_FROM = 32 << 20;

  private static final int BUFFER = 64 << 10;

  /** What a small fleet's answer may take, as any other's. */
  private static final Duration LEAST = Duration.ofSeconds(3);

  /** Machines that are planned or applied in a second on a slow host, by all replicas. */
  private static final int MACHINES_EACH_SECOND = 5_000;

  private final FleetRequest.Builder request;
  private final Duration attempt;

  FleetCall(Fleet fleet) {
    this.request = sent(fleet);
    this.attempt = LEAST.plusSeconds(fleet.getMachinesCount() / MACHINES_EACH_SECOND);
  }

  private static FleetRequest.Builder sent(Fleet fleet) {
    int size = fleet.getSerializedSize();
    if (size < PACKED_FROM) {
      return FleetRequest.newBuilder().setFleet(fleet);
    }
    ByteString.Output packed = ByteString.newOutput(size / 16);
    Deflater deflater = new Deflater();
    try (DeflaterOutputStream out = new DeflaterOutputStream(packed, deflater, BUFFER)) {
      fleet.writeTo(out);
    } catch (IOException e) {
      throw new UncheckedIOException("writing to memory", e);
    } finally {
      deflater.end();
    }
    return FleetRequest.newBuilder().setPacked(packed.toByteString()).setPackedSize(size);
  }

  FleetRequest request(long ifRevision, WriteContext context) {
    return request.setIfRevision(ifRevision).setContext(context).build();
  }

  /** For one server: asked anew too soon, it would do all the work twice. */
  Duration attempt() {
    return attempt;
  }

  /**
   * For the whole call.
   *
   * @param given by whoever typed the command
   * @param usual of other commands
   */
  Duration deadline(Optional<Duration> given, Duration usual) {
    return given.orElse(attempt.compareTo(LEAST) == 0 ? usual : usual.plus(attempt));
  }
}
