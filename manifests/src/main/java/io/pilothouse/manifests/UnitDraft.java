package io.pilothouse.manifests;

import io.pilothouse.api.v1.ScaleUnit;
import io.pilothouse.manifests.pattern.MachinePattern;
import io.pilothouse.manifests.table.Shapes.Placed;
import java.util.ArrayList;
import java.util.List;

/** A scale unit while files are read: its selectors keep their places until members are known. */
final class UnitDraft {
  final ScaleUnit.Builder unit = ScaleUnit.newBuilder();
  final List<Placed<String>> racks = new ArrayList<>();
  final List<Placed<MachinePattern>> machines = new ArrayList<>();

  void racks(List<Placed<String>> given) {
    racks.addAll(given);
    given.forEach(each -> unit.addRacks(each.value()));
  }

  void machines(List<Placed<MachinePattern>> given) {
    machines.addAll(given);
    given.forEach(each -> unit.addMachines(each.value().text()));
  }
}
