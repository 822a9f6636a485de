package io.pilothouse.filesync.client;

import io.pilothouse.filesync.Sha256;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.SplittableRandom;
import java.util.stream.IntStream;

/**
 * A fleet that fetches one content at the same moment, in virtual time: who asks whom and in what
 * order is the production code's, networks are queues. Pieces of the content stand for chunks that
 * travel together; whoever waits for one is held until it is there.
 */
final class FanoutModel {
  /** As {@link Crew#SIZE}: requests of one machine at a time. */
  private static final int LANES = Crew.SIZE;

  /** Bulk transfers that one machine serves at a time, and so many times more the service. */
  private static final int SLOTS = 24;

  private static final int SERVICE_SLOTS = 4 * 48;
  private static final int RANGE = 40;
  private static final int FIRST = 48;
  private static final int SERVICE = -1;

  /** Seconds before a service that has no free slot is asked again. */
  private static final double AGAIN = 1;

  private static final double ROUND_TRIP = 0.0005;

  /**
   * A fleet.
   *
   * @param pieces of the content
   * @param pieceBytes of each
   * @param nic bytes a second of a machine, each way
   * @param uplink bytes a second of a rack, each way
   * @param service bytes a second that leave the Deployment Service
   */
  record Fleet(
      int machines,
      int racks,
      int units,
      int pieces,
      int pieceBytes,
      double nic,
      double uplink,
      double service,
      long seed) {
    double copySeconds(double rate) {
      return (double) pieces * pieceBytes / rate;
    }
  }

  /**
   * How it went.
   *
   * @param seconds until the last machine had all
   * @param serviceCopies of the content that left the service
   * @param rackCopies of the content that entered the rack with the most
   * @param servedCopies of the content that the machine with the most handed on
   */
  record Outcome(double seconds, double serviceCopies, double rackCopies, double servedCopies) {}

  /** A lane is free, or has brought a piece. */
  private record Event(double time, int machine, int piece) {}

  private record Delayed(double until, int piece) {}

  private final Fleet fleet;
  private final SplittableRandom random;
  private final int[][] sources;

  /** Of each piece the machines, in the order of whom they ask for it. */
  private final int[][] askers;

  /** Of each machine the pieces that its sources have, as it learnt of them. */
  private final List<ArrayDeque<Integer>> ready = new ArrayList<>();

  private final List<PriorityQueue<Delayed>> delayed = new ArrayList<>();

  /** Of each machine those that are held until it has a slot for them. */
  private final List<ArrayDeque<Event>> held = new ArrayList<>();

  private final int[] lanes;
  private final List<BitSet> have = new ArrayList<>();
  private final PriorityQueue<Event> events =
      new PriorityQueue<>(Comparator.comparingDouble(Event::time));
  private final double[] sendsUntil;
  private final double[] takesUntil;
  private final double[] rackOutUntil;
  private final double[] rackInUntil;
  private final int[] serving;
  private final long[] served;
  private final long[] entered;
  private double serviceUntil;
  private int serviceServing;
  private long serviceServed;

  private FanoutModel(Fleet fleet) {
    this.fleet = fleet;
    this.random = new SplittableRandom(fleet.seed());
    this.sources = new int[fleet.machines()][fleet.pieces()];
    this.askers = new int[fleet.pieces()][];
    this.lanes = new int[fleet.machines()];
    this.sendsUntil = new double[fleet.machines()];
    this.takesUntil = new double[fleet.machines()];
    this.rackOutUntil = new double[fleet.racks()];
    this.rackInUntil = new double[fleet.racks()];
    this.serving = new int[fleet.machines()];
    this.served = new long[fleet.machines()];
    this.entered = new long[fleet.racks()];
    plan();
  }

  static Outcome run(Fleet fleet) {
    return new FanoutModel(fleet).run();
  }

  private int rack(int machine) {
    return (int) ((long) machine * fleet.racks() / fleet.machines());
  }

  private int unit(int machine) {
    return (int) ((long) rack(machine) * fleet.units() / fleet.racks());
  }

  private static String address(int machine) {
    return "10.%d.%d.%d:7001".formatted(machine / 65_536, machine / 256 % 256, machine % 256);
  }

  /** Asks the production code for each machine's sources and turns. */
  private void plan() {
    List<String> hashes =
        IntStream.range(0, fleet.pieces())
            .mapToObj(i -> Sha256.hex((fleet.seed() + " " + i).getBytes(StandardCharsets.UTF_8)))
            .toList();
    Map<String, Integer> numbers = new HashMap<>();
    Map<Integer, List<String>> racks = new HashMap<>();
    Map<Integer, List<String>> units = new HashMap<>();
    Map<String, Integer> place = new HashMap<>();
    for (int i = 0; i < fleet.machines(); i++) {
      numbers.put(address(i), i);
      racks.computeIfAbsent(rack(i), each -> new ArrayList<>()).add(address(i));
      place.put(address(i), racks.get(rack(i)).size() - 1);
      units.computeIfAbsent(unit(i), each -> new ArrayList<>()).add(address(i));
    }
    for (int i = 0; i < fleet.machines(); i++) {
      List<String> rack = racks.get(rack(i));
      int parts = (rack.size() + RANGE - 1) / RANGE;
      int part = place.get(address(i)) * parts / rack.size();
      List<String> near =
          parts == 1
              ? rack
              : rack.subList(
                  (part * rack.size() + parts - 1) / parts,
                  ((part + 1) * rack.size() + parts - 1) / parts);
      Neighbours neighbours =
          new Neighbours(
              address(i), some(units.get(unit(i))), parts == 1 ? List.of() : some(rack), near);
      List<Integer> order = new ArrayList<>();
      int[] turns = new int[fleet.pieces()];
      for (int piece = 0; piece < fleet.pieces(); piece++) {
        List<String> before = neighbours.chain(hashes.get(piece)).before();
        sources[i][piece] = before.isEmpty() ? SERVICE : numbers.get(before.getFirst());
        turns[piece] = neighbours.turn(hashes.get(piece));
        order.add(piece);
      }
      order.sort(Comparator.comparingInt(each -> turns[each]));
      int machine = i;
      order.removeIf(piece -> sources[machine][piece] != SERVICE);
      ready.add(new ArrayDeque<>(order));
      held.add(new ArrayDeque<>());
      delayed.add(new PriorityQueue<>(Comparator.comparingDouble(Delayed::until)));
      have.add(new BitSet(fleet.pieces()));
    }
    for (int piece = 0; piece < fleet.pieces(); piece++) {
      int each = piece;
      askers[piece] =
          IntStream.range(0, fleet.machines())
              .boxed()
              .sorted(Comparator.comparingInt(machine -> sources[machine][each]))
              .mapToInt(Integer::intValue)
              .toArray();
    }
  }

  /** Spread over the list, as a hash of the names spreads them. */
  private static List<String> some(List<String> all) {
    int count = Math.min(FIRST, all.size());
    return IntStream.range(0, count).mapToObj(i -> all.get(i * all.size() / count)).toList();
  }

  private Outcome run() {
    for (int i = 0; i < fleet.machines(); i++) {
      lanes[i] = LANES;
      events.add(new Event(random.nextDouble(0.05), i, -1));
    }
    double last = 0;
    while (!events.isEmpty()) {
      Event event = events.remove();
      if (event.piece() >= 0) {
        last = event.time();
        came(event);
      }
      next(event.machine(), event.time());
    }
    for (BitSet each : have) {
      if (each.cardinality() < fleet.pieces()) {
        throw new IllegalStateException("a machine has only " + each.cardinality() + " pieces");
      }
    }
    double content = (double) fleet.pieces() * fleet.pieceBytes();
    return new Outcome(
        last, serviceServed / content, max(entered) / content, max(served) / content);
  }

  private static long max(long[] all) {
    return Arrays.stream(all).max().orElse(0);
  }

  /** A slot and a lane are free, and those who wait for the piece can have it. */
  private void came(Event event) {
    int machine = event.machine();
    int piece = event.piece();
    lanes[machine]++;
    have.get(machine).set(piece);
    int source = sources[machine][piece];
    if (source == SERVICE) {
      serviceServing--;
    } else {
      serving[source]--;
      Event held = this.held.get(source).poll();
      if (held != null) {
        ready.get(held.machine()).addFirst(held.piece());
        next(held.machine(), event.time());
      }
    }
    int[] all = askers[piece];
    for (int i = firstOf(machine, piece);
        i < all.length && sources[all[i]][piece] == machine;
        i++) {
      ready.get(all[i]).add(piece);
      next(all[i], event.time());
    }
  }

  /** The first of those who ask a machine for a piece. */
  private int firstOf(int machine, int piece) {
    int low = 0;
    int high = fleet.machines();
    while (low < high) {
      int middle = (low + high) / 2;
      if (sources[askers[piece][middle]][piece] < machine) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }

  /**
   * Free lanes take what there is; who finds no slot is held there, or comes back to the service.
   */
  private void next(int machine, double now) {
    ArrayDeque<Integer> own = ready.get(machine);
    PriorityQueue<Delayed> later = delayed.get(machine);
    while (!later.isEmpty() && later.peek().until() <= now) {
      own.addFirst(later.remove().piece());
    }
    while (lanes[machine] > 0 && !own.isEmpty()) {
      int piece = own.removeFirst();
      int source = sources[machine][piece];
      if (source == SERVICE && serviceServing >= SERVICE_SLOTS) {
        double until = now + AGAIN + random.nextDouble(AGAIN / 2);
        later.add(new Delayed(until, piece));
        events.add(new Event(until, machine, -1));
      } else if (source != SERVICE && serving[source] >= SLOTS) {
        held.get(source).add(new Event(now, machine, piece));
      } else {
        lanes[machine]--;
        events.add(new Event(transfer(source, machine, now), machine, piece));
      }
    }
  }

  private double transfer(int source, int machine, double now) {
    double start = now + ROUND_TRIP;
    int size = fleet.pieceBytes();
    takesUntil[machine] = Math.max(takesUntil[machine], start) + size / fleet.nic();
    double end = takesUntil[machine];
    boolean outside = source == SERVICE || rack(source) != rack(machine);
    if (outside) {
      int rack = rack(machine);
      rackInUntil[rack] = Math.max(rackInUntil[rack], start) + size / fleet.uplink();
      end = Math.max(end, rackInUntil[rack]);
      entered[rack] += size;
    }
    if (source == SERVICE) {
      serviceServing++;
      serviceServed += size;
      serviceUntil = Math.max(serviceUntil, start) + size / fleet.service();
      return Math.max(end, serviceUntil);
    }
    serving[source]++;
    served[source] += size;
    sendsUntil[source] = Math.max(sendsUntil[source], start) + size / fleet.nic();
    end = Math.max(end, sendsUntil[source]);
    if (outside) {
      int rack = rack(source);
      rackOutUntil[rack] = Math.max(rackOutUntil[rack], start) + size / fleet.uplink();
      end = Math.max(end, rackOutUntil[rack]);
    }
    return end;
  }

  /**
   * Prints rows of a Markdown table.
   *
   * @param args machines, racks, GiB of the content, seeds
   */
  public static void main(String[] args) {
    int machines = Integer.parseInt(args[0]);
    int racks = Integer.parseInt(args[1]);
    int pieces = Integer.parseInt(args[2]) * 1024;
    int seeds = Integer.parseInt(args[3]);
    double gigabit = 125e6;
    for (int units : new int[] {1, racks}) {
      List<Outcome> outcomes = new ArrayList<>();
      Fleet fleet = null;
      for (int seed = 1; seed <= seeds; seed++) {
        fleet =
            new Fleet(
                machines, racks, units, pieces, 1 << 20, gigabit, 10 * gigabit, gigabit, seed);
        outcomes.add(run(fleet));
      }
      outcomes.sort(Comparator.comparingDouble(Outcome::seconds));
      Outcome median = outcomes.get(outcomes.size() / 2);
      double ideal = fleet.copySeconds(gigabit) * units;
      System.out.printf(
          Locale.ROOT,
          "| %d machines, %d racks, %d units | %.0f s | %.0f s | %.2f | %.2f | %.2f | %.2f |"
              + " %.0f s |%n",
          machines,
          racks,
          units,
          median.seconds(),
          ideal,
          median.seconds() / ideal,
          median.serviceCopies(),
          median.rackCopies(),
          median.servedCopies(),
          fleet.copySeconds(gigabit) * machines);
    }
  }
}
