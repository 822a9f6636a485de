package io.pilothouse.manifests;

import io.pilothouse.api.v1.Access;
import io.pilothouse.api.v1.Fleet;
import io.pilothouse.api.v1.Image;
import io.pilothouse.api.v1.MachineType;
import io.pilothouse.api.v1.RolloutPolicy;
import io.pilothouse.manifests.table.Reading.Reference;
import io.pilothouse.manifests.text.Place;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** What the files of a fleet hold, gathered; whole and consistent only after the checks. */
final class FleetParts {
  /** An object with the place of its document. */
  record At<T>(Place place, T value) {}

  final List<At<Fleet.Builder>> clusters = new ArrayList<>();
  final List<At<MachineType.Builder>> types = new ArrayList<>();
  final List<At<UnitDraft>> units = new ArrayList<>();
  final List<At<WatchdogDraft>> watchdogs = new ArrayList<>();
  final List<At<RepairPolicyDraft>> repairPolicies = new ArrayList<>();
  final List<At<RolloutPolicy.Builder>> rolloutPolicies = new ArrayList<>();
  final List<At<Image.Builder>> images = new ArrayList<>();
  final List<At<Access.Builder>> access = new ArrayList<>();
  final List<At<RoleDraft>> roles = new ArrayList<>();
  final List<Reference> references = new ArrayList<>();

  /** Files in {@code watchdogs/} that are not YAML. */
  final List<String> scripts = new ArrayList<>();

  /** Files that a Watchdog document names; they need no header. */
  final Set<String> named = new HashSet<>();

  private final SortedMap<String, SortedMap<String, Place>> names = new TreeMap<>();
  private @Nullable Inventory inventory;

  /** Names of a kind and where each was first given. */
  SortedMap<String, Place> names(String kind) {
    return names.computeIfAbsent(kind, each -> new TreeMap<>());
  }

  Optional<Inventory> inventory() {
    return Optional.ofNullable(inventory);
  }

  void inventory(Inventory read) {
    inventory = read;
  }

  /** The fleet, in canonical order. */
  Fleet fleet() {
    Fleet.Builder fleet = clusters.get(0).value().clone();
    types.forEach(each -> fleet.addTypes(each.value()));
    units.forEach(each -> fleet.addUnits(each.value().unit));
    watchdogs.forEach(each -> fleet.addWatchdogs(each.value().spec));
    repairPolicies.forEach(each -> fleet.addRepairPolicies(each.value().policy));
    rolloutPolicies.forEach(each -> fleet.addRolloutPolicies(each.value()));
    images.forEach(each -> fleet.addImages(each.value()));
    access.forEach(each -> fleet.addAccess(each.value()));
    roles.forEach(each -> fleet.addOfferRoles(each.value().role));
    if (inventory != null) {
      inventory.rows().forEach(each -> fleet.addMachines(each.machine()));
    }
    return CanonicalOrder.of(fleet.build());
  }
}
