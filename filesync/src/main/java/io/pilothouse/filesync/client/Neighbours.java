package io.pilothouse.filesync.client;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * The order in which a machine asks others for a chunk. Each chunk has two owners in the rack and
 * two in the scale unit. Ranks are, from the top: the unit's first owner, its second, the rack's
 * first, its second, everybody else; a machine asks only those above it, and the first of all asks
 * the Deployment Service. So whoever waits for another waits for one above it, and no two machines
 * ever wait for each other. A pure function of the lists.
 */
final class Neighbours {
  private static final int OWNERS = 2;

  private final String self;
  private final Owners rack;
  private final Owners unit;
  private final Set<String> inRack;

  /**
   * Makes the neighbours of a machine.
   *
   * @param self its own address, as it is in the lists
   * @param rack addresses of the rack, the same for all of them
   * @param unit addresses of the scale unit, the same for all of it
   */
  Neighbours(String self, List<String> rack, List<String> unit) {
    this.self = self;
    this.rack = new Owners(rack);
    this.inRack = Set.copyOf(rack);
    // where the rack is the unit, one more hop would save nothing
    this.unit = new Owners(inRack.containsAll(unit) ? List.of() : unit);
  }

  /**
   * Whom to ask.
   *
   * @param before those to ask before the service, in this order
   * @param after those who may have it when the service has not
   */
  record Chain(List<String> before, List<String> after) {}

  Chain chain(String hash) {
    Set<String> ranks = new LinkedHashSet<>(unit.of(hash, OWNERS));
    List<String> ofUnit = List.copyOf(ranks);
    ranks.addAll(rack.of(hash, OWNERS));
    List<String> above = new ArrayList<>();
    for (String each : ranks) {
      if (each.equals(self)) {
        break;
      }
      above.add(each);
    }
    List<String> below = new ArrayList<>(ranks);
    below.removeAll(above);
    below.remove(self);
    List<String> before = new ArrayList<>();
    if (!ofUnit.contains(self)) {
      above.stream().filter(each -> !ofUnit.contains(each)).forEach(before::add);
    }
    above.stream().filter(each -> !before.contains(each)).forEach(before::add);
    return new Chain(List.copyOf(before), List.copyOf(below));
  }

  /**
   * When to bring a chunk: first what the unit asks this machine for, then what the rack does, then
   * the shares of the others, each machine beginning with its next neighbour's, so that not all ask
   * the same one at the same time.
   */
  int turn(String hash) {
    if (unit.of(hash, OWNERS).stream().findFirst().filter(self::equals).isPresent()) {
      return 0;
    }
    int members = rack.members().size();
    if (members == 0) {
      return 1;
    }
    int distance = rack.members().indexOf(rack.of(hash, 1).get(0)) - rack.members().indexOf(self);
    return 1 + Math.floorMod(distance, members);
  }

  boolean inRack(String address) {
    return inRack.contains(address);
  }
}
