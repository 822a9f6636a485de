package io.pilothouse.dm.state;

import io.pilothouse.api.log.v1.Command;
import io.pilothouse.api.log.v1.ControlRollout;
import io.pilothouse.api.log.v1.ObserveReplica;
import io.pilothouse.api.log.v1.RegisterManifest;
import io.pilothouse.api.log.v1.RemoveManifest;
import io.pilothouse.api.log.v1.StartRollout;
import io.pilothouse.api.v1.DeploymentReplica;
import io.pilothouse.api.v1.Machine;
import io.pilothouse.api.v1.Manifest;
import io.pilothouse.api.v1.Observed;
import io.pilothouse.api.v1.Rollout;
import io.pilothouse.api.v1.Thing;
import io.pilothouse.api.v1.VersionRef;
import java.util.ArrayList;
import java.util.List;

/** Commands about versions of every thing, and what machines have of them. */
final class RandomContents {

  /** A version of a thing. */
  private record Of(Thing thing, VersionRef ref) {
    static Of version(Thing thing, String name, String version) {
      return new Of(thing, FleetScenario.version(name, version));
    }
  }

  /** The last one of each thing is bad. */
  private static final List<Of> ALL =
      List.of(
          Of.version(Thing.THING_MANIFEST, "web", "1.0.0"),
          Of.version(Thing.THING_MANIFEST, "web", "1.1.0"),
          Of.version(Thing.THING_MANIFEST, "web", "1.2.0-bad"),
          Of.version(Thing.THING_IMAGE, "base", "1.0.0"),
          Of.version(Thing.THING_IMAGE, "base", "2.0.0"),
          Of.version(Thing.THING_IMAGE, "base", "3.0.0-bad"),
          Of.version(Thing.THING_WATCHDOG_SET, "health", "1"),
          Of.version(Thing.THING_WATCHDOG_SET, "health", "2-bad"),
          Of.version(Thing.THING_AGENT, "pilot-agent", "1"),
          Of.version(Thing.THING_AGENT, "pilot-agent", "2-bad"));

  private final Dice dice;
  private final State state;

  RandomContents(Dice dice, State state) {
    this.dice = dice;
    this.state = state;
  }

  /** Whether what the machine should have makes it fail more often. */
  static boolean isBad(Machine machine) {
    return Things.ALL.stream()
        .anyMatch(each -> Things.wanted(machine, each).getVersion().endsWith("-bad"));
  }

  /** The next step towards a rollout of something. */
  Command.Builder towardsRollout(Command.Builder command) {
    Of to = dice.pick(ALL);
    if (state.manifest(to.ref().getName(), to.ref().getVersion()).isEmpty()) {
      return register(command, to, to.ref());
    }
    return Manifests.isHeld(state, to.ref())
        ? command.setStartRollout(start("frontend", to.ref()))
        : replica(command);
  }

  Command.Builder startAny(Command.Builder command) {
    return command.setStartRollout(
        start(dice.once(10) ? "nonsense" : "frontend", dice.pick(ALL).ref()));
  }

  private static StartRollout.Builder start(String type, VersionRef ref) {
    return StartRollout.newBuilder()
        .setType(type)
        .setName(ref.getName())
        .setVersion(ref.getVersion());
  }

  /** A version comes or goes, or a replica does. */
  Command.Builder registerAny(Command.Builder command) {
    Of of = dice.pick(ALL);
    if (dice.once(8)) {
      return command.setRemoveManifest(
          RemoveManifest.newBuilder()
              .setName(of.ref().getName())
              .setVersion(of.ref().getVersion()));
    }
    if (dice.once(3)) {
      return register(
          command, of, dice.once(10) ? of.ref().toBuilder().setDigest("0").build() : of.ref());
    }
    return replica(command);
  }

  private static Command.Builder register(Command.Builder command, Of of, VersionRef ref) {
    return command.setRegisterManifest(
        RegisterManifest.newBuilder()
            .setManifest(Manifest.newBuilder().setRef(ref).setThing(of.thing())));
  }

  private Command.Builder replica(Command.Builder command) {
    List<String> held = new ArrayList<>();
    state.manifests().forEach(each -> held.add(each.getRef().getDigest()));
    return command.setObserveReplica(
        ObserveReplica.newBuilder()
            .setReplica(
                DeploymentReplica.newBuilder()
                    .setId("deployment-" + dice.random().nextInt(2))
                    .setAddress(dice.once(10) ? "" : "127.0.0.1:9")
                    .setUp(!dice.once(6))
                    .addAllHeld(held)));
  }

  /** Goes on with one that is paused. */
  ControlRollout.Builder resume() {
    String paused =
        state.rollouts().stream()
            .filter(each -> each.getState() == Rollout.State.PAUSED)
            .map(Rollout::getId)
            .findFirst()
            .orElse("");
    return ControlRollout.newBuilder().setRollout(paused).setVerb(ControlRollout.Verb.RESUME);
  }

  ControlRollout.Builder controlRollout() {
    return ControlRollout.newBuilder()
        .setRollout(dice.some(state.rollouts(), Rollout.getDefaultInstance()).getId())
        .setVerb(dice.pick(List.of(ControlRollout.Verb.values()).subList(0, 6)))
        .setUnit(dice.pick(List.of("canary", "su-1", "nonsense")));
  }

  /** What the machine holds and runs: mostly what it should. */
  void observe(Machine machine, Observed.Builder observed) {
    observed.clearStaged();
    ALL.stream()
        .filter(each -> each.thing() != Thing.THING_IMAGE)
        .forEach(each -> observed.addStaged(each.ref()));
    observed.setActive(dice.once(20) ? dice.pick(ALL).ref() : machine.getWantedActive());
    if (!observed.getActive().getName().isEmpty()
        && !observed.getStagedList().contains(observed.getActive())) {
      observed.clearActive();
    }
    observed.setWatchdogSet(
        dice.once(20) ? VersionRef.getDefaultInstance() : machine.getWantedWatchdogSet());
    observed.setAgent(dice.once(20) ? VersionRef.getDefaultInstance() : machine.getWantedAgent());
  }
}
