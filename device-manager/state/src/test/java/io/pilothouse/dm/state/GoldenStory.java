package io.pilothouse.dm.state;

import io.pilothouse.api.log.v1.ApplyFleet;
import io.pilothouse.api.log.v1.Command;
import io.pilothouse.api.log.v1.ControlRollout;
import io.pilothouse.api.log.v1.DecideOrder;
import io.pilothouse.api.log.v1.DecideRepair;
import io.pilothouse.api.log.v1.DecommissionMachine;
import io.pilothouse.api.log.v1.DrainMachine;
import io.pilothouse.api.log.v1.Entry;
import io.pilothouse.api.log.v1.HoldDomain;
import io.pilothouse.api.log.v1.HoldMachine;
import io.pilothouse.api.log.v1.MachineReplaced;
import io.pilothouse.api.log.v1.PromoteWatchdog;
import io.pilothouse.api.log.v1.ReleaseLease;
import io.pilothouse.api.log.v1.RemoveManifest;
import io.pilothouse.api.log.v1.Request;
import io.pilothouse.api.log.v1.ResolveIncident;
import io.pilothouse.api.log.v1.RetryProvisioning;
import io.pilothouse.api.log.v1.SetFeatureLevel;
import io.pilothouse.api.log.v1.SetFreeze;
import io.pilothouse.api.log.v1.UndrainMachine;
import io.pilothouse.api.log.v1.UnholdMachine;
import io.pilothouse.api.v1.Access;
import io.pilothouse.api.v1.AccessRole;
import io.pilothouse.api.v1.ApprovalPolicy;
import io.pilothouse.api.v1.Fleet;
import io.pilothouse.api.v1.Incident;
import io.pilothouse.api.v1.Limit;
import io.pilothouse.api.v1.OrderKind;
import io.pilothouse.api.v1.Severity;
import io.pilothouse.api.v1.Thing;
import io.pilothouse.api.v1.VerdictKind;
import io.pilothouse.api.v1.VersionRef;
import io.pilothouse.api.v1.WatchdogState;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/**
 * A life with nearly every kind of command, done and refused: repairs, a rollout, an incident,
 * orders, a walk at random; first by the oldest rules, then by the newest. The same each time.
 */
final class GoldenStory {
  private static final VersionRef V1 = FleetScenario.version("web", "1.0.0");
  private static final VersionRef V2 = FleetScenario.version("web", "1.1.0");

  private final FleetScenario fleet = FleetScenario.bornAt(0);
  private final List<Entry> log = new ArrayList<>();
  private final Apply apply = new Apply();

  private GoldenStory() {}

  static List<Entry> tell() {
    GoldenStory story = new GoldenStory();
    story.repairs();
    story.people();
    story.rollout();
    story.incident();
    story.orders();
    story.longReason();
    story.fleet.sends(level(FeatureLevel.NEWEST));
    story.longReason();
    story.log.addAll(story.fleet.log);
    story.walk(new Random(20261129), 400);
    story.access();
    return story.log;
  }

  private void repairs() {
    fleet.machine("web-03").failsOnce("disk").failsAgain("disk");
    fleet.repairService().claims("web-03").executes("web-03").hasExecuted("web-03");
    fleet.machine("web-03").boots("disk").reportsOk();
    fleet.passes(QuickFleet.QUIET);
    fleet.machine("web-04").reports(VerdictKind.ERROR, "disk", Severity.FATAL);
    fleet.repairService().claims("web-04").executes("web-04");
    fleet.sends(
        Command.newBuilder().setMachineReplaced(MachineReplaced.newBuilder().setMachine("web-04")));
    for (int attempt = 0; attempt < 2; attempt++) {
      fleet.machine("web-04").isPowered().bootsInstaller().failsToInstall("no disk");
      fleet.passes(QuickFleet.RETRY);
    }
    fleet.sends(
        Command.newBuilder()
            .setRetryProvisioning(RetryProvisioning.newBuilder().setMachine("web-04")));
    fleet.machine("web-04").isInstalled().reportsOk();
    fleet.passes(QuickFleet.PROBATION_MAX);
    fleet.answers(Command.newBuilder().setDecideRepair(DecideRepair.newBuilder().setRepair("R-1")));
  }

  private void people() {
    hold("web-05", "looked at");
    fleet.sends(
        Command.newBuilder().setUnholdMachine(UnholdMachine.newBuilder().setMachine("web-05")));
    fleet.sends(
        Command.newBuilder().setDrainMachine(DrainMachine.newBuilder().setMachine("web-06")));
    fleet.passes(QuickFleet.DRAIN);
    fleet.sends(
        Command.newBuilder().setUndrainMachine(UndrainMachine.newBuilder().setMachine("web-06")));
    fleet.machine("web-06").reportsOk();
    domain(false);
    domain(true);
    mode(WatchdogState.Mode.SHADOW);
    mode(WatchdogState.Mode.LIVE);
    fleet.isRefused(
        Command.newBuilder()
            .setDecommissionMachine(DecommissionMachine.newBuilder().setMachine("web-07")));
    long token = fleet.lease("repair", "repair-1");
    fleet.sends(
        Command.newBuilder()
            .setReleaseLease(
                ReleaseLease.newBuilder().setRole("repair").setHolder("repair-1").setToken(token)));
    fleet.passes(QuickFleet.PROBATION_MAX);
  }

  private void rollout() {
    List.of(V1, V2).forEach(each -> fleet.registers(each, Thing.THING_MANIFEST));
    String id = fleet.sends(RolloutScenario.start(V1)).getId();
    fleet.passes(Duration.ofMinutes(1));
    fleet.answers(RolloutScenario.order(id, ControlRollout.Verb.PAUSE, ""));
    fleet.answers(RolloutScenario.order(id, ControlRollout.Verb.ABORT, ""));
    fleet.answers(
        Command.newBuilder()
            .setRemoveManifest(
                RemoveManifest.newBuilder().setName(V2.getName()).setVersion(V2.getVersion())));
  }

  private void incident() {
    for (String each : List.of("web-01", "web-02", "web-03", "web-05", "web-06")) {
      fleet.machine(each).losesPower();
    }
    fleet.passes(QuickFleet.CONFIRM);
    fleet.state.incidents().stream()
        .filter(each -> each.getState() == Incident.State.OPEN)
        .map(Incident::getId)
        .toList()
        .forEach(
            each ->
                fleet.answers(
                    Command.newBuilder()
                        .setResolveIncident(ResolveIncident.newBuilder().setIncident(each))));
    fleet.passes(QuickFleet.UNKNOWN_MAX);
    for (String each : List.of("web-01", "web-02", "web-03", "web-05", "web-06")) {
      fleet.machine(each).boots("disk").reportsOk();
    }
    fleet.passes(QuickFleet.PROBATION_MAX);
  }

  /** Alice may not let repairs go on alone. */
  private void orders() {
    fleet.apply(withApprovals().build());
    freeze(true);
    freeze(false);
    fleet.sends(
        "operator/bob",
        Command.newBuilder().setDecideOrder(DecideOrder.newBuilder().setOrder("A-1")));
  }

  private static Fleet.Builder withApprovals() {
    return QuickFleet.spec().toBuilder()
        .setApprovals(
            ApprovalPolicy.newBuilder()
                .setBlastRadius(Limit.newBuilder().setAbsolute(2))
                .addSecondPersonFor(OrderKind.ORDER_UNFREEZE));
  }

  /** Taken by the oldest rules, refused by the newest. */
  private void longReason() {
    fleet.commit(
        List.of(
            FleetScenario.request(
                    Command.newBuilder()
                        .setHoldMachine(HoldMachine.newBuilder().setMachine("web-02").setForMs(1)),
                    "operator/alice",
                    "because ".repeat(300))
                .setClientId("client-1")
                .setSequence(fleet.log.size())
                .build()));
    fleet.passes(Duration.ofSeconds(1));
  }

  /** From here on not everybody may do everything. */
  private void access() {
    Fleet closed =
        QuickFleet.spec().toBuilder()
            .addAccess(
                Access.newBuilder()
                    .setName("operators")
                    .addPrincipals("operator/golden")
                    .addRoles(AccessRole.ROLE_OPERATOR))
            .build();
    long now = fleet.state.meta().getNow() + 1;
    adds(
        now,
        FleetScenario.request(
            Command.newBuilder().setApplyFleet(ApplyFleet.newBuilder().setFleet(closed)),
            "operator/golden",
            "grown up"));
    adds(
        now,
        FleetScenario.request(
            Command.newBuilder().setSetFreeze(SetFreeze.newBuilder().setFrozen(true)),
            "operator/vera",
            "who knows"));
  }

  /** Goes on from the fleet as it is, without looking at what becomes of it. */
  private void walk(Random random, int steps) {
    RandomCommands commands = new RandomCommands(random, fleet.state);
    long now = fleet.now().toEpochMilli();
    for (int i = 0; i < steps; i++) {
      now += random.nextInt(6) == 0 ? random.nextInt(40_000) : random.nextInt(500);
      Request.Builder request =
          FleetScenario.request(commands.next(), "operator/golden", "as it comes");
      if (random.nextInt(3) == 0) {
        request.setClientId("client-" + random.nextInt(4)).setSequence(100_000 + i);
      }
      adds(now, request);
    }
  }

  private void adds(long at, Request.Builder request) {
    Entry entry = Entry.newBuilder().setAt(at).addRequests(request).build();
    log.add(entry);
    apply.apply(fleet.state, entry, log.size());
  }

  private void hold(String machine, String reason) {
    fleet.commit(
        List.of(
            FleetScenario.request(
                    Command.newBuilder()
                        .setHoldMachine(HoldMachine.newBuilder().setMachine(machine)),
                    "operator/alice",
                    reason)
                .build()));
  }

  private void domain(boolean end) {
    fleet.sends(
        Command.newBuilder()
            .setHoldDomain(HoldDomain.newBuilder().setDomain("rack/r5").setEnd(end)));
  }

  private void mode(WatchdogState.Mode mode) {
    fleet.sends(
        Command.newBuilder()
            .setPromoteWatchdog(PromoteWatchdog.newBuilder().setWatchdog("disk").setMode(mode)));
  }

  private void freeze(boolean frozen) {
    fleet.sends(Command.newBuilder().setSetFreeze(SetFreeze.newBuilder().setFrozen(frozen)));
  }

  private static Command.Builder level(int level) {
    return Command.newBuilder().setSetFeatureLevel(SetFeatureLevel.newBuilder().setLevel(level));
  }
}
