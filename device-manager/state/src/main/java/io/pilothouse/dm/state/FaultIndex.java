package io.pilothouse.dm.state;

import io.pilothouse.api.v1.Condition;
import io.pilothouse.api.v1.DeviceKind;
import io.pilothouse.api.v1.Lifecycle;
import io.pilothouse.api.v1.Machine;
import java.util.Collections;
import java.util.List;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** Machines in service and their errors, by what they have in common: what incidents go by. */
final class FaultIndex implements Index {
  private final TreeMap<Trait, Integer> members = new TreeMap<>();
  private final Groups<Trait, String> inError = new Groups<>();
  private final TreeSet<String> failedSwitches = new TreeSet<>();

  /** Errors that are new and that no incident explains, by when the trouble began. */
  final Tally errors = new Tally();

  /** Of these, machines that are lost: in FAILURE or Probation. By the same time. */
  final Tally losses = new Tally();

  /** Machines in {@link #losses}, by when they came to be so. */
  private final TreeSet<Place> lost = new TreeSet<>();

  @Override
  public void update(Entities now, Update update) {
    if (update.table() != Table.MACHINE) {
      return;
    }
    String name = update.key();
    @Nullable Machine before = serving((Machine) update.before());
    @Nullable Machine after = serving((Machine) update.after());
    List<Trait> old = before == null ? List.of() : Trait.of(before);
    List<Trait> traits = after == null ? List.of() : Trait.of(after);
    if (!old.equals(traits)) {
      old.forEach(each -> members.merge(each, -1, (a, b) -> a + b == 0 ? null : a + b));
      traits.forEach(each -> members.merge(each, 1, Integer::sum));
    }
    boolean was = before != null && before.hasError();
    boolean is = after != null && after.hasError();
    if (was != is || (is && !old.equals(traits))) {
      (was ? old : List.<Trait>of()).forEach(each -> inError.remove(each, name));
      (is ? traits : List.<Trait>of()).forEach(each -> inError.add(each, name));
    }
    errors.set(name, isNew(after) ? after.getTroubleSince() : 0, traits);
    boolean isLost = isNew(after) && isLost(after);
    losses.set(name, isLost ? after.getTroubleSince() : 0, traits);
    if (before != null) {
      lost.remove(new Place(lostAt(before), name));
    }
    if (isLost) {
      lost.add(new Place(lostAt(after), name));
    }
    if (after != null && isFailedSwitch(after)) {
      failedSwitches.add(name);
    } else {
      failedSwitches.remove(name);
    }
  }

  /** Machines in service that have the trait. */
  int members(Trait trait) {
    return members.getOrDefault(trait, 0);
  }

  /** Machines in service. */
  int members() {
    return members(new Trait(Dimension.FLEET, Dimension.ALL));
  }

  /** Machines in service that have the trait and an error, however old. A view. */
  SortedSet<String> inError(Trait trait) {
    return inError.of(trait);
  }

  /** Traits of the machines that were lost at {@code at} or later. A copy. */
  List<Trait> traitsOfLost(long at) {
    TreeSet<Trait> traits = new TreeSet<>();
    lost.tailSet(new Place(at, "")).forEach(each -> traits.addAll(losses.traits(each.name())));
    return List.copyOf(traits);
  }

  /** Switches in FAILURE. A view. */
  SortedSet<String> failedSwitches() {
    return Collections.unmodifiableSortedSet(failedSwitches);
  }

  private static @Nullable Machine serving(@Nullable Machine machine) {
    return machine != null && machine.getLifecycle() == Lifecycle.IN_SERVICE ? machine : null;
  }

  private static boolean isNew(@Nullable Machine machine) {
    return machine != null && machine.hasError() && machine.getIncidentId().isEmpty();
  }

  /** One that a rollout switched is the rollout's to judge. */
  private static boolean isLost(Machine machine) {
    return machine.getCondition() != Condition.HEALTHY && machine.getRolloutId().isEmpty();
  }

  /** In Probation the error may come back after a while: then it is lost anew. */
  private static long lostAt(Machine machine) {
    return StrictMath.max(machine.getSince(), machine.getError().getSince());
  }

  private static boolean isFailedSwitch(Machine machine) {
    return machine.getKind() == DeviceKind.DEVICE_SWITCH
        && machine.getCondition() == Condition.FAILURE;
  }

  @Override
  public SortedMap<String, Object> contents() {
    SortedMap<String, Object> contents = new TreeMap<>();
    contents.put("members", members);
    contents.put("in error", inError.contents());
    contents.put("failed switches", failedSwitches);
    contents.put("lost", lost);
    contents.put("new errors", errors.contents());
    contents.put("new losses", losses.contents());
    return contents;
  }
}
