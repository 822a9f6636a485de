package io.pilothouse.dm.state;

import io.pilothouse.api.v1.DeviceKind;
import io.pilothouse.api.v1.Lifecycle;
import io.pilothouse.api.v1.Machine;
import io.pilothouse.api.v1.Peers;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Agents by type, rack and scale unit: who may have the contents that a machine wants, nearer than
 * the Deployment Service. Conditions do not count, so that a failure wakes no neighbour's poll.
 *
 * <p>Members are in the order of a hash of their names. A rack with too many is cut into ranges of
 * the hash, so that all of a range have the same list, one more machine changes one range, and a
 * list costs its own length.
 */
final class PeerIndex implements Index {
  private static final int MOST_IN_RACK = 64;
  private static final int MOST_IN_UNIT = 48;
  private static final int MOST_FIRST = 48;

  /** Ranges are made so small on average, since hashes fill them unevenly. */
  private static final int USUAL_IN_RANGE = 40;

  private static final long HASHES = 1L << 32;

  /**
   * Agents of a type in a place.
   *
   * @param place {@code rack/r7}, {@code unit/su-1}
   */
  private record Group(String type, String place) implements Comparable<Group> {
    @Override
    public int compareTo(Group other) {
      int byType = type.compareTo(other.type);
      return byType != 0 ? byType : place.compareTo(other.place);
    }
  }

  /** An agent: first by the hash of its machine's name. */
  private record Peer(long hash, String machine, String address) implements Comparable<Peer> {
    static Peer of(Machine machine) {
      return new Peer(hashOf(machine.getName()), machine.getName(), addressOf(machine));
    }

    /** Before all that have this hash. */
    static Peer from(long hash) {
      return new Peer(hash, "", "");
    }

    @Override
    public int compareTo(Peer other) {
      int byHash = Long.compare(hash, other.hash);
      int byMachine = byHash != 0 ? byHash : machine.compareTo(other.machine);
      return byMachine != 0 ? byMachine : address.compareTo(other.address);
    }
  }

  private final Groups<Group, Peer> near = new Groups<>();
  private final Groups<Group, Peer> units = new Groups<>();

  /** All agents of a rack, whatever their type. */
  private final Groups<String, String> racks = new Groups<>();

  @Override
  public void update(Entities now, Update update) {
    if (update.table() != Table.MACHINE) {
      return;
    }
    @Nullable Machine before = serving((Machine) update.before());
    @Nullable Machine after = serving((Machine) update.after());
    if (before != null && after != null && same(before, after)) {
      return;
    }
    if (before != null) {
      near.remove(new Group(before.getType(), place(before)), Peer.of(before));
      units.remove(new Group(before.getType(), unit(before)), Peer.of(before));
      racks.remove(place(before), before.getName());
    }
    if (after != null) {
      near.add(new Group(after.getType(), place(after)), Peer.of(after));
      units.add(new Group(after.getType(), unit(after)), Peer.of(after));
      racks.add(place(after), after.getName());
    }
  }

  private static @Nullable Machine serving(@Nullable Machine machine) {
    return machine == null
            || machine.getLifecycle() == Lifecycle.DECOMMISSIONED
            || machine.getKind() == DeviceKind.DEVICE_SWITCH
            || addressOf(machine).isEmpty()
        ? null
        : machine;
  }

  private static boolean same(Machine a, Machine b) {
    return a.getType().equals(b.getType())
        && a.getRack().equals(b.getRack())
        && a.getScaleUnit().equals(b.getScaleUnit())
        && addressOf(a).equals(addressOf(b));
  }

  private static String addressOf(Machine machine) {
    return machine.getObserved().getAgentAddress();
  }

  /** Machines without a rack are taken as one rack a unit. */
  private static String place(Machine machine) {
    return machine.getRack().isEmpty() ? unit(machine) : "rack/" + machine.getRack();
  }

  private static String unit(Machine machine) {
    return "unit/" + machine.getScaleUnit();
  }

  /** The lists of a machine. */
  Peers of(Machine machine) {
    Peers.Builder peers = Peers.newBuilder();
    SortedSet<Peer> rack = near.of(new Group(machine.getType(), place(machine)));
    boolean whole = rack.size() <= MOST_IN_RACK;
    for (Peer each : whole ? rack : range(rack, hashOf(machine.getName()))) {
      if (peers.getRackCount() == MOST_IN_RACK) {
        break;
      }
      peers.addRack(each.address());
    }
    if (!whole) {
      rack.stream().limit(MOST_FIRST).forEach(each -> peers.addRackFirst(each.address()));
    }
    for (Peer each : units.of(new Group(machine.getType(), unit(machine)))) {
      if (peers.getUnitCount() == MOST_IN_UNIT) {
        break;
      }
      peers.addUnit(each.address());
    }
    return peers.setRackAgents(racks.of(place(machine)).size()).build();
  }

  private static SortedSet<Peer> range(SortedSet<Peer> rack, long hash) {
    int ranges = 1;
    while (rack.size() / ranges > USUAL_IN_RANGE) {
      ranges *= 2;
    }
    long width = HASHES / ranges;
    long from = hash / width * width;
    return rack.subSet(Peer.from(from), Peer.from(from + width));
  }

  /** Spreads names that differ in one digit; the constants are those of MurmurHash3's end. */
  private static long hashOf(String name) {
    int hash = name.hashCode(); // specified, so the same everywhere
    hash ^= hash >>> 16;
    hash *= 0x85ebca6b;
    hash ^= hash >>> 13;
    hash *= 0xc2b2ae35;
    hash ^= hash >>> 16;
    return Integer.toUnsignedLong(hash);
  }

  @Override
  public SortedMap<String, Object> contents() {
    SortedMap<String, Object> contents = new TreeMap<>();
    contents.put("near", near.contents());
    contents.put("by unit", units.contents());
    contents.put("by rack", racks.contents());
    return contents;
  }
}
