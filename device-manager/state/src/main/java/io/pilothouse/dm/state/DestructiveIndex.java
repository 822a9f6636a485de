package io.pilothouse.dm.state;

import com.google.protobuf.Message;
import io.pilothouse.api.v1.Action;
import io.pilothouse.api.v1.Lifecycle;
import io.pilothouse.api.v1.Machine;
import io.pilothouse.api.v1.Repair;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** ReImage and Replace in the order in which they were let begin, and how many machines serve. */
final class DestructiveIndex implements Index {
  private final TreeSet<Place> begun = new TreeSet<>();
  private long inService;

  @Override
  public void update(Entities now, Update update) {
    inService += count(update.after()) - count(update.before());
    if (update.before() instanceof Repair before) {
      begun.remove(place(before));
    }
    if (update.after() instanceof Repair after
        && isDestructive(after.getAction())
        && after.getReadyAt() != 0) {
      begun.add(place(after));
    }
  }

  private static int count(@Nullable Message entity) {
    boolean counts =
        entity instanceof Machine machine
            && machine.getLifecycle() == Lifecycle.IN_SERVICE
            && !Switches.is(machine);
    return counts ? 1 : 0;
  }

  private static Place place(Repair repair) {
    return new Place(repair.getReadyAt(), repair.getId());
  }

  /** Whether what is on the machine is lost by it. */
  static boolean isDestructive(Action action) {
    return action == Action.RE_IMAGE || action == Action.REPLACE;
  }

  /**
   * When the {@code nth} newest was let begin, counting from 1; empty when there are fewer. Looks
   * at no more than {@code nth} of them.
   */
  Optional<Long> newest(int nth) {
    return begun.descendingSet().stream().skip(nth - 1L).findFirst().map(Place::number);
  }

  /** Machines in service: what shares of the fleet are shares of. */
  int machinesInService() {
    return (int) inService;
  }

  @Override
  public SortedMap<String, Object> contents() {
    SortedMap<String, Object> contents = new TreeMap<>();
    contents.put("begun", begun);
    contents.put("in service", inService);
    return contents;
  }
}
