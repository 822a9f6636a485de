package io.pilothouse.manifests.writing;

import com.google.protobuf.ByteString;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;
import io.pilothouse.api.v1.Fleet;
import io.pilothouse.api.v1.WatchdogSpec;
import io.pilothouse.manifests.CanonicalOrder;
import io.pilothouse.manifests.WatchdogScript;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import org.snakeyaml.engine.v2.api.Dump;
import org.snakeyaml.engine.v2.api.DumpSettings;
import org.snakeyaml.engine.v2.api.StreamDataWriter;

/** A fleet as the files of a fleet directory: the same files for the same fleet, byte by byte. */
public final class FleetText {
  private static final DumpSettings SETTINGS =
      DumpSettings.builder()
          .setIndent(2)
          .setIndicatorIndent(2)
          .setIndentWithIndicator(true)
          .setWidth(100)
          .build();

  private final SortedMap<String, Content> files = new TreeMap<>();

  private FleetText() {}

  /**
   * A file.
   *
   * @param executable a script
   */
  public record Content(ByteString bytes, boolean executable) {}

  /**
   * The files by path within the directory. Whether they can be read, and as this fleet, is not
   * looked at: a fleet that did not come from files may hold what files cannot say.
   */
  public static SortedMap<String, Content> files(Fleet fleet) {
    FleetText text = new FleetText();
    text.add(CanonicalOrder.of(fleet));
    return text.files;
  }

  private void add(Fleet fleet) {
    documents("cluster.yaml", List.of(ClusterText.of(fleet)));
    documents("types.yaml", fleet.getTypesList().stream().map(TypeText::of).toList());
    documents("units.yaml", fleet.getUnitsList().stream().map(TypeText::of).toList());
    documents("images.yaml", fleet.getImagesList().stream().map(TypeText::of).toList());
    documents("access.yaml", fleet.getAccessList().stream().map(TypeText::of).toList());
    documents("shares.yaml", fleet.getOfferRolesList().stream().map(RoleText::of).toList());
    documents(
        "policies/repair.yaml",
        fleet.getRepairPoliciesList().stream().map(RepairPolicyText::of).toList());
    documents(
        "policies/rollout.yaml",
        fleet.getRolloutPoliciesList().stream().map(RolloutPolicyText::of).toList());
    fleet.getWatchdogsList().forEach(this::watchdog);
    text("machines.csv", InventoryText.of(fleet.getMachinesList()));
  }

  private void watchdog(WatchdogSpec watchdog) {
    String place = "watchdogs/" + file(watchdog.getName());
    boolean isScript = watchdog.getRunner() == WatchdogSpec.Runner.SCRIPT;
    if (isScript) {
      files.put(
          "watchdogs/" + file(WatchdogText.script(watchdog)),
          new Content(watchdog.getScript(), true));
    }
    if (!isScript || !WatchdogScript.saysAll(watchdog)) {
      documents(place + ".yaml", List.of(WatchdogText.of(watchdog)));
    }
  }

  /** Names are checked before they are stored; a path is no place to rely on that. */
  private static String file(String name) {
    if (name.contains("/") || name.startsWith(".")) {
      throw new IllegalArgumentException("the watchdog \"" + name + "\" cannot be a file's name");
    }
    return name;
  }

  private void documents(String file, List<Document> documents) {
    StringBuilder text = new StringBuilder();
    for (Document each : documents) {
      text.append(text.isEmpty() ? "" : "---\n");
      new Dump(SETTINGS).dumpNode(each.node(), new Appender(text));
    }
    if (!documents.isEmpty()) {
      text(file, text.toString());
    }
  }

  private void text(String file, String text) {
    files.put(file, new Content(ByteString.copyFromUtf8(text), false));
  }

  /** Takes what the library writes. */
  private record Appender(StringBuilder text) implements StreamDataWriter {
    @Override
    public void write(String part) {
      text.append(part);
    }

    @Override
    public void write(String part, int from, int length) {
      text.append(part, from, from + length);
    }
  }

  /** Fields and objects in which two fleets differ, {@code watchdogs "disk"}; empty when none. */
  public static List<String> differences(Fleet one, Fleet other) {
    Fleet left = CanonicalOrder.of(one);
    Fleet right = CanonicalOrder.of(other);
    List<String> differences = new ArrayList<>();
    for (FieldDescriptor field : Fleet.getDescriptor().getFields()) {
      if (left.getField(field).equals(right.getField(field))
          && (!field.hasPresence() || left.hasField(field) == right.hasField(field))) {
        continue;
      }
      int before = differences.size();
      if (field.isRepeated()) {
        only(field, left, right, differences);
        only(field, right, left, differences);
      }
      if (differences.size() == before) {
        differences.add(field.getName());
      }
    }
    return differences.stream().distinct().toList();
  }

  private static void only(FieldDescriptor field, Fleet left, Fleet right, List<String> into) {
    Set<Object> others = new HashSet<>((Collection<?>) right.getField(field));
    for (Object each : (Collection<?>) left.getField(field)) {
      if (!others.contains(each) && each instanceof Message message) {
        FieldDescriptor name = message.getDescriptorForType().findFieldByName("name");
        into.add(
            "%s \"%s\"".formatted(field.getName(), name == null ? "" : message.getField(name)));
      }
    }
  }
}
