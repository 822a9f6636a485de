package io.pilothouse.dm.state;

import io.pilothouse.api.v1.Rollout;
import io.pilothouse.api.v1.Thing;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;

/** Rollouts in the order of their start: those that are open, those that have ended, by type. */
final class RolloutIndex implements Index {

  private final TreeSet<Place> open = new TreeSet<>();
  private final TreeSet<Place> closed = new TreeSet<>();
  private final Groups<String, Place> byType = new Groups<>();
  private final Groups<String, Place> byCanary = new Groups<>();

  @Override
  public void update(Entities now, Update update) {
    if (update.before() instanceof Rollout before) {
      open.remove(place(before));
      closed.remove(place(before));
      byType.remove(before.getType(), place(before));
      canary(before).forEach(each -> byCanary.remove(each, place(before)));
    }
    if (update.after() instanceof Rollout after) {
      (Rollouts.isOpen(after) ? open : closed).add(place(after));
      byType.add(after.getType(), place(after));
      canary(after).forEach(each -> byCanary.add(each, place(after)));
    }
  }

  /** Rollouts that have not ended, oldest first. A copy. */
  List<Rollout> open(Entities state) {
    return rollouts(state, open);
  }

  /** Rollouts of the type, ended or not, oldest first. A copy. */
  List<Rollout> ofType(Entities state, String type) {
    return rollouts(state, byType.of(type));
  }

  /** The type's last rollout of anything, ended or not. */
  Optional<Rollout> newest(Entities state, String type) {
    SortedSet<Place> places = byType.of(type);
    return places.isEmpty() ? Optional.empty() : state.rollout(places.last().name());
  }

  /** The type's last rollout of the thing, ended or not. */
  Optional<Rollout> newest(Entities state, String type, Thing thing) {
    return newestFirst(state, type, thing).findFirst();
  }

  /** The type's last rollout of the thing that completed and was not undone. */
  Optional<Rollout> lastCompleted(Entities state, String type, Thing thing) {
    return newestFirst(state, type, thing)
        .filter(each -> each.getState() == Rollout.State.COMPLETED)
        .findFirst();
  }

  private Stream<Rollout> newestFirst(Entities state, String type, Thing thing) {
    return byType.of(type).reversed().stream()
        .flatMap(each -> state.rollout(each.name()).stream())
        .filter(each -> each.getThing() == thing);
  }

  /** Open rollouts that have switched the machine in their canary, oldest first. A copy. */
  List<Rollout> withCanary(Entities state, String machine) {
    return rollouts(state, byCanary.of(machine));
  }

  /** The machines of an open rollout's canary that it switched, ahead of their scale units. */
  static List<String> canary(Rollout rollout) {
    boolean ahead =
        Rollouts.isOpen(rollout)
            && rollout.getUnitsCount() > 0
            && RolloutCanary.is(rollout.getUnits(0));
    return ahead ? rollout.getUnits(0).getSwitchedList() : List.of();
  }

  /** Rollouts that have ended, oldest first. A copy. */
  List<Rollout> closed(Entities state) {
    return rollouts(state, closed);
  }

  private static List<Rollout> rollouts(Entities state, Collection<Place> places) {
    List<Rollout> rollouts = new ArrayList<>();
    for (Place place : places) {
      rollouts.add(state.rollout(place.name()).orElseThrow());
    }
    return rollouts;
  }

  private static Place place(Rollout rollout) {
    return new Place(rollout.getOrder(), rollout.getId());
  }

  @Override
  public SortedMap<String, Object> contents() {
    SortedMap<String, Object> contents = new TreeMap<>();
    contents.put("open", open);
    contents.put("closed", closed);
    contents.put("by type", byType.contents());
    contents.put("by canary", byCanary.contents());
    return contents;
  }
}
