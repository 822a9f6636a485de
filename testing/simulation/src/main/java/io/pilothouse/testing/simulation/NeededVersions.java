package io.pilothouse.testing.simulation;

import io.pilothouse.api.log.v1.Event;
import io.pilothouse.api.v1.Machine;
import io.pilothouse.api.v1.Manifest;
import io.pilothouse.api.v1.Rollout;
import io.pilothouse.api.v1.RolloutUnit;
import io.pilothouse.api.v1.VersionRef;
import io.pilothouse.dm.state.State;
import io.pilothouse.dm.state.WantedStates;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** What machines are to have, and what they would go back to, is registered. */
final class NeededVersions {
  private final Set<VersionRef> registered;

  private NeededVersions(State state) {
    registered = state.manifests().stream().map(Manifest::getRef).collect(Collectors.toSet());
  }

  /** After events that removed a version, or moved a rollout on. */
  static void check(State state, List<Event> events) {
    if (events.stream().anyMatch(NeededVersions::concerns)) {
      NeededVersions versions = new NeededVersions(state);
      state.machines().forEach(each -> versions.machine(state, each));
      state.rollouts().stream()
          .filter(each -> FakeOperator.isOpen(each.getState()))
          .forEach(versions::rollout);
    }
  }

  private static boolean concerns(Event event) {
    return event.getKindCase() == Event.KindCase.MANIFEST_REMOVED
        || event.hasUnitVersion()
        || (event.hasAudit() && event.getAudit().getKind().equals("ROLLOUT"));
  }

  private void machine(State state, Machine machine) {
    Stream.concat(
            WantedStates.of(state, machine).getStagedList().stream(),
            Stream.of(machine.getWantedImage(), machine.getProvisioning().getImage()))
        .forEach(each -> require(machine.getName() + " is to have", each));
  }

  private void rollout(Rollout rollout) {
    require(rollout.getId() + " brings", rollout.getTo());
    for (RolloutUnit unit : rollout.getUnitsList()) {
      require(rollout.getId() + " would go back to", unit.getBefore());
    }
  }

  private void require(String who, VersionRef ref) {
    if (!ref.getName().isEmpty() && !registered.contains(ref)) {
      throw new Violation(
          "what is needed is never removed",
          "%s %s@%s, which is not registered".formatted(who, ref.getName(), ref.getVersion()));
    }
  }
}
