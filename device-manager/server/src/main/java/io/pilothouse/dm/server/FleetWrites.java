package io.pilothouse.dm.server;

import com.google.protobuf.ByteString;
import io.grpc.Status;
import io.pilothouse.api.log.v1.ApplyFleet;
import io.pilothouse.api.log.v1.Command;
import io.pilothouse.api.log.v1.Reply;
import io.pilothouse.api.log.v1.StageFleet;
import io.pilothouse.api.v1.Fleet;
import io.pilothouse.api.v1.FleetRequest;
import io.pilothouse.dm.state.FeatureLevel;
import io.pilothouse.dm.state.StagedFleet;

/**
 * Brings a fleet into the log: as it is, packed when it is large, and in parts when an entry does
 * not hold it; the parts change nothing until the entry behind them takes them all. Whoever repeats
 * the call, on whatever leader, has what is missing sent again.
 */
final class FleetWrites {
  /** Below so many times a fleet's bytes it cannot be taken for certain; well is twenty. */
  private static final int LEAST_HEAP = 4;

  private final Ledger ledger;
  private final Writes writes;
  private final LargeFleets large;
  private final Clocks clocks;

  FleetWrites(Ledger ledger, Writes writes, LargeFleets large, Clocks clocks) {
    this.ledger = ledger;
    this.writes = writes;
    this.large = large;
    this.clocks = clocks;
  }

  Reply apply(FleetRequest request) {
    if (!LargeFleets.is(request)) {
      return writes.decide(command(whole(request.getFleet()), request), request.getContext());
    }
    return large.oneByOne(() -> applyLarge(request));
  }

  private Reply applyLarge(FleetRequest request) {
    LargeFleets.requireBounds(request);
    requireHeap(Math.max(request.getPackedSize(), request.getFleet().getSerializedSize()));
    writes.requireLeader();
    writes.begin();
    ApplyFleet.Builder apply =
        request.getPacked().isEmpty()
            ? Packing.of(request.getFleet(), writes.level() >= FeatureLevel.PACKED_FLEETS)
            : ApplyFleet.newBuilder()
                .setPacked(request.getPacked())
                .setPackedSize(request.getPackedSize());
    if (apply.getPacked().size() <= StagedFleet.MOST_PART_BYTES) {
      return writes.decide(command(apply, request), request.getContext());
    }
    ByteString packed = apply.getPacked();
    ByteString sha256 = Packing.sha256(packed);
    int parts = Math.ceilDiv(packed.size(), StagedFleet.MOST_PART_BYTES);
    if (!writes.isRepeat(request.getContext())) {
      for (int part = 0; part < parts; part++) {
        int from = part * StagedFleet.MOST_PART_BYTES;
        int to = Math.min(from + StagedFleet.MOST_PART_BYTES, packed.size());
        stage(
            StageFleet.newBuilder()
                .setSha256(sha256)
                .setPart(part)
                .setBytes(packed.substring(from, to))
                .build());
      }
    }
    apply.clearPacked().setStagedSha256(sha256).setStagedParts(parts);
    return writes.decideLarge(command(apply, request), request.getContext());
  }

  /** What every replica would end of, again at each start, must not come into the log. */
  private static void requireHeap(int size) {
    long heap = Runtime.getRuntime().maxMemory();
    if (heap / LEAST_HEAP < size) {
      throw Refusals.of(
          Status.Code.FAILED_PRECONDITION,
          "a fleet of %d MiB does not fit into this replica's heap of %d MiB"
              .formatted(size >> 20, heap >> 20),
          "start all replicas with -Xmx of at least %d MiB".formatted(((long) size * 20) >> 20));
    }
  }

  private void stage(StageFleet part) {
    long now = clocks.now().toEpochMilli();
    if (!ledger.isLeader() || !ledger.read(state -> StagedFleet.has(state, part, now))) {
      writes.decide(Command.newBuilder().setStageFleet(part).build());
    }
  }

  private static ApplyFleet.Builder whole(Fleet fleet) {
    return ApplyFleet.newBuilder().setFleet(fleet);
  }

  private static Command command(ApplyFleet.Builder apply, FleetRequest request) {
    return Command.newBuilder().setApplyFleet(apply.setIfRevision(request.getIfRevision())).build();
  }
}
