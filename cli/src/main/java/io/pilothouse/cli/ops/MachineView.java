package io.pilothouse.cli.ops;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.pilothouse.api.v1.Lifecycle;
import io.pilothouse.api.v1.Machine;
import io.pilothouse.api.v1.VersionRef;
import io.pilothouse.cli.Json;
import io.pilothouse.cli.Names;
import java.util.LinkedHashMap;
import java.util.Map;

/** A machine as JSON, with the keys of the formats page. */
final class MachineView {
  private MachineView() {}

  static void fill(Machine machine, ObjectNode node) {
    node.put("name", machine.getName())
        .put(
            "kind",
            machine.getKind() == io.pilothouse.api.v1.DeviceKind.DEVICE_SWITCH
                ? "switch"
                : "machine")
        .put("type", machine.getType())
        .put("scale_unit", machine.getScaleUnit())
        .put("rack", machine.getRack())
        .put("switch", machine.getSwitch())
        .put("feed", machine.getFeed())
        .put("model", machine.getModel())
        .put("lifecycle", Names.lifecycle(machine.getLifecycle()))
        .put("condition", Names.condition(machine.getCondition()));
    Json.time(node, "since", machine.getSince());
    ObjectNode active = node.putObject("active");
    VersionRef running = machine.getObserved().getActive();
    if (!running.getName().isEmpty()) {
      active.put(running.getName(), running.getVersion());
    }
    Map<String, com.fasterxml.jackson.databind.node.ArrayNode> staged = new LinkedHashMap<>();
    ObjectNode stagedNode = node.putObject("staged");
    for (VersionRef ref : machine.getObserved().getStagedList()) {
      staged.computeIfAbsent(ref.getName(), stagedNode::putArray).add(ref.getVersion());
    }
    node.put("boot_id", machine.getObserved().getBootId());
    node.put("image", Names.ref(machine.getObserved().getImage()));
    node.put("address", address(machine));
    node.put("agent_address", machine.getObserved().getAgentAddress());
    node.put("generation", machine.getGeneration());
    node.put("repair", machine.getRepairId());
    node.put("rollout", machine.getRolloutId());
    node.put("hold", machine.hasHold() ? machine.getHold().getReason() : "");
  }

  static String address(Machine machine) {
    String observed = machine.getObserved().getAddress();
    return observed.isEmpty() ? machine.getAddress() : observed;
  }

  /** What holds the machine, for tables: its error, provisioning step, repair, rollout or hold. */
  static String note(Machine machine) {
    if (machine.hasHold()) {
      return "held: " + machine.getHold().getReason();
    }
    if (machine.hasProvisioning()) {
      String reason = machine.getProvisioning().getReason();
      return machine.getProvisioning().getStep() + (reason.isEmpty() ? "" : ": " + reason);
    }
    if (machine.hasError()) {
      return machine.getError().getWatchdog() + ": " + machine.getError().getText();
    }
    if (machine.getDrainRequested() && machine.getLifecycle() == Lifecycle.IN_SERVICE) {
      return "drain asked for; waits for the budget";
    }
    return machine.getRepairId().isEmpty() ? machine.getRolloutId() : machine.getRepairId();
  }
}
