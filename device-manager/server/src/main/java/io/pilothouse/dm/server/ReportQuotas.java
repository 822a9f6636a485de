package io.pilothouse.dm.server;

import io.pilothouse.api.v1.Fleet;
import io.pilothouse.api.v1.Machine;
import io.pilothouse.api.v1.MachineType;
import io.pilothouse.api.v1.WatchdogSpec;
import io.pilothouse.dm.state.Policies;
import io.pilothouse.dm.state.State;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;

/**
 * How much one reporter may say for one watchdog: three times what it has to say when it looks at
 * all of its machines at its interval, unless the watchdog's definition sets a number.
 */
final class ReportQuotas {

  /**
   * A rate.
   *
   * @param perMinute reports a minute in the long run
   * @param burst reports at once after a rest
   */
  record Quota(double perMinute, double burst) {}

  private static final int SLACK = 3;

  /** Below this a quota would hit people who try things out. */
  private static final double LEAST = 60;

  private static final Duration RECOUNT = Duration.ofSeconds(10);
  private static final double MINUTE_MS = 60_000;

  private Map<String, Integer> machines = Map.of();
  private long revision = -1;
  private long countedAt;

  /** Of an agent, which sends what it knows with each of its reports. */
  Quota ofAgent(State state, WatchdogSpec spec) {
    double everyMs = Math.min(every(spec), (double) Policies.reportEveryMs(state.fleet()));
    double needed = MINUTE_MS / everyMs;
    double most = spec.getQuotaPerMinute();
    // below its own interval an agent's watchdogs would fall silent by our doing
    return quota(most == 0 ? Math.max(LEAST, SLACK * needed) : Math.max(most, 2 * needed));
  }

  /** Of one that looks from elsewhere. */
  synchronized Quota ofObserver(State state, WatchdogSpec spec, long nanoTime) {
    if (revision != state.meta().getFleetRevision() || nanoTime - countedAt > RECOUNT.toNanos()) {
      machines = count(state);
      revision = state.meta().getFleetRevision();
      countedAt = nanoTime;
    }
    if (spec.getQuotaPerMinute() != 0) {
      return quota(spec.getQuotaPerMinute());
    }
    int covered = machines.getOrDefault(spec.getName(), 0);
    return quota(Math.max(LEAST, SLACK * covered * MINUTE_MS / every(spec)));
  }

  private static Quota quota(double perMinute) {
    return new Quota(perMinute, Math.max(1, perMinute));
  }

  private static double every(WatchdogSpec spec) {
    return spec.getEveryMs() == 0 ? MINUTE_MS : spec.getEveryMs();
  }

  private static Map<String, Integer> count(State state) {
    Map<String, Integer> byType = new HashMap<>();
    for (Machine machine : state.machines()) {
      byType.merge(machine.getType(), 1, Integer::sum);
    }
    Fleet fleet = state.fleet();
    Map<String, Integer> byWatchdog = new HashMap<>();
    for (WatchdogSpec spec : fleet.getWatchdogsList()) {
      int machines = 0;
      for (MachineType type : fleet.getTypesList()) {
        boolean concerned =
            spec.getTypesList().contains(type.getName())
                || type.getWatchdogsList().contains(spec.getName());
        machines += concerned ? byType.getOrDefault(type.getName(), 0) : 0;
      }
      byWatchdog.put(spec.getName(), machines);
    }
    return byWatchdog;
  }
}
