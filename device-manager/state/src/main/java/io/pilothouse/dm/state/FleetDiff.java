package io.pilothouse.dm.state;

import com.google.protobuf.Descriptors.EnumValueDescriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;
import io.pilothouse.api.v1.AccessRole;
import io.pilothouse.api.v1.Fleet;
import io.pilothouse.api.v1.FleetChange;
import io.pilothouse.api.v1.Image;
import io.pilothouse.api.v1.InventoryMachine;
import io.pilothouse.api.v1.Lifecycle;
import io.pilothouse.api.v1.Machine;
import io.pilothouse.api.v1.MachineType;
import io.pilothouse.api.v1.OfferedResource;
import io.pilothouse.api.v1.OrderKind;
import io.pilothouse.api.v1.RepairPolicy;
import io.pilothouse.api.v1.Thing;
import io.pilothouse.manifests.access.OrderKinds;
import io.pilothouse.manifests.access.Roles;
import io.pilothouse.manifests.offers.OfferedWords;
import io.pilothouse.manifests.signing.PublicKeys;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/** What an apply would change, object by object and field by field. */
public final class FleetDiff {

  private FleetDiff() {}

  /** The differences between what is stored and {@code wanted}, in a stable order. */
  public static List<FleetChange> of(Entities state, Fleet wanted) {
    List<FleetChange> changes = new ArrayList<>();
    SortedMap<String, Message> before = objects(state.fleet(), inventory(state, wanted));
    SortedMap<String, Message> after = objects(wanted, wanted.getMachinesList());
    for (var entry : after.entrySet()) {
      Message old = before.get(entry.getKey());
      if (old == null) {
        changes.add(
            FleetChange.newBuilder()
                .setVerb("add")
                .setObject(entry.getKey())
                .setEffect(effect(state, entry.getKey(), "add"))
                .build());
      } else if (!old.equals(entry.getValue())) {
        changes.add(
            FleetChange.newBuilder()
                .setVerb("change")
                .setObject(entry.getKey())
                .addAllLines(fields(old, entry.getValue()))
                .setEffect(effect(state, entry.getKey(), "change") + rolledOut(state, entry))
                .build());
      }
    }
    for (String key : before.keySet()) {
      if (!after.containsKey(key)) {
        changes.add(
            FleetChange.newBuilder()
                .setVerb("remove")
                .setObject(key)
                .setEffect(effect(state, key, "remove"))
                .build());
      }
    }
    return changes;
  }

  /** How many machines the changes touch: those of changed types, policies and inventory lines. */
  public static int machinesTouched(Entities state, List<FleetChange> changes) {
    // a change of each machine of a large fleet: never every change for every machine
    SortedSet<String> objects = new TreeSet<>();
    changes.forEach(each -> objects.add(each.getObject()));
    return (int)
        state.machines().stream().filter(machine -> touches(state, objects, machine)).count();
  }

  private static boolean touches(Entities state, SortedSet<String> objects, Machine machine) {
    var type = Policies.type(state, machine.getType());
    return objects.contains("machine/" + machine.getName())
        || objects.contains("unit/" + machine.getScaleUnit())
        || objects.contains("type/" + machine.getType())
        || type.filter(t -> objects.contains("repair-policy/" + t.getRepairPolicy())).isPresent()
        || type.filter(t -> objects.contains("rollout-policy/" + t.getRolloutPolicy())).isPresent()
        || type.filter(t -> objects.contains("image/" + t.getImage())).isPresent()
        || (!objects.subSet("watchdog/", "watchdog0").isEmpty()
            && Policies.watchdogsOf(state, machine).stream()
                .anyMatch(each -> objects.contains("watchdog/" + each.getName())));
  }

  /** One line a change, for replies and logs. */
  static String line(FleetChange change) {
    String fields =
        change.getLinesCount() == 0 ? "" : ": " + String.join("; ", change.getLinesList());
    return change.getVerb() + " " + change.getObject() + fields;
  }

  private static List<InventoryMachine> inventory(Entities state, Fleet wanted) {
    Set<String> withoutBmc = new TreeSet<>();
    wanted.getMachinesList().stream()
        .filter(each -> each.getBmc().isEmpty())
        .forEach(each -> withoutBmc.add(each.getName()));
    return state.machines().stream()
        .filter(Machine::getInInventory)
        .filter(each -> each.getLifecycle() != Lifecycle.DECOMMISSIONED)
        .map(FleetDiff::inventory)
        // a power address that was discovered, and that the line leaves open, is no difference
        .map(
            each ->
                withoutBmc.contains(each.getName()) ? each.toBuilder().clearBmc().build() : each)
        .toList();
  }

  /** The inventory line that a machine came from. */
  public static InventoryMachine inventory(Machine machine) {
    return InventoryMachine.newBuilder()
        .setName(machine.getName())
        .setType(machine.getType())
        .setScaleUnit(machine.getScaleUnit())
        .setRack(machine.getRack())
        .setSwitch(machine.getSwitch())
        .setFeed(machine.getFeed())
        .setModel(machine.getModel())
        .setMac(machine.getMac())
        .setBmc(machine.getBmc())
        .setAddress(machine.getAddress())
        .build();
  }

  private static SortedMap<String, Message> objects(Fleet fleet, List<InventoryMachine> machines) {
    SortedMap<String, Message> objects = new TreeMap<>();
    if (!fleet.getName().isEmpty()) {
      objects.put(
          "cluster/" + fleet.getName(),
          Fleet.newBuilder()
              .setBudgets(fleet.getBudgets())
              .setProvisioning(fleet.getProvisioning())
              .setReportEveryMs(fleet.getReportEveryMs())
              .setIncidents(fleet.getIncidents())
              .setApprovals(fleet.getApprovals())
              .setTransfers(fleet.getTransfers())
              .addAllManifestKeys(fleet.getManifestKeysList())
              .setContents(fleet.getContents())
              .build());
    }
    fleet.getTypesList().forEach(each -> objects.put("type/" + each.getName(), each));
    fleet.getUnitsList().forEach(each -> objects.put("unit/" + each.getName(), each));
    fleet.getWatchdogsList().forEach(each -> objects.put("watchdog/" + each.getName(), each));
    fleet
        .getRepairPoliciesList()
        .forEach(each -> objects.put("repair-policy/" + each.getName(), each));
    fleet
        .getRolloutPoliciesList()
        .forEach(each -> objects.put("rollout-policy/" + each.getName(), each));
    fleet.getImagesList().forEach(each -> objects.put("image/" + each.getName(), each));
    fleet.getOfferRolesList().forEach(each -> objects.put("role/" + each.getName(), each));
    fleet.getAccessList().forEach(each -> objects.put("access/" + each.getName(), each));
    machines.forEach(each -> objects.put("machine/" + each.getName(), each));
    return objects;
  }

  /** An image's version in the files changes nothing where rollouts move it: says who does. */
  private static String rolledOut(Entities state, Map.Entry<String, Message> changed) {
    if (!(changed.getValue() instanceof Image image)) {
      return "";
    }
    StringBuilder notes = new StringBuilder();
    for (MachineType type : state.fleet().getTypesList()) {
      SortedMap<String, List<String>> units = new TreeMap<>();
      if (type.getImage().equals(image.getName())) {
        for (String unit : Rollouts.units(state, type.getName())) {
          UnitVersions.of(state, type.getName(), unit, Thing.THING_IMAGE)
              .ifPresent(
                  each ->
                      units.computeIfAbsent(Texts.ref(each), ref -> new ArrayList<>()).add(unit));
        }
      }
      units.forEach(
          (ref, having) ->
              notes.append(
                  "; %s of %s have %s by a rollout and keep it: pilot rollout start %s %s@%s"
                      .formatted(
                          String.join(", ", having),
                          type.getName(),
                          ref,
                          type.getName(),
                          image.getName(),
                          image.getVersion())));
    }
    return notes.toString();
  }

  private static String effect(Entities state, String object, String verb) {
    if (object.startsWith("watchdog/") && !verb.equals("remove")) {
      return "unless it says mode: live and is new, it starts in shadow mode";
    }
    if (object.startsWith("access/")) {
      return Authorization.isOpen(state)
          ? "from now on nobody may do what no access says"
          : "from the next call on";
    }
    if (object.startsWith("role/")) {
      return verb.equals("remove")
          ? "what is offered next: weight 1, no guarantee and no limit"
          : "what is offered next; nothing is taken back";
    }
    if (object.startsWith("machine/") && verb.equals("add")) {
      return "is provisioned when it is discovered";
    }
    int machines =
        object.startsWith("machine/")
            ? state.machine(object.substring("machine/".length())).isPresent() ? 1 : 0
            : machinesTouched(state, List.of(FleetChange.newBuilder().setObject(object).build()));
    return machines == 1 ? "1 machine" : machines + " machines";
  }

  private static List<String> fields(Message before, Message after) {
    List<String> lines = new ArrayList<>();
    for (FieldDescriptor field : before.getDescriptorForType().getFields()) {
      Object old = before.getField(field);
      Object now = after.getField(field);
      if (before instanceof RepairPolicy was
          && after instanceof RepairPolicy is
          && field.getNumber() == RepairPolicy.RULES_FIELD_NUMBER) {
        lines.addAll(RuleDiff.lines(was.getRulesList(), is.getRulesList()));
      } else if (!old.equals(now)) {
        String name = field.getName().replaceAll("_(ms|milli)$", "").replace('_', '-');
        lines.add("%s: %s -> %s".formatted(name, text(field, old), text(field, now)));
      }
    }
    return lines;
  }

  private static String text(FieldDescriptor field, Object value) {
    if (field.getName().endsWith("_ms")) {
      return Texts.span((Long) value);
    }
    if (field.getName().equals("weight_milli")) {
      return OfferedWords.weight((Integer) value);
    }
    if (field.getName().equals("ed25519")) {
      return PublicKeys.text(((com.google.protobuf.ByteString) value).toByteArray());
    }
    if (field.getType() == FieldDescriptor.Type.BYTES) {
      return ((com.google.protobuf.ByteString) value).size() + " bytes";
    }
    String text = text(value);
    return text.isEmpty() ? "(none)" : text;
  }

  /**
   * Not a message's own toString: its form may change with the library, and lines are replicated.
   */
  private static String text(Object value) {
    return switch (value) {
      case List<?> list -> String.join(", ", list.stream().map(FleetDiff::text).toList());
      case EnumValueDescriptor constant when constant.getType() == AccessRole.getDescriptor() ->
          Roles.word(AccessRole.valueOf(constant));
      case EnumValueDescriptor constant when constant.getType() == OrderKind.getDescriptor() ->
          OrderKinds.word(OrderKind.valueOf(constant));
      case EnumValueDescriptor constant -> constant.getName();
      case OfferedResource resource -> OfferedWords.line(resource);
      case Message message -> {
        List<String> parts = new ArrayList<>();
        message
            .getAllFields()
            .forEach(
                (field, each) ->
                    parts.add(field.getName().replace('_', '-') + " " + text(field, each)));
        yield String.join(", ", parts);
      }
      default -> value.toString();
    };
  }
}
