package io.pilothouse.dm.state;

import static org.assertj.core.api.Assertions.assertThat;

import io.pilothouse.api.log.v1.Command;
import io.pilothouse.api.log.v1.ControlRollout;
import io.pilothouse.api.log.v1.DecommissionMachine;
import io.pilothouse.api.log.v1.Refusal;
import io.pilothouse.api.log.v1.StartRollout;
import io.pilothouse.api.v1.AuditRecord;
import io.pilothouse.api.v1.Fleet;
import io.pilothouse.api.v1.Machine;
import io.pilothouse.api.v1.Rollout;
import io.pilothouse.api.v1.RolloutPolicy;
import io.pilothouse.api.v1.RolloutUnit;
import io.pilothouse.api.v1.Thing;
import io.pilothouse.api.v1.VersionRef;
import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;

/** The quick fleet with its agents at work, and versions of {@code web} to roll out. */
final class RolloutScenario {
  static final VersionRef NONE = VersionRef.getDefaultInstance();
  static final VersionRef V1 = FleetScenario.version("web", "1.0.0");
  static final VersionRef V2 = FleetScenario.version("web", "1.1.0");
  static final VersionRef BAD = FleetScenario.version("web", "1.2.0-bad");
  static final List<String> CANARY = List.of("web-01", "web-02");
  static final List<String> SU_1 = List.of("web-03", "web-04", "web-05", "web-06", "web-07");

  final FleetScenario fleet;
  final FakeAgents agents;

  private RolloutScenario(Fleet spec) {
    fleet = FleetScenario.inService(spec);
    agents = new FakeAgents(fleet).failOn(BAD);
    List.of(V1, V2, BAD).forEach(each -> fleet.registers(each, false));
  }

  /** Machines in service that run nothing yet. */
  static RolloutScenario bare() {
    return bare(policy -> {});
  }

  static RolloutScenario bare(Consumer<RolloutPolicy.Builder> policy) {
    Fleet.Builder spec = QuickFleet.spec().toBuilder();
    policy.accept(spec.getRolloutPoliciesBuilder(0));
    return new RolloutScenario(spec.build());
  }

  /** Machines of another specification, in service. */
  static RolloutScenario of(Fleet spec) {
    return new RolloutScenario(spec);
  }

  /** Every machine runs 1.0.0. */
  static RolloutScenario running() {
    return running(policy -> {});
  }

  static RolloutScenario running(Consumer<RolloutPolicy.Builder> policy) {
    RolloutScenario scenario = bare(policy);
    String first = scenario.starts(V1);
    scenario.until(first, Rollout.State.COMPLETED, Duration.ofMinutes(9)).allRun(V1);
    return scenario;
  }

  /** Rollouts from now on go by another policy. */
  RolloutScenario goesBy(Consumer<RolloutPolicy.Builder> policy) {
    Fleet.Builder spec = QuickFleet.spec().toBuilder();
    policy.accept(spec.getRolloutPoliciesBuilder(0));
    fleet.apply(spec.build());
    return this;
  }

  String starts(VersionRef version) {
    return fleet.sends(start(version)).getId();
  }

  /**
   * A rollout to the version that has come to the state, its unit su-1 still to come or at work.
   */
  String reaches(VersionRef version, Rollout.State state) {
    String id = starts(version);
    switch (state) {
      case PAUSED, ROLLING_BACK, ROLLED_BACK, ABORTED -> {
        until(id, Rollout.State.SOAKING, Duration.ofMinutes(9));
        orders(
            id,
            switch (state) {
              case PAUSED -> ControlRollout.Verb.PAUSE;
              case ABORTED -> ControlRollout.Verb.ABORT;
              default -> ControlRollout.Verb.ROLL_BACK;
            });
      }
      default -> {}
    }
    return until(id, state, Duration.ofMinutes(9)) == this ? id : "";
  }

  String startsWithCanary(VersionRef version, String... first) {
    Command.Builder start = start(version);
    start.getStartRolloutBuilder().addAllFirst(List.of(first));
    return fleet.sends(start).getId();
  }

  String starts(String type, VersionRef version) {
    Command.Builder start = start(version);
    start.getStartRolloutBuilder().setType(type);
    return fleet.sends(start).getId();
  }

  static Command.Builder start(VersionRef version) {
    return Command.newBuilder()
        .setStartRollout(
            StartRollout.newBuilder()
                .setType("frontend")
                .setName(version.getName())
                .setVersion(version.getVersion()));
  }

  RolloutScenario orders(String rollout, ControlRollout.Verb verb) {
    fleet.sends(order(rollout, verb, ""));
    return this;
  }

  RolloutScenario skips(String rollout, String unit) {
    fleet.sends(order(rollout, ControlRollout.Verb.SKIP, unit));
    return this;
  }

  /** The machine is decommissioned, and its line is removed. */
  RolloutScenario leaves(String machine) {
    fleet.sends(
        Command.newBuilder()
            .setDecommissionMachine(DecommissionMachine.newBuilder().setMachine(machine)));
    Fleet.Builder spec = fleet.state.fleet().toBuilder();
    fleet.state.machines().stream()
        .filter(each -> !each.getName().equals(machine))
        .forEach(each -> spec.addMachines(FleetDiff.inventory(each)));
    fleet.apply(spec.build());
    return this;
  }

  Refusal refuses(String rollout, ControlRollout.Verb verb, String unit) {
    return fleet.isRefused(order(rollout, verb, unit));
  }

  static Command.Builder order(String rollout, ControlRollout.Verb verb, String unit) {
    return Command.newBuilder()
        .setControlRollout(
            ControlRollout.newBuilder().setRollout(rollout).setVerb(verb).setUnit(unit));
  }

  Rollout show(String rollout) {
    return fleet.state.rollout(rollout).orElseThrow();
  }

  RolloutUnit unit(String rollout, String unit) {
    return show(rollout).getUnitsList().stream()
        .filter(each -> each.getName().equals(unit))
        .findFirst()
        .orElseThrow();
  }

  /** Works until the rollout is in the state, at most for so long. */
  RolloutScenario until(String rollout, Rollout.State state, Duration most) {
    for (long i = 0; i < most.toSeconds() && show(rollout).getState() != state; i++) {
      agents.work(Duration.ofSeconds(1));
    }
    return is(rollout, state);
  }

  RolloutScenario until(String rollout, String unit, RolloutUnit.State state, Duration most) {
    for (long i = 0; i < most.toSeconds() && unit(rollout, unit).getState() != state; i++) {
      agents.work(Duration.ofSeconds(1));
    }
    assertThat(unit(rollout, unit).getState()).as(show(rollout).toString()).isEqualTo(state);
    return this;
  }

  RolloutScenario is(String rollout, Rollout.State state) {
    assertThat(show(rollout).getState()).as(show(rollout).toString()).isEqualTo(state);
    return this;
  }

  RolloutScenario allRun(VersionRef version) {
    return run(CANARY, version).run(SU_1, version);
  }

  RolloutScenario run(List<String> machines, VersionRef version) {
    return have(machines, Thing.THING_MANIFEST, version);
  }

  RolloutScenario have(List<String> machines, Thing thing, VersionRef version) {
    for (String name : machines) {
      Machine machine = fleet.show(name);
      assertThat(Things.wanted(machine, thing)).as("wanted of " + name).isEqualTo(version);
      assertThat(Things.observed(machine, thing)).as("has " + name).isEqualTo(version);
    }
    return this;
  }

  /** Registers a version of a thing other than a manifest. */
  RolloutScenario registers(VersionRef ref, Thing thing) {
    fleet.registers(ref, thing);
    return this;
  }

  /** Versions that the machine was seen running, oldest first. */
  List<String> ran(String machine) {
    return fleet.history(machine, "ROLLOUT").stream().map(AuditRecord::getTo).toList();
  }

  /** What the audit says of the rollout, oldest first. */
  List<String> story(String rollout) {
    return fleet.state.audit().stream()
        .filter(each -> each.getSubject().equals("rollout/" + rollout))
        .map(AuditRecord::getText)
        .toList();
  }
}
