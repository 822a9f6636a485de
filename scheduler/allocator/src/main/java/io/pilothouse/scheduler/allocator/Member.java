package io.pilothouse.scheduler.allocator;

import java.util.EnumSet;
import java.util.TreeMap;

/** A framework that is subscribed, or of which only its use of agents is known so far. */
final class Member {
  final String id;

  /** By role. */
  final TreeMap<String, Client> clients = new TreeMap<>();

  final EnumSet<Capability> capabilities = EnumSet.noneOf(Capability.class);

  /** It was added, and not removed since. */
  boolean known;

  boolean active;

  Member(String id) {
    this.id = id;
  }

  boolean has(Capability capability) {
    return capabilities.contains(capability);
  }
}
