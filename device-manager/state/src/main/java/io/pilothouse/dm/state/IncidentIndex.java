package io.pilothouse.dm.state;

import io.pilothouse.api.v1.Incident;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/** Incidents in the order in which they were opened. */
final class IncidentIndex implements Index {
  private final TreeSet<Place> open = new TreeSet<>();
  private final TreeSet<Place> closed = new TreeSet<>();

  @Override
  public void update(Entities now, Update update) {
    if (update.before() instanceof Incident before) {
      open.remove(place(before));
      closed.remove(place(before));
    }
    if (update.after() instanceof Incident after) {
      (after.getState() == Incident.State.OPEN ? open : closed).add(place(after));
    }
  }

  /** Open ones, oldest first. A copy. */
  List<Incident> open(Entities state) {
    if (open.isEmpty()) {
      return List.of();
    }
    List<Incident> incidents = new ArrayList<>();
    open.forEach(each -> incidents.add(state.incident(each.name()).orElseThrow()));
    return incidents;
  }

  /** Whether none is open. */
  boolean isQuiet() {
    return open.isEmpty();
  }

  /** Closed ones, oldest first. A view. */
  SortedSet<Place> closed() {
    return Collections.unmodifiableSortedSet(closed);
  }

  private static Place place(Incident incident) {
    return new Place(incident.getOrder(), incident.getId());
  }

  @Override
  public SortedMap<String, Object> contents() {
    SortedMap<String, Object> contents = new TreeMap<>();
    contents.put("open", open);
    contents.put("closed", closed);
    return contents;
  }
}
