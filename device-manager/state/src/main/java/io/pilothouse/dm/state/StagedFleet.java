package io.pilothouse.dm.state;

import com.google.protobuf.ByteString;
import io.pilothouse.api.log.v1.ApplyFleet;
import io.pilothouse.api.log.v1.FleetPart;
import io.pilothouse.api.log.v1.Refusal;
import io.pilothouse.api.log.v1.StageFleet;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/**
 * A packed fleet that is too large for one entry of the log: its parts come first, an entry each,
 * and change nothing; the apply that follows names their digest and takes them all, or is refused.
 *
 * <p>One fleet at a time: a part of another one drops those that are there, whose apply is then
 * refused. What no apply takes expires. So a leader that ends in the midst, or an operator who
 * gives up, leaves {@link #MOST_PARTS} parts at most, and not for long.
 */
public final class StagedFleet {

  /** Of one part: with all around it, it fits into a request. */
  public static final int MOST_PART_BYTES = 3 << 20;

  /** Of one fleet: 66 MiB packed, some five million machines. */
  static final int MOST_PARTS = 22;

  /** Parts come one right after the other. */
  static final long KEPT_MS = 10 * 60_000L;

  private static final int DIGEST_BYTES = 32;
  private static final String AGAIN = "apply it again";

  private StagedFleet() {}

  /** Whether the fleet of an apply is in parts that came before. */
  static boolean is(ApplyFleet command) {
    return !command.getStagedSha256().isEmpty();
  }

  /** Whether a part need not come again: it is here, and will be for as long as an apply takes. */
  public static boolean has(Entities state, StageFleet part, long nowMillis) {
    return state.fleetParts().stream()
        .filter(each -> each.getDueAt() > nowMillis + KEPT_MS / 2)
        .anyMatch(
            each ->
                each.getPart() == part.getPart()
                    && each.getSha256().equals(part.getSha256())
                    && each.getBytes().equals(part.getBytes()));
  }

  /** Keeps a part. One that comes again is kept anew. */
  static void stage(Draft draft, StageFleet part) throws RefusedException {
    int size = part.getBytes().size();
    if (part.getSha256().size() != DIGEST_BYTES) {
      throw invalid(
          "the digest of a staged fleet has %s bytes; expected the %s of SHA-256"
              .formatted(part.getSha256().size(), DIGEST_BYTES));
    }
    if (part.getPart() < 0 || part.getPart() >= MOST_PARTS) {
      throw invalid(
          "part %s of a staged fleet; expected 0 to %s"
              .formatted(Integer.toUnsignedString(part.getPart()), MOST_PARTS - 1));
    }
    if (size == 0 || size > MOST_PART_BYTES) {
      throw invalid(
          "part %s of a staged fleet has %s bytes; expected 1 to %s"
              .formatted(part.getPart(), size, MOST_PART_BYTES));
    }
    for (FleetPart other : List.copyOf(draft.fleetParts())) {
      if (!other.getSha256().equals(part.getSha256())) {
        draft.removeFleetPart(other.getPart());
      }
    }
    draft.put(
        FleetPart.newBuilder()
            .setSha256(part.getSha256())
            .setPart(part.getPart())
            .setBytes(part.getBytes())
            .setDueAt(draft.nowMillis() + KEPT_MS)
            .build());
  }

  /**
   * All parts that an apply names, joined.
   *
   * @throws RefusedException when some are not there, or are not what the digest says
   */
  static ByteString joined(Entities state, ApplyFleet command) throws RefusedException {
    int parts = command.getStagedParts();
    if (parts < 1 || parts > MOST_PARTS) {
      throw invalid(
          "a staged fleet of %s parts; expected 1 to %s"
              .formatted(Integer.toUnsignedString(parts), MOST_PARTS));
    }
    List<FleetPart> there =
        state.fleetParts().stream()
            .filter(each -> each.getSha256().equals(command.getStagedSha256()))
            .filter(each -> each.getPart() < parts)
            .toList();
    if (there.size() < parts) {
      List<Integer> numbers = there.stream().map(FleetPart::getPart).toList();
      throw new RefusedException(
          Refusal.Code.PRECONDITION,
          ("of the fleet's parts 0 to %s these are not there: %s; another large fleet took their"
                  + " place, or they expired after %s")
              .formatted(
                  parts - 1,
                  String.join(
                      ", ",
                      IntStream.range(0, parts)
                          .filter(each -> !numbers.contains(each))
                          .mapToObj(Integer::toString)
                          .toList()),
                  Texts.span(KEPT_MS)),
          AGAIN);
    }
    MessageDigest sha256 = StateDigest.sha256();
    List<ByteString> bytes = new ArrayList<>();
    for (FleetPart each : there) {
      each.getBytes().asReadOnlyByteBufferList().forEach((ByteBuffer some) -> sha256.update(some));
      bytes.add(each.getBytes());
    }
    if (!ByteString.copyFrom(sha256.digest()).equals(command.getStagedSha256())) {
      throw invalid("the fleet's parts are not what their digest says");
    }
    return ByteString.copyFrom(bytes);
  }

  /** An apply has taken them. */
  static void drop(Draft draft) {
    List.copyOf(draft.fleetParts()).forEach(each -> draft.removeFleetPart(each.getPart()));
  }

  /** What no apply took in time. */
  static void expire(Draft draft) {
    draft.due(Table.FLEET_PART).values().stream()
        .map(FleetPart.class::cast)
        .forEach(each -> draft.removeFleetPart(each.getPart()));
  }

  private static RefusedException invalid(String message) {
    return new RefusedException(Refusal.Code.INVALID, message, AGAIN);
  }
}
