package io.pilothouse.testing.simulation;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.SortedMap;
import java.util.TreeMap;

/** All parts of a run, and its dice. */
final class World {
  final Random random;
  final Agenda agenda;
  final FakeDeviceManager dm;
  final Edge edge;
  final Wire wire;
  final SortedMap<String, FakeMachine> machines = new TreeMap<>();
  final List<FakeSatellite> satellites = new ArrayList<>();

  /** Deployment replicas that serve now. */
  int deploymentsUp;

  /** Whether faults still happen. */
  boolean storm = true;

  World(Random random, Agenda agenda, Profile profile) {
    this.random = random;
    this.agenda = agenda;
    this.dm = new FakeDeviceManager(agenda, random, profile.largestEntry());
    this.edge = new Edge(dm, random);
    this.wire = new Wire(agenda, random, dm, profile);
  }

  boolean oneIn(int sides) {
    return random.nextInt(sides) == 0;
  }

  /** Milliseconds, at least {@code from} and below {@code to}. */
  long between(long from, long to) {
    return from + (long) (random.nextDouble() * (to - from));
  }

  <T> T pick(List<T> from) {
    return from.get(random.nextInt(from.size()));
  }
}
