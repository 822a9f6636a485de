package io.pilothouse.cli.dev;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Inventory and scale units of a quick-start fleet of another size than the shipped one. */
final class QuickstartInventory {
  /** Machines in the shipped example. */
  static final int SHIPPED = 12;

  private static final int CANARY = 2;
  private static final int RACK = 20;

  private QuickstartInventory() {}

  /** Replaces machines.csv and units.yaml: two canaries, the rest in two halves. */
  static void write(Path fleet, int machines) throws IOException {
    List<String> lines = new ArrayList<>();
    lines.add("name,type,scale_unit,rack,switch,feed,model,mac,bmc");
    Map<String, List<String>> units = new LinkedHashMap<>();
    List.of("canary", "su-1", "su-2").forEach(each -> units.put(each, new ArrayList<>()));
    int backends = machines / 6;
    for (int i = 1; i <= machines; i++) {
      boolean backend = i > machines - backends;
      String name =
          backend ? "api-%02d".formatted(i - (machines - backends)) : "web-%02d".formatted(i);
      String unit = i <= CANARY ? "canary" : i % 2 == 1 ? "su-1" : "su-2";
      units.get(unit).add(name);
      int rack = (i - 1) / RACK + 1;
      lines.add(
          "%s,%s,%s,r%d,sw%d,feed%d,emulated,02:00:00:00:%02x:%02x,local:%s"
              .formatted(
                  name,
                  backend ? "backend" : "frontend",
                  unit,
                  rack,
                  // no two of rack, switch and feed go together: errors then name the one to blame
                  unit.equals("su-2") ? 2 : 1,
                  i / 2 % 2 + 1,
                  i / 256,
                  i % 256,
                  name));
    }
    Files.write(fleet.resolve("machines.csv"), lines);
    StringBuilder yaml = new StringBuilder();
    int order = 1;
    for (var unit : units.entrySet()) {
      if (!unit.getValue().isEmpty()) {
        yaml.append(yaml.isEmpty() ? "" : "---\n")
            .append(
                "kind: ScaleUnit\nname: %s\norder: %d\nmachines:\n"
                    .formatted(unit.getKey(), order++));
        unit.getValue().forEach(each -> yaml.append("  - ").append(each).append('\n'));
      }
    }
    Files.writeString(fleet.resolve("units.yaml"), yaml.toString());
  }
}
