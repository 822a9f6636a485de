package io.pilothouse.dm.server;

import io.pilothouse.api.v1.DeviceKind;
import io.pilothouse.api.v1.Lifecycle;
import io.pilothouse.api.v1.Machine;
import io.pilothouse.api.v1.PullManifestsReply;
import io.pilothouse.api.v1.PullProvisioningReply;
import io.pilothouse.api.v1.PullRepairsReply;
import io.pilothouse.api.v1.PullTargetsReply;
import io.pilothouse.api.v1.Repair;
import io.pilothouse.api.v1.RepairTask;
import io.pilothouse.api.v1.Target;
import io.pilothouse.api.v1.WatchdogSpec;
import io.pilothouse.dm.state.Entities;
import io.pilothouse.dm.state.Policies;
import io.pilothouse.dm.state.Table;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/** What each satellite pulls, without the revision: equal answers are no news. */
final class SatellitePulls {

  static final Set<Topic> REPAIR_TOPICS = Set.of(Topic.any(Table.REPAIR), Topic.any(Table.MACHINE));
  static final Set<Topic> PROVISIONING_TOPICS = Set.of(Topic.any(Table.MACHINE));
  static final Set<Topic> TARGET_TOPICS =
      Set.of(Topic.any(Table.MACHINE), Topic.any(Table.FLEET), Topic.any(Table.WATCHDOG));
  static final Set<Topic> MANIFEST_TOPICS =
      Set.of(Topic.any(Table.MANIFEST), Topic.any(Table.REPLICA));

  private SatellitePulls() {}

  /** Repairs that the service has something to do for, or to watch, oldest first. */
  static PullRepairsReply repairs(Entities state) {
    PullRepairsReply.Builder reply = PullRepairsReply.newBuilder();
    state.repairs().stream()
        .filter(SatellitePulls::isServices)
        .sorted(Comparator.comparingLong(Repair::getOrder).thenComparing(Repair::getId))
        .forEach(
            repair ->
                state
                    .machine(repair.getMachine())
                    .ifPresent(
                        machine ->
                            reply.addTasks(
                                RepairTask.newBuilder()
                                    .setRepair(repair)
                                    .setMachine(Shown.machine(machine)))));
    return reply.build();
  }

  private static boolean isServices(Repair repair) {
    return switch (repair.getState()) {
      case READY, CLAIMED, REPAIR_DRAINING, EXECUTING, VERIFYING -> true;
      case ASSIGNED, WAITING, DONE, FAILED, EXPIRED, STATE_UNSPECIFIED, UNRECOGNIZED -> false;
    };
  }

  /** Machines to install, and in short all that need not be discovered. */
  static PullProvisioningReply provisioning(Entities state) {
    PullProvisioningReply.Builder reply = PullProvisioningReply.newBuilder();
    for (Machine machine : state.machines()) {
      if (machine.getLifecycle() == Lifecycle.PROVISIONING
          || machine.getLifecycle() == Lifecycle.BURN_IN) {
        reply.addMachines(Shown.machine(machine));
      }
      reply.addKnown(
          Machine.newBuilder()
              .setName(machine.getName())
              .setMac(machine.getMac())
              .setBmc(machine.getBmc())
              .setLifecycle(machine.getLifecycle())
              .setGeneration(machine.getGeneration()));
    }
    return reply.build();
  }

  /**
   * Machines in service with an agent, switches, and the remote watchdogs. The types of a watchdog
   * are made explicit: those that name it and those that it names.
   */
  static PullTargetsReply targets(Entities state) {
    PullTargetsReply.Builder reply = PullTargetsReply.newBuilder();
    Map<String, Set<String>> watchdogsOfType = new HashMap<>();
    Map<String, Set<String>> types = new TreeMap<>();
    for (Machine machine : state.machines()) {
      // a switch never has an agent: it is looked at by its own address or through its bmc
      boolean visible =
          machine.getKind() == DeviceKind.DEVICE_SWITCH
              || !machine.getObserved().getAgentAddress().isEmpty();
      if (machine.getLifecycle() != Lifecycle.IN_SERVICE || !visible) {
        continue;
      }
      Set<String> watchdogs =
          watchdogsOfType.computeIfAbsent(machine.getType(), type -> remote(state, machine));
      if (watchdogs.isEmpty()) {
        continue;
      }
      watchdogs.forEach(
          each -> types.computeIfAbsent(each, key -> new TreeSet<>()).add(machine.getType()));
      reply.addTargets(
          Target.newBuilder()
              .setMachine(machine.getName())
              .setType(machine.getType())
              .setAddress(
                  machine.getKind() == DeviceKind.DEVICE_SWITCH
                      ? machine.getAddress()
                      : machine.getObserved().getAddress())
              .setKind(machine.getKind())
              .setBmc(machine.getBmc())
              .setRack(machine.getRack())
              .setAgentAddress(machine.getObserved().getAgentAddress()));
    }
    types.forEach(
        (name, of) -> {
          Optional<WatchdogSpec> spec = Policies.watchdog(state, name);
          spec.ifPresent(each -> reply.addWatchdogs(each.toBuilder().clearTypes().addAllTypes(of)));
        });
    return reply.build();
  }

  private static Set<String> remote(Entities state, Machine machine) {
    Set<String> names = new TreeSet<>();
    for (WatchdogSpec spec : Policies.watchdogsOf(state, machine)) {
      if (spec.getRunner() == WatchdogSpec.Runner.REMOTE) {
        names.add(spec.getName());
      }
    }
    return names;
  }

  /** All versions, and who holds them. */
  static PullManifestsReply manifests(Entities state) {
    return PullManifestsReply.newBuilder()
        .addAllManifests(state.manifests())
        .addAllReplicas(state.replicas())
        .addAllHolders(LastHolders.of(state))
        .build();
  }
}
