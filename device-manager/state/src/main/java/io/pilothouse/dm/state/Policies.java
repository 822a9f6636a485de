package io.pilothouse.dm.state;

import io.pilothouse.api.v1.Fleet;
import io.pilothouse.api.v1.Limit;
import io.pilothouse.api.v1.Machine;
import io.pilothouse.api.v1.MachineType;
import io.pilothouse.api.v1.ProvisioningPolicy;
import io.pilothouse.api.v1.RepairPolicy;
import io.pilothouse.api.v1.RolloutPolicy;
import io.pilothouse.api.v1.WatchdogSpec;
import io.pilothouse.api.v1.WatchdogState;
import io.pilothouse.manifests.policy.DefaultPolicy;
import java.util.List;
import java.util.Optional;

/** The policies that hold for a machine or type, with the defaults of the fleet's rules filled. */
public final class Policies {
  private static final long SECOND = 1000;
  private static final long MINUTE = 60 * SECOND;
  private static final long HOUR = 60 * MINUTE;

  static final RepairPolicy DEFAULT_REPAIR = filled(RepairPolicy.getDefaultInstance());
  static final RolloutPolicy DEFAULT_ROLLOUT = filled(RolloutPolicy.getDefaultInstance());

  private Policies() {}

  public static Optional<MachineType> type(Entities state, String name) {
    return state.indexes().fleet.type(name);
  }

  /** How the machine's failures are judged and repaired. */
  public static RepairPolicy repair(Entities state, Machine machine) {
    FleetIndex fleet = state.indexes().fleet;
    return fleet.repair(
        named(fleet.type(machine.getType()).map(MachineType::getRepairPolicy).orElse("")));
  }

  /** The policy with the defaults of the fleet's rules filled. */
  static RepairPolicy filled(RepairPolicy given) {
    return DefaultPolicy.fill(given);
  }

  /** How versions reach the machines of a type. */
  public static RolloutPolicy rollout(Entities state, String type) {
    FleetIndex fleet = state.indexes().fleet;
    return fleet.rollout(named(fleet.type(type).map(MachineType::getRolloutPolicy).orElse("")));
  }

  /** As {@link #filled(RepairPolicy)}. */
  static RolloutPolicy filled(RolloutPolicy given) {
    RolloutPolicy.Builder policy = given.toBuilder();
    policy.setStagedShare(given.getStagedShare() == 0 ? 95 : given.getStagedShare());
    if (isUnset(given.getMaxUnavailable())) {
      policy.setMaxUnavailable(Limit.newBuilder().setPercent(10));
    }
    policy.setSuccessShare(given.getSuccessShare() == 0 ? 98 : given.getSuccessShare());
    policy.setDeadlineMs(or(given.getDeadlineMs(), HOUR));
    if (given.getOnFailure() == RolloutPolicy.OnFailure.ON_FAILURE_UNSPECIFIED) {
      policy.setOnFailure(RolloutPolicy.OnFailure.ROLLBACK);
    }
    return policy.build();
  }

  /** How machines are installed. */
  public static ProvisioningPolicy provisioning(Entities state) {
    return state.indexes().fleet.provisioning();
  }

  /** As {@link #filled(RepairPolicy)}. */
  static ProvisioningPolicy filled(ProvisioningPolicy given) {
    return given.toBuilder()
        .setMaxConcurrent(given.getMaxConcurrent() == 0 ? 20 : given.getMaxConcurrent())
        .setStepDeadlineMs(or(given.getStepDeadlineMs(), 30 * MINUTE))
        .setMaxAttempts(given.getMaxAttempts() == 0 ? 3 : given.getMaxAttempts())
        .setRetryAfterMs(or(given.getRetryAfterMs(), MINUTE))
        .build();
  }

  public static Optional<WatchdogSpec> watchdog(Entities state, String name) {
    return state.indexes().fleet.watchdog(name);
  }

  /** Milliseconds for which a report of this watchdog stays fresh. */
  public static long validForMs(WatchdogSpec spec) {
    return or(spec.getValidForMs(), 3 * or(spec.getEveryMs(), MINUTE));
  }

  /** Milliseconds between reports of a machine's agent. */
  public static long reportEveryMs(Fleet fleet) {
    return or(fleet.getReportEveryMs(), 5 * SECOND);
  }

  /** Watchdogs that concern a machine's type, in any mode, in the order of the specification. */
  public static List<WatchdogSpec> watchdogsOf(Entities state, Machine machine) {
    return state.indexes().fleet.watchdogsOf(machine.getType());
  }

  /** Whether a watchdog concerns a machine's type, in any mode. */
  public static boolean concerns(Entities state, Machine machine, WatchdogSpec spec) {
    return spec.getTypesList().contains(machine.getType())
        || type(state, machine.getType())
            .filter(each -> each.getWatchdogsList().contains(spec.getName()))
            .isPresent();
  }

  /** Watchdogs whose Error counts for a machine, and whose silence does. */
  public static List<WatchdogSpec> requiredLive(Entities state, Machine machine) {
    return state.indexes().fleet.requiredLive(machine.getType());
  }

  /** The mode of a watchdog; shadow while unknown. */
  public static WatchdogState.Mode mode(Entities state, String watchdog) {
    return state.watchdog(watchdog).map(WatchdogState::getMode).orElse(WatchdogState.Mode.SHADOW);
  }

  /** A limit as a number of machines: absolute, or percent rounded down but at least 1. */
  public static int limit(Limit limit, int machines) {
    if (limit.getAbsolute() > 0) {
      return limit.getAbsolute();
    }
    // parts per million keep the arithmetic exact for every share that people write
    long parts = StrictMath.round(limit.getPercent() * 10_000);
    return (int) Math.max(1, machines * parts / 1_000_000);
  }

  static boolean isUnset(Limit limit) {
    return limit.getAbsolute() == 0 && limit.getPercent() == 0;
  }

  /** A type that names no policy has the one called default, if the fleet has such. */
  static String named(String policy) {
    return policy.isEmpty() ? "default" : policy;
  }

  private static long or(long given, long otherwise) {
    return given == 0 ? otherwise : given;
  }
}
