package io.pilothouse.dm.state;

import com.google.protobuf.Message;
import io.pilothouse.api.v1.OfferAgent;
import io.pilothouse.api.v1.OfferFramework;
import java.util.Collections;
import java.util.Map;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * How many frameworks there are and how large they are; those that ended, longest ago first; how
 * large all is that is reserved on machines.
 */
final class OfferIndex implements Index {

  private int live;
  private long liveBytes;
  private long endedBytes;
  private long heldBytes;
  private final TreeSet<Place> ended = new TreeSet<>();

  @Override
  public void update(Entities now, Update update) {
    if (update.table() == Table.OFFER_FRAMEWORK) {
      count(update.before(), -1);
      count(update.after(), 1);
    } else if (update.table() == Table.OFFER_AGENT) {
      heldBytes += held(update.after()) - held(update.before());
    }
  }

  private static int held(@Nullable Message entity) {
    return entity instanceof OfferAgent agent ? agent.getHeld().size() : 0;
  }

  private void count(@Nullable Message entity, int sign) {
    if (!(entity instanceof OfferFramework framework)) {
      return;
    }
    long bytes = (long) sign * framework.getSerializedSize();
    if (framework.getEndedAt() == 0) {
      live += sign;
      liveBytes += bytes;
      return;
    }
    endedBytes += bytes;
    Place place = new Place(framework.getEndedAt(), framework.getId());
    if (sign > 0) {
      ended.add(place);
    } else {
      ended.remove(place);
    }
  }

  /** Frameworks that have not ended. */
  int live() {
    return live;
  }

  /** Of those, serialized. */
  long liveBytes() {
    return liveBytes;
  }

  /** A view. */
  SortedSet<Place> ended() {
    return Collections.unmodifiableSortedSet(ended);
  }

  long endedBytes() {
    return endedBytes;
  }

  /** Of what is reserved on all machines. */
  long heldBytes() {
    return heldBytes;
  }

  @Override
  public SortedMap<String, Object> contents() {
    return new TreeMap<>(
        Map.of(
            "live",
            live,
            "bytes",
            liveBytes,
            "ended",
            ended,
            "bytes of ended",
            endedBytes,
            "bytes of reserved",
            heldBytes));
  }
}
