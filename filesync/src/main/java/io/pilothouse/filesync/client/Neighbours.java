package io.pilothouse.filesync.client;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * The order in which a machine asks others for a chunk. On each level (scale unit, rack, part of a
 * large rack) a chunk has two owners. Ranks are, from the top: the owners of the widest level,
 * those of the next, everybody else; a machine asks only those above it, nearest first, and the
 * first of all asks the Deployment Service. So whoever waits for another waits for one above it,
 * and no two machines ever wait for each other. A pure function of the lists.
 */
final class Neighbours {
  private static final int OWNERS = 2;

  private final String self;

  /** From the widest to the nearest. */
  private final List<Owners> levels = new ArrayList<>();

  private final Set<String> inRack;

  /**
   * Makes the neighbours of a machine.
   *
   * @param self its own address, as it is in the lists
   * @param unit addresses in the scale unit, the same for all of it
   * @param rackFirst addresses in the rack, the same for all of it; empty where the next are all
   * @param rack addresses in the rack or a part of it, the same for all of these
   */
  Neighbours(String self, List<String> unit, List<String> rackFirst, List<String> rack) {
    this.self = self;
    this.inRack = new LinkedHashSet<>(rack);
    for (List<String> wider : List.of(unit, rackFirst)) {
      // where the near ones are all, one more hop would save nothing
      if (!inRack.containsAll(wider)) {
        levels.add(new Owners(wider));
      }
    }
    levels.add(new Owners(rack));
    inRack.addAll(rackFirst);
  }

  /**
   * Whom to ask.
   *
   * @param before those to ask before the service, in this order
   * @param after those who may have it when the service has not
   */
  record Chain(List<String> before, List<String> after) {}

  Chain chain(String hash) {
    List<List<String>> owners = levels.stream().map(each -> each.of(hash, OWNERS)).toList();
    Set<String> above = new LinkedHashSet<>();
    Set<String> below = new LinkedHashSet<>();
    boolean passed = false;
    for (String each : owners.stream().flatMap(List::stream).toList()) {
      passed |= each.equals(self);
      (passed && !above.contains(each) ? below : above).add(each);
    }
    below.remove(self);
    Set<String> nearestFirst = new LinkedHashSet<>();
    for (List<String> level : owners.reversed()) {
      level.stream().filter(above::contains).forEach(nearestFirst::add);
    }
    return new Chain(List.copyOf(nearestFirst), List.copyOf(below));
  }

  /**
   * When to bring a chunk: first what the most machines wait for this one to bring, then the shares
   * of the others, each machine beginning with its next neighbour's, so that not all ask the same
   * one at the same time.
   */
  int turn(String hash) {
    for (int level = 0; level < levels.size() - 1; level++) {
      if (levels.get(level).of(hash, 1).contains(self)) {
        return level;
      }
    }
    Owners near = levels.getLast();
    List<String> members = near.members();
    if (members.isEmpty()) {
      return 0;
    }
    int distance = members.indexOf(near.of(hash, 1).getFirst()) - members.indexOf(self);
    return levels.size() - 1 + Math.floorMod(distance, members.size());
  }

  boolean inRack(String address) {
    return inRack.contains(address);
  }
}
