package io.pilothouse.dm.state;

import io.pilothouse.api.v1.Repair;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.NavigableSet;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/** Repairs in the order of their assignment, and those that wait in the order of admission. */
final class RepairIndex implements Index {

  private final Groups<Repair.State, Place> byState = new Groups<>();
  private final TreeSet<Place> closed = new TreeSet<>();
  private final TreeSet<WaitingPlace> waiting = new TreeSet<>();

  @Override
  public void update(Entities now, Update update) {
    if (update.before() instanceof Repair before) {
      byState.remove(before.getState(), place(before));
      closed.remove(place(before));
      waiting.remove(WaitingPlace.of(before));
    }
    if (update.after() instanceof Repair after) {
      byState.add(after.getState(), place(after));
      if (isClosed(after)) {
        closed.add(place(after));
      }
      if (isWaiting(after)) {
        waiting.add(WaitingPlace.of(after));
      }
    }
  }

  /** Repairs in one of these states, as assigned. A copy. */
  List<Repair> in(Entities state, Repair.State... states) {
    TreeSet<Place> places = new TreeSet<>();
    for (Repair.State each : states) {
      places.addAll(byState.of(each));
    }
    List<Repair> repairs = new ArrayList<>();
    for (Place place : places) {
      repairs.add(state.repair(place.name()).orElseThrow());
    }
    return repairs;
  }

  /** Closed repairs, oldest first. A view. */
  SortedSet<Place> closed() {
    return Collections.unmodifiableSortedSet(closed);
  }

  /** ASSIGNED and WAITING repairs in the order in which they are to be admitted. A view. */
  NavigableSet<WaitingPlace> waiting() {
    return Collections.unmodifiableNavigableSet(waiting);
  }

  static boolean isClosed(Repair repair) {
    return switch (repair.getState()) {
      case DONE, FAILED, EXPIRED -> true;
      case ASSIGNED,
          WAITING,
          READY,
          CLAIMED,
          REPAIR_DRAINING,
          EXECUTING,
          VERIFYING,
          STATE_UNSPECIFIED,
          UNRECOGNIZED ->
          false;
    };
  }

  private static boolean isWaiting(Repair repair) {
    return repair.getState() == Repair.State.ASSIGNED || repair.getState() == Repair.State.WAITING;
  }

  private static Place place(Repair repair) {
    return new Place(repair.getOrder(), repair.getId());
  }

  @Override
  public SortedMap<String, Object> contents() {
    SortedMap<String, Object> contents = new TreeMap<>();
    contents.put("by state", byState.contents());
    contents.put("closed", closed);
    contents.put("waiting", waiting);
    return contents;
  }
}
