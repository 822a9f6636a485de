package io.pilothouse.dm.state;

import io.pilothouse.api.v1.DeploymentReplica;
import io.pilothouse.api.v1.Lease;
import io.pilothouse.api.v1.Lifecycle;
import io.pilothouse.api.v1.Machine;
import io.pilothouse.api.v1.MachineType;
import io.pilothouse.api.v1.Rollout;
import io.pilothouse.api.v1.RolloutUnit;
import io.pilothouse.api.v1.Thing;
import io.pilothouse.api.v1.UnitVersion;
import io.pilothouse.api.v1.VersionRef;
import io.pilothouse.api.v1.WantedState;
import io.pilothouse.api.v1.WatchdogSpec;
import java.util.Collection;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What should be so on a machine: what its agent pulls. Holds nothing that changes with time alone,
 * so that its digest serves as an entity tag.
 */
public final class WantedStates {

  /** The lease whose holder agents connect to. */
  private static final String SCHEDULER = "scheduler";

  private WantedStates() {}

  public static WantedState of(Entities state, Machine machine) {
    boolean inService = machine.getLifecycle() == Lifecycle.IN_SERVICE;
    WantedState.Builder wanted =
        WantedState.newBuilder()
            .setMachine(machine.getName())
            .setType(machine.getType())
            .setLifecycle(machine.getLifecycle())
            .setCondition(machine.getCondition())
            .setInService(inService)
            .setRunProcesses(inService && !machine.getDraining())
            .setReportEveryMs(Policies.reportEveryMs(state.fleet()))
            .setAskedAt(machine.getAskedAt())
            .setPeers(state.indexes().peers.of(machine))
            .setLimits(state.fleet().getTransfers())
            .addAllUrgent(urgent(state, machine));
    if (inService
        || machine.getLifecycle() == Lifecycle.DRAINING
        || machine.getLifecycle() == Lifecycle.MAINTENANCE) {
      wanted.addAllStaged(staged(state, machine));
      if (!machine.getWantedActive().getName().isEmpty()) {
        wanted.setActive(machine.getWantedActive());
      }
      if (!machine.getWantedWatchdogSet().getName().isEmpty()) {
        wanted.setWatchdogSet(machine.getWantedWatchdogSet());
      }
      if (!machine.getWantedAgent().getName().isEmpty()) {
        wanted.setAgent(machine.getWantedAgent());
      }
      image(state, machine, wanted);
      for (WatchdogSpec spec : Policies.watchdogsOf(state, machine)) {
        // in quarantine, too: what it says then tells when that can end
        if (spec.getRunner() != WatchdogSpec.Runner.REMOTE) {
          wanted.addWatchdogs(spec);
        }
      }
    }
    if (machine.hasProvisioning()) {
      wanted.setProvisioning(
          machine.getProvisioning().toBuilder().clearReason().clearRetryAt().build());
    }
    Policies.type(state, machine.getType())
        .filter(MachineType::hasOffers)
        .ifPresent(type -> offers(state, type, wanted));
    for (DeploymentReplica replica : state.replicas()) {
      if (replica.getUp()) {
        wanted.addDeployments(replica.getAddress());
      }
    }
    return wanted.build();
  }

  /** In whatever condition the machine is: its agent tells the scheduler of the tasks it has. */
  private static void offers(Entities state, MachineType type, WantedState.Builder wanted) {
    wanted.setOffers(type.getOffers());
    state.lease(SCHEDULER).map(Lease::getAddress).ifPresent(wanted::setScheduler);
  }

  /** Exactly the one that a rollout gave it, or else any of the name that its type has. */
  private static void image(Entities state, Machine machine, WantedState.Builder wanted) {
    if (!machine.getWantedImage().getName().isEmpty()) {
      wanted.setImage(machine.getWantedImage());
      return;
    }
    Policies.type(state, machine.getType())
        .filter(type -> !type.getImage().isEmpty())
        .ifPresent(type -> wanted.getImageBuilder().setName(type.getImage()));
  }

  /**
   * Versions to hold: what the type's units run, what open rollouts bring, and what each unit would
   * go back to. By name, then version.
   */
  private static Collection<VersionRef> staged(Entities state, Machine machine) {
    SortedMap<String, VersionRef> staged = new TreeMap<>();
    Things.STAGED.forEach(thing -> add(staged, Things.wanted(machine, thing)));
    // '0' is the character after '/', which no name holds
    state
        .table(Table.UNIT_VERSION)
        .subMap(machine.getType() + "/", machine.getType() + "0")
        .values()
        .stream()
        .map(each -> (UnitVersion) each)
        .filter(each -> Things.STAGED.contains(each.getThing()))
        .forEach(each -> add(staged, each.getVersion()));
    List<Rollout> rollouts = state.indexes().rollouts.ofType(state, machine.getType());
    for (Thing thing : Things.STAGED) {
      List<Rollout> ofThing = rollouts.stream().filter(each -> each.getThing() == thing).toList();
      ofThing.stream().filter(Rollouts::isOpen).forEach(each -> addAll(staged, each));
      ofThing.stream()
          .filter(each -> each.getState() == Rollout.State.COMPLETED)
          .reduce((older, newer) -> newer)
          // what it brought is its units' version, or nobody's: one that skipped all of them
          .ifPresent(each -> addBefore(staged, each));
    }
    return staged.values();
  }

  /** Digests that machines of the type go back to now. */
  private static List<String> urgent(Entities state, Machine machine) {
    return state.indexes().rollouts.ofType(state, machine.getType()).stream()
        .filter(WantedStates::goesBack)
        .flatMap(each -> each.getUnitsList().stream())
        .map(each -> each.getBefore().getDigest())
        .filter(digest -> !digest.isEmpty())
        .distinct()
        .sorted()
        .toList();
  }

  private static boolean goesBack(Rollout rollout) {
    return rollout.getState() == Rollout.State.ROLLING_BACK
        || (rollout.getState() == Rollout.State.PAUSED
            && rollout.getResumeTo() == Rollout.State.ROLLING_BACK);
  }

  private static void addAll(SortedMap<String, VersionRef> staged, Rollout rollout) {
    add(staged, rollout.getTo());
    addBefore(staged, rollout);
  }

  private static void addBefore(SortedMap<String, VersionRef> staged, Rollout rollout) {
    for (RolloutUnit unit : rollout.getUnitsList()) {
      add(staged, unit.getBefore());
    }
  }

  private static void add(SortedMap<String, VersionRef> staged, VersionRef ref) {
    if (!ref.getName().isEmpty()) {
      staged.put(ref.getName() + "@" + ref.getVersion(), ref);
    }
  }
}
