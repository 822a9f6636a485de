package io.pilothouse.examples.mpi;

import io.pilothouse.examples.frameworks.Room;
import io.pilothouse.mesos.v1.Offer;
import io.pilothouse.mesos.v1.OfferID;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Offers that are held until they are enough for all ranks at once. What is held nobody else can
 * have, so two rigid frameworks could wait for each other for ever, each with half of the fleet:
 * after a bounded time all of it is to be given back. Decides; does nothing, and is told the time.
 * For one thread at a time.
 */
final class Gang {
  /** Of each rank. */
  static final double CPUS = 1;

  /** MiB of each rank. */
  static final double MEM = 64;

  /** A machine's part: offers of it, which go together, and the ranks that they are used for. */
  record Seat(List<Offer> offers, int ranks) {
    Offer first() {
      return offers.getFirst();
    }
  }

  private final Duration patience;
  private final Map<OfferID, Offer> held = new LinkedHashMap<>();
  private @Nullable Instant since;

  /**
   * Holds nothing yet.
   *
   * @param patience for which the first offer is held
   */
  Gang(Duration patience) {
    this.patience = patience;
  }

  /** Holds it if a rank fits; else it is of no use. */
  boolean add(Offer offer, Instant now) {
    if (ranks(offer) < 1) {
      return false;
    }
    if (since == null) {
      since = now;
    }
    held.put(offer.getId(), offer);
    return true;
  }

  void rescinded(OfferID offer) {
    held.remove(offer);
    if (held.isEmpty()) {
      since = null;
    }
  }

  /** Where the ranks go, on as few machines as can be; none, if there is no room for all. */
  List<Seat> seats(int ranks) {
    Map<String, List<Offer>> machines = new LinkedHashMap<>();
    held.values()
        .forEach(
            each ->
                machines
                    .computeIfAbsent(each.getAgentId().getValue(), id -> new ArrayList<>())
                    .add(each));
    List<List<Offer>> roomiest =
        machines.values().stream()
            .sorted(Comparator.comparingInt(Gang::together).reversed())
            .toList();
    List<Seat> seats = new ArrayList<>();
    int left = ranks;
    for (List<Offer> offers : roomiest) {
      if (left > 0) {
        int here = Math.min(left, together(offers));
        seats.add(new Seat(offers, here));
        left -= here;
      }
    }
    return left > 0 ? List.of() : seats;
  }

  /** Whether what is held has been held for long enough. */
  boolean isTired(Instant now) {
    return since != null && !now.isBefore(since.plus(patience));
  }

  /** Lets go of all that is held. */
  List<OfferID> clear() {
    List<OfferID> all = List.copyOf(held.keySet());
    held.clear();
    since = null;
    return all;
  }

  private static int together(List<Offer> offers) {
    // offers of one machine are not merged here: half a processor in each is no slot
    return offers.stream().mapToInt(Gang::ranks).sum();
  }

  private static int ranks(Offer offer) {
    return new Room(offer).times(CPUS, MEM);
  }
}
