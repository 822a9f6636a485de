package io.pilothouse.dm.state;

import io.pilothouse.api.v1.Lifecycle;
import io.pilothouse.api.v1.Machine;
import io.pilothouse.api.v1.Verdict;
import io.pilothouse.api.v1.VerdictKind;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** What each watchdog says of the machines that are in service. Sets are views of names. */
final class VerdictIndex implements Index {

  private final Groups<String, String> present = new Groups<>();
  private final Groups<String, String> silent = new Groups<>();
  private final Groups<String, String> error = new Groups<>();

  @Override
  public void update(Entities now, Update update) {
    switch (update.table()) {
      case VERDICT -> {
        @Nullable Verdict before = (Verdict) update.before();
        @Nullable Verdict after = (Verdict) update.after();
        String machine = update.key().substring(0, update.key().indexOf('/'));
        if (now.machine(machine).filter(VerdictIndex::isInService).isPresent()) {
          count(before, false);
          count(after, true);
        }
      }
      case MACHINE -> {
        boolean was = update.before() instanceof Machine before && isInService(before);
        boolean is = update.after() instanceof Machine after && isInService(after);
        if (was != is) {
          now.verdicts(update.key()).forEach(each -> count(each, is));
        }
      }
      default -> {}
    }
  }

  /** In-service machines on which the watchdog has a verdict, be it still awaited. */
  SortedSet<String> present(String watchdog) {
    return present.of(watchdog);
  }

  /** In-service machines on which the watchdog is silent. */
  SortedSet<String> silent(String watchdog) {
    return silent.of(watchdog);
  }

  /** In-service machines of which the watchdog says ERROR. */
  SortedSet<String> error(String watchdog) {
    return error.of(watchdog);
  }

  static boolean isError(Verdict verdict) {
    return !verdict.getSilent() && !verdict.getAwaiting() && verdict.getKind() == VerdictKind.ERROR;
  }

  private static boolean isInService(Machine machine) {
    return machine.getLifecycle() == Lifecycle.IN_SERVICE;
  }

  private void count(@Nullable Verdict verdict, boolean in) {
    if (verdict != null) {
      count(present, verdict, in);
      count(silent, verdict, in && verdict.getSilent());
      count(error, verdict, in && isError(verdict));
    }
  }

  private static void count(Groups<String, String> group, Verdict verdict, boolean in) {
    if (in) {
      group.add(verdict.getWatchdog(), verdict.getMachine());
    } else {
      group.remove(verdict.getWatchdog(), verdict.getMachine());
    }
  }

  @Override
  public SortedMap<String, Object> contents() {
    SortedMap<String, Object> contents = new TreeMap<>();
    contents.put("present", present.contents());
    contents.put("silent", silent.contents());
    contents.put("error", error.contents());
    return contents;
  }
}
