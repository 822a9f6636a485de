package io.pilothouse.dm.server;

import io.pilothouse.api.v1.ContentHolders;
import io.pilothouse.api.v1.DeploymentReplica;
import io.pilothouse.api.v1.Lifecycle;
import io.pilothouse.api.v1.Machine;
import io.pilothouse.api.v1.Manifest;
import io.pilothouse.api.v1.Observed;
import io.pilothouse.api.v1.VersionRef;
import io.pilothouse.dm.state.Entities;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * Machines that hold what no deployment replica holds any more: when all replicas have lost their
 * disks, the service is filled again from the fleet. Machines are looked at only then, and until
 * enough are found.
 */
final class LastHolders {
  /** So many for each content: some may have died with the replicas. */
  private static final int ENOUGH = 8;

  private LastHolders() {}

  /** By digest, sorted; those that no machine holds are not among them. */
  static List<ContentHolders> of(Entities state) {
    SortedMap<String, List<String>> agents = new TreeMap<>();
    for (Manifest each : state.manifests()) {
      agents.put(each.getRef().getDigest(), new ArrayList<>());
    }
    for (DeploymentReplica each : state.replicas()) {
      if (each.getUp()) {
        agents.keySet().removeAll(each.getHeldList());
      }
    }
    int open = agents.size();
    for (Machine machine : state.machines()) {
      if (open == 0) {
        break;
      }
      if (!serves(machine)) {
        continue;
      }
      for (String digest : held(machine.getObserved()).distinct().toList()) {
        List<String> found = agents.get(digest);
        if (found != null && found.size() < ENOUGH) {
          found.add(machine.getObserved().getAgentAddress());
          open -= found.size() == ENOUGH ? 1 : 0;
        }
      }
    }
    return agents.entrySet().stream()
        .filter(each -> !each.getValue().isEmpty())
        .map(
            each ->
                ContentHolders.newBuilder()
                    .setDigest(each.getKey())
                    .addAllAgents(each.getValue())
                    .build())
        .toList();
  }

  private static boolean serves(Machine machine) {
    return machine.getLifecycle() == Lifecycle.IN_SERVICE
        && !machine.getObserved().getAgentAddress().isEmpty();
  }

  private static Stream<String> held(Observed observed) {
    return Stream.concat(observed.getStagedList().stream(), Stream.of(observed.getImage()))
        .map(VersionRef::getDigest);
  }
}
