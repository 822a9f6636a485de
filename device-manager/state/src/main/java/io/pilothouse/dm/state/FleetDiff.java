package io.pilothouse.dm.state;

import com.google.protobuf.Descriptors.EnumValueDescriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;
import io.pilothouse.api.v1.AccessRole;
import io.pilothouse.api.v1.Fleet;
import io.pilothouse.api.v1.FleetChange;
import io.pilothouse.api.v1.Image;
import io.pilothouse.api.v1.InventoryMachine;
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
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** What an apply would change, object by object and field by field. */
public final class FleetDiff {

  private static final String MACHINE = "machine/";

  private final Entities state;
  private final FleetReach reach;

  private FleetDiff(Entities state, Fleet wanted) {
    this.state = state;
    this.reach = new FleetReach(state, wanted);
  }

  /** The differences between what is stored and {@code wanted}, in a stable order. */
  public static List<FleetChange> of(Entities state, Fleet wanted) {
    return new FleetDiff(state, wanted).changes(wanted);
  }

  /**
   * How many machines the changes touch, those that are added with them.
   *
   * @param state as it is before they are made
   */
  public static int machinesTouched(Entities state, Fleet wanted, List<FleetChange> changes) {
    long added =
        changes.stream()
            .filter(each -> each.getVerb().equals("add") && each.getObject().startsWith(MACHINE))
            .count();
    return (int) added + new FleetReach(state, wanted).touched(changes);
  }

  private List<FleetChange> changes(Fleet wanted) {
    SortedMap<String, Message> before = objects(state.fleet());
    SortedMap<String, Message> after = objects(wanted);
    List<FleetChange> changes = new ArrayList<>();
    List<FleetChange> removals = new ArrayList<>();
    List<FleetChange> machines = new ArrayList<>();
    List<FleetChange> machinesRemoved = new ArrayList<>();
    machines(wanted, machines, machinesRemoved);
    // by the objects' names, as if machines were in one table with the others
    after.headMap(MACHINE).forEach((key, value) -> change(key, before.get(key), value, changes));
    changes.addAll(machines);
    after.tailMap(MACHINE).forEach((key, value) -> change(key, before.get(key), value, changes));
    remove(before.headMap(MACHINE).keySet(), after.keySet(), removals);
    removals.addAll(machinesRemoved);
    remove(before.tailMap(MACHINE).keySet(), after.keySet(), removals);
    changes.addAll(removals);
    return changes;
  }

  private void change(
      String object, @Nullable Message before, Message after, List<FleetChange> changes) {
    if (before == null) {
      changes.add(
          FleetChange.newBuilder()
              .setVerb("add")
              .setObject(object)
              .setEffect(effect(object, "add"))
              .build());
    } else if (!before.equals(after)) {
      changes.add(
          FleetChange.newBuilder()
              .setVerb("change")
              .setObject(object)
              .addAllLines(fields(before, after))
              .setEffect(effect(object, "change") + rolledOut(state, after))
              .build());
    }
  }

  private void remove(Set<String> before, Set<String> after, List<FleetChange> removals) {
    for (String object : before) {
      if (!after.contains(object)) {
        removals.add(removal(object));
      }
    }
  }

  private FleetChange removal(String object) {
    return FleetChange.newBuilder()
        .setVerb("remove")
        .setObject(object)
        .setEffect(effect(object, "remove"))
        .build();
  }

  private void machines(Fleet wanted, List<FleetChange> changes, List<FleetChange> removals) {
    InventoryLines lines = new InventoryLines(wanted);
    for (Machine machine : state.machines()) {
      boolean counts = FleetReach.isOfFleet(machine);
      lines.before(machine.getName()).forEach(each -> added(each, changes));
      Optional<InventoryMachine> line = lines.of(machine.getName());
      if (counts && line.isEmpty()) {
        removals.add(removal(MACHINE + machine.getName()));
      } else if (counts && !isAsIn(machine, line.get())) {
        change(MACHINE + machine.getName(), inventory(machine, line.get()), line.get(), changes);
      } else if (!counts && line.isPresent()) {
        added(line.get(), changes);
      }
    }
    lines.rest().forEach(each -> added(each, changes));
  }

  private void added(InventoryMachine line, List<FleetChange> changes) {
    change(MACHINE + line.getName(), null, line, changes);
  }

  /** Whether an inventory line says of a machine what is known. */
  static boolean isAsIn(Machine machine, InventoryMachine line) {
    return line.getUnknownFields().asMap().isEmpty()
        && machine.getType().equals(line.getType())
        && machine.getScaleUnit().equals(line.getScaleUnit())
        && machine.getRack().equals(line.getRack())
        && machine.getSwitch().equals(line.getSwitch())
        && machine.getFeed().equals(line.getFeed())
        && machine.getModel().equals(line.getModel())
        && machine.getMac().equals(line.getMac())
        && (line.getBmc().isEmpty() || machine.getBmc().equals(line.getBmc()))
        && machine.getAddress().equals(line.getAddress());
  }

  /** A power address that was discovered, and that the line leaves open, is no difference. */
  private static InventoryMachine inventory(Machine machine, InventoryMachine line) {
    InventoryMachine known = inventory(machine);
    return line.getBmc().isEmpty() ? known.toBuilder().clearBmc().build() : known;
  }

  /** One line a change, for replies and logs. */
  static String line(FleetChange change) {
    String fields =
        change.getLinesCount() == 0 ? "" : ": " + String.join("; ", change.getLinesList());
    return change.getVerb() + " " + change.getObject() + fields;
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

  /** All but the machines. */
  private static SortedMap<String, Message> objects(Fleet fleet) {
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
    return objects;
  }

  /** An image's version in the files changes nothing where rollouts move it: says who does. */
  private static String rolledOut(Entities state, Message changed) {
    if (!(changed instanceof Image image)) {
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

  private String effect(String object, String verb) {
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
    if (object.startsWith(MACHINE) && verb.equals("add")) {
      return "is provisioned when it is discovered";
    }
    int machines = reach.of(object);
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
