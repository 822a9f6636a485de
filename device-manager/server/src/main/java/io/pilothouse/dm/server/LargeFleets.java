package io.pilothouse.dm.server;

import io.grpc.Status;
import io.pilothouse.api.v1.Fleet;
import io.pilothouse.api.v1.FleetRequest;
import io.pilothouse.dm.state.PackedFleet;
import io.pilothouse.dm.state.RefusedException;
import java.util.concurrent.Semaphore;
import java.util.function.Supplier;

/**
 * Fleets of a request that are packed, or ought to be. They are looked at one after the other: one
 * of a million machines takes half a gigabyte of memory while it is.
 */
final class LargeFleets {

  private final Semaphore turn = new Semaphore(1, true);

  static boolean is(FleetRequest request) {
    return !request.getPacked().isEmpty() || Packing.isLarge(request.getFleet());
  }

  /** Runs it when those that came before are done. */
  <T> T oneByOne(Supplier<T> work) {
    try {
      turn.acquire();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw Refusals.shuttingDown();
    }
    try {
      return work.get();
    } finally {
      turn.release();
    }
  }

  /** Refuses what cannot be a fleet, before any of it comes into the log. */
  static void requireBounds(FleetRequest request) {
    if (!request.getPacked().isEmpty() && request.hasFleet()) {
      throw Refusals.of(
          Status.Code.INVALID_ARGUMENT,
          "the request has a fleet and a packed one",
          "send one of them");
    }
    int size = request.getPackedSize();
    if (size < 0 || size > PackedFleet.MOST) {
      throw Refusals.of(
          Status.Code.INVALID_ARGUMENT,
          "packed_size is %s bytes; expected at most %d, which is some 1.5 million machines"
              .formatted(Integer.toUnsignedString(size), PackedFleet.MOST),
          "a larger fleet needs a Device Manager for each part of it");
    }
  }

  /** What a request asks for, unpacked. */
  static Fleet of(FleetRequest request) {
    if (request.getPacked().isEmpty()) {
      return request.getFleet();
    }
    requireBounds(request);
    try {
      return PackedFleet.unpack(request.getPacked(), request.getPackedSize());
    } catch (RefusedException e) {
      throw Refusals.of(e.refusal());
    }
  }
}
