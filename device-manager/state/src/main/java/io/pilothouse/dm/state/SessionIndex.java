package io.pilothouse.dm.state;

import io.pilothouse.api.log.v1.ClientSession;
import java.util.Collections;
import java.util.Map;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/** Clients by when they last sent something, longest ago first. */
final class SessionIndex implements Index {

  private final TreeSet<Place> byAge = new TreeSet<>();

  @Override
  public void update(Entities now, Update update) {
    if (update.before() instanceof ClientSession before) {
      byAge.remove(new Place(before.getAt(), before.getClientId()));
    }
    if (update.after() instanceof ClientSession after) {
      byAge.add(new Place(after.getAt(), after.getClientId()));
    }
  }

  /** A view. */
  SortedSet<Place> byAge() {
    return Collections.unmodifiableSortedSet(byAge);
  }

  @Override
  public SortedMap<String, Object> contents() {
    return new TreeMap<>(Map.of("by age", byAge));
  }
}
