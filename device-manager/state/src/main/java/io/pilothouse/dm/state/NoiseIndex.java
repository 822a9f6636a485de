package io.pilothouse.dm.state;

import io.pilothouse.api.v1.Condition;
import io.pilothouse.api.v1.Lifecycle;
import io.pilothouse.api.v1.Machine;
import io.pilothouse.api.v1.Verdict;
import io.pilothouse.api.v1.WatchdogState;
import java.util.Map;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * How many machines each watchdog calls bad, and on how many of those no other live watchdog agrees
 * with it. Holds machines with a complaint only.
 */
final class NoiseIndex implements Index {

  /**
   * A bad word of a watchdog.
   *
   * @param error an ERROR; else silence
   */
  private record Complaint(boolean error, long since) {}

  private final TreeMap<String, TreeMap<String, Complaint>> complaints = new TreeMap<>();
  private final Groups<String, Place> errors = new Groups<>();
  private final TreeMap<String, Integer> alone = new TreeMap<>();

  @Override
  public void update(Entities now, Update update) {
    switch (update.table()) {
      case VERDICT -> {
        int slash = update.key().indexOf('/');
        String machine = update.key().substring(0, slash);
        @Nullable Verdict after = (Verdict) update.after();
        if (now.machine(machine).filter(NoiseIndex::counts).isPresent()) {
          set(now, machine, update.key().substring(slash + 1), complaint(after));
        }
      }
      case MACHINE -> {
        boolean was = update.before() instanceof Machine before && counts(before);
        boolean is = update.after() instanceof Machine after && counts(after);
        if (was != is) {
          for (Verdict each : now.verdicts(update.key())) {
            set(now, update.key(), each.getWatchdog(), is ? complaint(each) : null);
          }
        }
      }
      case WATCHDOG -> {
        if (isLive(update.before()) != isLive(update.after())) {
          alone.clear();
          complaints.values().forEach(each -> countAlone(now, each, 1));
        }
      }
      default -> {}
    }
  }

  /** In-service machines of which the watchdog says ERROR, by since when. A view. */
  SortedSet<Place> errors(String watchdog) {
    return errors.of(watchdog);
  }

  /** Of those, machines of which no other live watchdog says ERROR or is silent. */
  int alone(String watchdog) {
    return alone.getOrDefault(watchdog, 0);
  }

  private void set(Entities now, String machine, String watchdog, @Nullable Complaint complaint) {
    TreeMap<String, Complaint> all = complaints.computeIfAbsent(machine, key -> new TreeMap<>());
    countAlone(now, all, -1);
    @Nullable Complaint before =
        complaint == null ? all.remove(watchdog) : all.put(watchdog, complaint);
    countAlone(now, all, 1);
    if (before != null && before.error()) {
      errors.remove(watchdog, new Place(before.since(), machine));
    }
    if (complaint != null && complaint.error()) {
      errors.add(watchdog, new Place(complaint.since(), machine));
    }
    if (all.isEmpty()) {
      complaints.remove(machine);
    }
  }

  /** The one live watchdog that says ERROR while all other live ones are content. */
  private void countAlone(Entities now, Map<String, Complaint> all, int by) {
    @Nullable String only = null;
    int live = 0;
    for (var each : all.entrySet()) {
      if (Policies.mode(now, each.getKey()) == WatchdogState.Mode.LIVE) {
        live++;
        only = each.getValue().error() ? each.getKey() : null;
      }
    }
    if (live == 1 && only != null) {
      alone.merge(only, by, (a, b) -> a + b == 0 ? null : a + b);
    }
  }

  private static @Nullable Complaint complaint(@Nullable Verdict verdict) {
    if (verdict == null) {
      return null;
    }
    boolean error = VerdictIndex.isError(verdict);
    return error || verdict.getSilent() ? new Complaint(error, verdict.getSince()) : null;
  }

  private static boolean isLive(@Nullable Object state) {
    return state instanceof WatchdogState watchdog && watchdog.getMode() == WatchdogState.Mode.LIVE;
  }

  /** In service, and not where errors are expected: a version or the machine was just changed. */
  private static boolean counts(Machine machine) {
    if (machine.getLifecycle() != Lifecycle.IN_SERVICE) {
      return false;
    }
    return machine.getCondition() != Condition.PROBATION
        || switch (machine.getCause()) {
          case CAUSE_DO_NOTHING, CAUSE_REPAIR -> true;
          case CAUSE_JOINING,
              CAUSE_ROLLOUT,
              CAUSE_INSTALL,
              CAUSE_ROLLBACK,
              CAUSE_MAINTENANCE,
              PROBATION_CAUSE_UNSPECIFIED,
              UNRECOGNIZED ->
              false;
        };
  }

  @Override
  public SortedMap<String, Object> contents() {
    SortedMap<String, Object> contents = new TreeMap<>();
    contents.put("complaints", complaints);
    contents.put("errors", errors.contents());
    contents.put("alone", alone);
    return contents;
  }
}
