package io.pilothouse.manifests;

import com.google.protobuf.Message;
import io.pilothouse.api.v1.Access;
import io.pilothouse.api.v1.Fleet;
import io.pilothouse.api.v1.Image;
import io.pilothouse.api.v1.InventoryMachine;
import io.pilothouse.api.v1.MachineType;
import io.pilothouse.api.v1.OfferRole;
import io.pilothouse.api.v1.RepairPolicy;
import io.pilothouse.api.v1.RolloutPolicy;
import io.pilothouse.api.v1.ScaleUnit;
import io.pilothouse.api.v1.WatchdogSpec;
import java.util.Comparator;
import java.util.List;
import java.util.function.Function;

/** The order of a fleet's objects: by name everywhere but for units, which are in rollout order. */
public final class CanonicalOrder {
  private CanonicalOrder() {}

  /** The same fleet in this order. */
  public static Fleet of(Fleet fleet) {
    Fleet.Builder sorted = fleet.toBuilder();
    sorted.clearTypes().addAllTypes(sorted(fleet.getTypesList(), MachineType::getName));
    sorted
        .clearUnits()
        .addAllUnits(
            fleet.getUnitsList().stream()
                .sorted(
                    Comparator.comparingInt(ScaleUnit::getOrder).thenComparing(ScaleUnit::getName))
                .toList());
    sorted
        .clearWatchdogs()
        .addAllWatchdogs(sorted(fleet.getWatchdogsList(), WatchdogSpec::getName));
    sorted
        .clearRepairPolicies()
        .addAllRepairPolicies(sorted(fleet.getRepairPoliciesList(), RepairPolicy::getName));
    sorted
        .clearRolloutPolicies()
        .addAllRolloutPolicies(sorted(fleet.getRolloutPoliciesList(), RolloutPolicy::getName));
    sorted.clearImages().addAllImages(sorted(fleet.getImagesList(), Image::getName));
    sorted.clearAccess().addAllAccess(sorted(fleet.getAccessList(), Access::getName));
    sorted
        .clearOfferRoles()
        .addAllOfferRoles(sorted(fleet.getOfferRolesList(), OfferRole::getName));
    sorted
        .clearMachines()
        .addAllMachines(sorted(fleet.getMachinesList(), InventoryMachine::getName));
    return sorted.build();
  }

  private static <M extends Message> List<M> sorted(List<M> items, Function<M, String> name) {
    return items.stream().sorted(Comparator.comparing(name)).toList();
  }
}
