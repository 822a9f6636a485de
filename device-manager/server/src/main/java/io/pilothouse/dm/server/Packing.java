package io.pilothouse.dm.server;

import com.google.protobuf.ByteString;
import io.pilothouse.api.log.v1.ApplyFleet;
import io.pilothouse.api.v1.Fleet;
import io.pilothouse.dm.state.StateDigest;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.security.MessageDigest;
import java.util.zip.DeflaterOutputStream;

/** Packs a large fleet for the log; {@link io.pilothouse.dm.state.PackedFleet} says why. */
final class Packing {

  /** Below, it saves nothing that matters. */
  private static final int LEAST = 1 << 20;

  private Packing() {}

  static boolean isLarge(Fleet fleet) {
    return fleet.getSerializedSize() >= LEAST;
  }

  /** What names a packed fleet whose parts are sent one by one. */
  static ByteString sha256(ByteString packed) {
    MessageDigest sha256 = StateDigest.sha256();
    packed.asReadOnlyByteBufferList().forEach(sha256::update);
    return ByteString.copyFrom(sha256.digest());
  }

  /**
   * An apply of a fleet.
   *
   * @param mayPack whether the rules in force know packed ones
   */
  static ApplyFleet.Builder of(Fleet fleet, boolean mayPack) {
    int size = fleet.getSerializedSize();
    if (!mayPack || !isLarge(fleet)) {
      return ApplyFleet.newBuilder().setFleet(fleet);
    }
    ByteString.Output packed = ByteString.newOutput(size / 8);
    try (DeflaterOutputStream deflating = new DeflaterOutputStream(packed)) {
      fleet.writeTo(deflating);
    } catch (IOException e) {
      throw new UncheckedIOException("writing to memory", e);
    }
    return ApplyFleet.newBuilder().setPacked(packed.toByteString()).setPackedSize(size);
  }
}
