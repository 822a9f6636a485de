package io.pilothouse.dm.state;

import io.pilothouse.api.v1.Fleet;
import io.pilothouse.api.v1.Image;
import io.pilothouse.api.v1.MachineType;
import io.pilothouse.api.v1.ProvisioningPolicy;
import io.pilothouse.api.v1.RepairPolicy;
import io.pilothouse.api.v1.RolloutPolicy;
import io.pilothouse.api.v1.WatchdogSpec;
import io.pilothouse.api.v1.WatchdogState;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** The fleet specification by name, with defaults filled; and which watchdogs count for a type. */
final class FleetIndex implements Index {

  private SortedMap<String, MachineType> types = new TreeMap<>();
  private SortedMap<String, WatchdogSpec> watchdogs = new TreeMap<>();
  private SortedMap<String, Image> images = new TreeMap<>();
  private SortedMap<String, RepairPolicy> repair = new TreeMap<>();
  private SortedMap<String, RolloutPolicy> rollout = new TreeMap<>();
  private ProvisioningPolicy provisioning =
      Policies.filled(ProvisioningPolicy.getDefaultInstance());
  private SortedMap<String, List<WatchdogSpec>> watchdogsOf = new TreeMap<>();
  private SortedMap<String, List<WatchdogSpec>> requiredLive = new TreeMap<>();

  @Override
  public void update(Entities now, Update update) {
    switch (update.table()) {
      case FLEET -> {
        fleet(now.fleet());
        modes(now);
      }
      case WATCHDOG -> {
        if (mode(update.before()) != mode(update.after())) {
          modes(now);
        }
      }
      default -> {}
    }
  }

  private void fleet(Fleet fleet) {
    types = byName(fleet.getTypesList(), MachineType::getName, each -> each);
    watchdogs = byName(fleet.getWatchdogsList(), WatchdogSpec::getName, each -> each);
    images = byName(fleet.getImagesList(), Image::getName, each -> each);
    repair = byName(fleet.getRepairPoliciesList(), RepairPolicy::getName, Policies::filled);
    rollout = byName(fleet.getRolloutPoliciesList(), RolloutPolicy::getName, Policies::filled);
    provisioning = Policies.filled(fleet.getProvisioning());
    TreeSet<String> named = new TreeSet<>(types.keySet());
    fleet.getWatchdogsList().forEach(each -> named.addAll(each.getTypesList()));
    watchdogsOf = new TreeMap<>();
    for (String type : named) {
      List<String> listed =
          type(type).map(each -> List.<String>copyOf(each.getWatchdogsList())).orElse(List.of());
      watchdogsOf.put(
          type,
          fleet.getWatchdogsList().stream()
              .filter(each -> listed.contains(each.getName()) || each.getTypesList().contains(type))
              .toList());
    }
  }

  private void modes(Entities now) {
    requiredLive = new TreeMap<>();
    watchdogsOf.forEach(
        (type, specs) ->
            requiredLive.put(
                type,
                specs.stream()
                    .filter(each -> Policies.mode(now, each.getName()) == WatchdogState.Mode.LIVE)
                    .toList()));
  }

  Optional<MachineType> type(String name) {
    return Optional.ofNullable(types.get(name));
  }

  Optional<WatchdogSpec> watchdog(String name) {
    return Optional.ofNullable(watchdogs.get(name));
  }

  Optional<Image> image(String name) {
    return Optional.ofNullable(images.get(name));
  }

  /** The policy of a name, defaults filled; one of defaults alone when there is none. */
  RepairPolicy repair(String policy) {
    return repair.getOrDefault(policy, Policies.DEFAULT_REPAIR);
  }

  /** As {@link #repair}. */
  RolloutPolicy rollout(String policy) {
    return rollout.getOrDefault(policy, Policies.DEFAULT_ROLLOUT);
  }

  ProvisioningPolicy provisioning() {
    return provisioning;
  }

  /** Watchdogs that concern a type, in any mode, in the order of the specification. */
  List<WatchdogSpec> watchdogsOf(String type) {
    return watchdogsOf.getOrDefault(type, List.of());
  }

  /** Those of them that count. */
  List<WatchdogSpec> requiredLive(String type) {
    return requiredLive.getOrDefault(type, List.of());
  }

  private static WatchdogState.Mode mode(@Nullable Object state) {
    return state instanceof WatchdogState watchdog
        ? watchdog.getMode()
        : WatchdogState.Mode.MODE_UNSPECIFIED;
  }

  /** The first of a name counts, as it does where names are looked up one by one. */
  private static <T> SortedMap<String, T> byName(
      List<T> all, Function<T, String> name, Function<T, T> fill) {
    SortedMap<String, T> byName = new TreeMap<>();
    all.forEach(each -> byName.putIfAbsent(name.apply(each), fill.apply(each)));
    return byName;
  }

  @Override
  public SortedMap<String, Object> contents() {
    return new TreeMap<>(
        Map.of(
            "types", types,
            "watchdogs", watchdogs,
            "images", images,
            "repair policies", repair,
            "rollout policies", rollout,
            "provisioning", provisioning,
            "watchdogs of types", watchdogsOf,
            "live watchdogs of types", requiredLive));
  }
}
