package io.pilothouse.dm.state;

import io.pilothouse.api.log.v1.Refusal;
import io.pilothouse.api.v1.Machine;
import io.pilothouse.api.v1.Rollout;
import io.pilothouse.api.v1.RolloutUnit;
import io.pilothouse.api.v1.Thing;
import io.pilothouse.api.v1.VersionRef;
import io.pilothouse.manifests.pattern.MachinePattern;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;

/**
 * The canary: machines of any scale unit that a rollout switches, and that must pass, before all
 * others. They are a unit of the rollout of their own, at its head; their scale units get the
 * version later, and find them on it already.
 */
final class RolloutCanary {
  private static final String NAME = "first";

  private RolloutCanary() {}

  static boolean is(RolloutUnit unit) {
    return unit.getMembersCount() > 0;
  }

  /**
   * The machines of a type that patterns select.
   *
   * @param asked a person named the patterns: one that selects nothing is refused
   */
  static List<String> select(Entities state, String type, List<String> patterns, boolean asked)
      throws RefusedException {
    TreeSet<String> selected = new TreeSet<>();
    for (String text : patterns) {
      switch (MachinePattern.parse(text)) {
        case MachinePattern.Parsed.Bad bad ->
            throw new RefusedException(
                Refusal.Code.INVALID,
                "\"" + text + "\" " + bad.why(),
                "name machines of " + type + ": pilot machine list --type " + type);
        case MachinePattern.Parsed.Good good -> {
          int before = selected.size();
          for (String unit : Rollouts.units(state, type)) {
            state.indexes().machines.of(type, unit).stream()
                .filter(good.pattern()::matches)
                .forEach(selected::add);
          }
          if (asked && selected.size() == before) {
            throw new RefusedException(
                Refusal.Code.INVALID,
                "\"%s\" is no machine of %s, or one that was named already".formatted(text, type),
                "pilot machine list --type " + type);
          }
        }
      }
    }
    return List.copyOf(selected);
  }

  /** The unit at the head of a rollout that has a canary. */
  static Optional<RolloutUnit> unit(Entities state, String type, List<String> members) {
    if (members.isEmpty()) {
      return Optional.empty();
    }
    String name = NAME;
    while (Rollouts.units(state, type).contains(name)) {
      name = name + "-" + NAME;
    }
    return Optional.of(
        RolloutUnit.newBuilder()
            .setName(name)
            .setState(RolloutUnit.State.PENDING)
            .addAllMembers(members)
            .setMachines(members.size())
            .build());
  }

  /**
   * The open rollout whose canary passed with the machine in it, and which has not come to the
   * machine's scale unit yet: until then the machine runs another version than its unit.
   */
  static Optional<Rollout> ahead(Entities state, Machine machine, Thing thing) {
    return state.indexes().rollouts.withCanary(state, machine.getName()).stream()
        .filter(each -> each.getType().equals(machine.getType()) && each.getThing() == thing)
        .filter(each -> each.getUnits(0).getState() != RolloutUnit.State.SKIPPED)
        .filter(each -> !isSkipped(each, machine.getScaleUnit()))
        .findFirst();
  }

  private static boolean isSkipped(Rollout rollout, String unit) {
    return rollout.getUnitsList().stream()
        .anyMatch(
            each -> each.getName().equals(unit) && each.getState() == RolloutUnit.State.SKIPPED);
  }

  /** What a machine of the unit ran before: for one of the canary, what its scale unit ran. */
  static VersionRef before(Rollout.Builder rollout, RolloutUnit unit, Machine machine) {
    if (!is(unit)) {
      return unit.getBefore();
    }
    return rollout.getUnitsList().stream()
        .filter(each -> !is(each) && each.getName().equals(machine.getScaleUnit()))
        .map(RolloutUnit::getBefore)
        .findFirst()
        .orElse(VersionRef.getDefaultInstance());
  }
}
