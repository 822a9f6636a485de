package io.pilothouse.dm.simulate;

import io.pilothouse.api.v1.Fleet;
import io.pilothouse.api.v1.Image;
import io.pilothouse.api.v1.InventoryMachine;
import io.pilothouse.api.v1.MachineType;
import io.pilothouse.api.v1.RolloutPolicy;
import io.pilothouse.api.v1.ScaleUnit;
import io.pilothouse.api.v1.WatchdogSpec;
import io.pilothouse.api.v1.WatchdogState;
import java.util.List;

/**
 * A fleet made for a number of machines: racks of 40 (of 20 below 400 machines), a switch over two
 * racks, a power feed for some 500 machines and at least two, scale units of 500, two types, three
 * hardware models. Policies and budgets are the defaults, but for a rollout's deadline a unit: ten
 * batches that each prove themselves for five minutes do not fit into the default hour.
 */
final class GeneratedFleet {
  static final String FRONTEND = "frontend";
  static final String STORAGE = "storage";
  static final List<String> WATCHDOGS =
      List.of("disk", "heartbeat", "processes", "reachable", "slow");
  private static final int UNIT = 500;
  private static final int FEED = 500;

  private GeneratedFleet() {}

  static Fleet of(int machines) {
    Fleet.Builder fleet =
        Fleet.newBuilder()
            .setName("simulated")
            .setReportEveryMs(30 * Spans.SECOND)
            .addImages(Image.newBuilder().setName("base").setVersion("1.0.0"))
            .addRolloutPolicies(
                RolloutPolicy.newBuilder().setName("default").setDeadlineMs(4 * Spans.HOUR))
            .addTypes(type(FRONTEND, "web"))
            .addTypes(type(STORAGE, "store"));
    for (String name : WATCHDOGS) {
      fleet.addWatchdogs(
          WatchdogSpec.newBuilder()
              .setName(name)
              .setRunner(
                  name.equals("reachable")
                      ? WatchdogSpec.Runner.REMOTE
                      : WatchdogSpec.Runner.BUILTIN)
              .setEveryMs(30 * Spans.SECOND)
              .setValidForMs(90 * Spans.SECOND)
              .setInitialMode(WatchdogState.Mode.LIVE));
    }
    int perUnit = machines > UNIT ? UNIT : Math.max(5, (machines + 3) / 4);
    int units = (machines + perUnit - 1) / perUnit;
    for (int i = 1; i <= units; i++) {
      fleet.addUnits(ScaleUnit.newBuilder().setName("su-%02d".formatted(i)).setOrder(i));
    }
    int perRack = machines < 400 ? 20 : 40;
    int feeds = Math.max(2, machines / FEED);
    for (int i = 0; i < machines; i++) {
      int rack = i / perRack;
      fleet.addMachines(
          InventoryMachine.newBuilder()
              .setName("m%05d".formatted(i + 1))
              .setType(i % 10 < 7 ? FRONTEND : STORAGE)
              .setScaleUnit("su-%02d".formatted(i / perUnit + 1))
              .setRack("r%03d".formatted(rack + 1))
              .setSwitch("sw%03d".formatted(rack / 2 + 1))
              .setFeed("f%02d".formatted(rack % feeds + 1))
              .setModel("model-" + (rack % 3 + 1))
              .setMac("02:00:00:%02x:%02x:%02x".formatted(i >> 16, (i >> 8) & 255, i & 255))
              .setBmc("simulated:m%05d".formatted(i + 1)));
    }
    return fleet.build();
  }

  private static MachineType.Builder type(String name, String manifest) {
    return MachineType.newBuilder()
        .setName(name)
        .setImage("base")
        .setManifest(manifest)
        .addAllWatchdogs(WATCHDOGS);
  }
}
