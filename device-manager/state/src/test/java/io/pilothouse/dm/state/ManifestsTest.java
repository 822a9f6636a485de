package io.pilothouse.dm.state;

import static io.pilothouse.dm.state.RolloutScenario.BAD;
import static io.pilothouse.dm.state.RolloutScenario.CANARY;
import static io.pilothouse.dm.state.RolloutScenario.V1;
import static io.pilothouse.dm.state.RolloutScenario.V2;
import static org.assertj.core.api.Assertions.assertThat;

import io.pilothouse.api.log.v1.Command;
import io.pilothouse.api.log.v1.ControlRollout.Verb;
import io.pilothouse.api.log.v1.ObserveReplica;
import io.pilothouse.api.log.v1.Refusal;
import io.pilothouse.api.log.v1.RegisterManifest;
import io.pilothouse.api.log.v1.RemoveManifest;
import io.pilothouse.api.log.v1.Tick;
import io.pilothouse.api.v1.ContentPolicy;
import io.pilothouse.api.v1.DeploymentReplica;
import io.pilothouse.api.v1.Fleet;
import io.pilothouse.api.v1.Machine;
import io.pilothouse.api.v1.Manifest;
import io.pilothouse.api.v1.Rollout;
import io.pilothouse.api.v1.RolloutUnit;
import io.pilothouse.api.v1.Thing;
import io.pilothouse.api.v1.VersionRef;
import io.pilothouse.api.v1.VersionUse;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Versions come when the fleet's rules allow, and go when nothing needs them. */
class ManifestsTest {
  private static final Duration LONG = Duration.ofMinutes(9);

  private static Command.Builder register(Manifest.Builder manifest) {
    return Command.newBuilder()
        .setRegisterManifest(RegisterManifest.newBuilder().setManifest(manifest));
  }

  private static Manifest.Builder version(String version, long bytes) {
    return Manifest.newBuilder().setRef(FleetScenario.version("web", version)).setBytes(bytes);
  }

  private static Command.Builder remove(VersionRef ref) {
    return Command.newBuilder()
        .setRemoveManifest(
            RemoveManifest.newBuilder().setName(ref.getName()).setVersion(ref.getVersion()));
  }

  private static FleetScenario with(ContentPolicy.Builder policy) {
    Fleet spec = QuickFleet.spec().toBuilder().setContents(policy).build();
    return FleetScenario.expected(spec);
  }

  @Test
  void theSameVersionWithOtherContentIsRefused() {
    FleetScenario fleet = FleetScenario.expected();
    fleet.sends(register(version("1.0.0", 5)));
    fleet.sends(register(version("1.0.0", 5)));
    VersionRef other = V1.toBuilder().setDigest("ab".repeat(32)).build();

    Refusal refusal = fleet.isRefused(register(Manifest.newBuilder().setRef(other)));

    assertThat(refusal.getMessage())
        .contains("web@1.0.0 is registered with other content: digest " + V1.getDigest());
    assertThat(
            fleet.state.audit().stream()
                .filter(each -> each.getSubject().equals("manifest/web@1.0.0")))
        .as("doing it again changes nothing")
        .hasSize(1);
  }

  @Test
  void aNameIsOfOneKind() {
    FleetScenario fleet = FleetScenario.expected();
    fleet.sends(register(version("1.0.0", 5)));

    Refusal refusal =
        fleet.isRefused(register(version("1.1.0", 5).setThing(Thing.THING_WATCHDOG_SET)));

    assertThat(refusal.getMessage())
        .isEqualTo("web@1.0.0 is a manifest, so web@1.1.0 cannot be a watchdog set");
    assertThat(fleet.state.manifest("base", "1.0.0").orElseThrow().getThing())
        .as("the older field says the same")
        .isEqualTo(Thing.THING_IMAGE);
    fleet.isRefused(register(version("1.2.0", 5).setImage(true).setThing(Thing.THING_AGENT)));
    fleet.isRefused(register(version("1.2.0", -1)));
  }

  @Test
  void quotasAreSaidWithTheirNumbers() {
    FleetScenario fleet =
        with(
            ContentPolicy.newBuilder()
                .setMostBytes(1 << 20)
                .setMostVersions(3)
                .setMostTotalBytes(5 << 18));
    assertThat(fleet.isRefused(register(version("1.0.0", 3 << 19))).getMessage())
        .isEqualTo("web@1.0.0 has 1.5 MiB, and a version may have 1 MiB");

    fleet.sends(register(version("1.0.0", 1 << 20)));
    Refusal total = fleet.isRefused(register(version("1.1.0", 1 << 20)));
    assertThat(total.getMessage())
        .isEqualTo(
            "1 versions of web have 1 MiB, 1 MiB more are too many: a name may have 1.2 MiB");
    assertThat(total.getRemedy())
        .contains("pilot manifest list web --unused")
        .contains("contents.most-total");

    fleet.sends(register(version("1.1.0", 1)));
    fleet.sends(register(version("1.2.0", 1)));
    assertThat(fleet.isRefused(register(version("1.3.0", 1))).getMessage())
        .isEqualTo("web has 3 versions, and a name may have 3");
    fleet.sends(register(version("1.2.0", 1))); // one that is there is no further one
  }

  @Test
  void whatNothingNeedsCanBeRemoved() {
    RolloutScenario rollouts = RolloutScenario.running();
    rollouts.fleet.sends(remove(BAD));

    assertThat(rollouts.fleet.state.manifest("web", "1.2.0-bad")).isEmpty();
    assertThat(rollouts.fleet.isRefused(RolloutScenario.start(BAD)).getMessage())
        .contains("no version web@1.2.0-bad");
    assertThat(rollouts.fleet.isRefused(remove(BAD)).getMessage())
        .isEqualTo("no version web@1.2.0-bad is registered");
  }

  @Test
  void whatUnitsAndMachinesRunIsNeeded() {
    RolloutScenario rollouts = RolloutScenario.running();

    Refusal refusal = rollouts.fleet.isRefused(remove(V1));

    assertThat(refusal.getMessage())
        .isEqualTo(
            "web@1.0.0 is needed: unit canary of frontend is to run it; unit su-1 of frontend is"
                + " to run it; 7 machines run it: web-01, web-02, web-03 …; 7 machines are to run"
                + " it: web-01, web-02, web-03 …");
    assertThat(rollouts.fleet.isRefused(remove(FleetScenario.IMAGE)).getMessage())
        .contains("the fleet's files name it as image")
        .contains("7 machines run it");
  }

  @Test
  void anOpenRolloutNeedsBothItsVersions() {
    RolloutScenario rollouts = RolloutScenario.running();
    String second = rollouts.starts(V2);

    assertThat(rollouts.fleet.isRefused(remove(V2)).getMessage())
        .isEqualTo("web@1.1.0 is needed: rollout %s brings it".formatted(second));
    assertThat(rollouts.fleet.isRefused(remove(V1)).getMessage())
        .contains("rollout %s may go back to it".formatted(second));
  }

  @Test
  void theLastCompletedRolloutMayBeGoneBackOn() {
    RolloutScenario rollouts = RolloutScenario.running();
    String second = rollouts.starts(V2);
    rollouts.until(second, Rollout.State.COMPLETED, LONG).allRun(V2);

    assertThat(rollouts.fleet.isRefused(remove(V1)).getMessage())
        .isEqualTo(
            "web@1.0.0 is needed: frontend would go back to it: rollout %s replaced it"
                .formatted(second));

    VersionRef third = FleetScenario.version("web", "1.3.0");
    rollouts.fleet.registers(third, false);
    rollouts.until(rollouts.starts(third), Rollout.State.COMPLETED, LONG).allRun(third);
    rollouts.fleet.sends(remove(V1));
  }

  @Test
  void machinesThatAnAbortLeftBehindAreKeptInMind() {
    RolloutScenario rollouts = RolloutScenario.running();
    String second = rollouts.starts(V2);
    rollouts.until(second, "canary", RolloutUnit.State.UNIT_VERIFYING, LONG);
    rollouts.orders(second, Verb.ABORT);

    assertThat(rollouts.fleet.isRefused(remove(V2)).getMessage())
        .startsWith("web@1.1.0 is needed: ")
        .contains("web-01");
  }

  @Test
  void usesAreCounted() {
    RolloutScenario rollouts = RolloutScenario.running();
    List<Manifest> all = List.copyOf(rollouts.fleet.state.manifests());

    List<VersionUse> uses = VersionUses.of(rollouts.fleet.state, all);

    VersionUse first = uses.get(all.indexOf(manifest(rollouts, V1)));
    assertThat(first.getUnitsList())
        .extracting(each -> each.getScaleUnit())
        .containsExactly("canary", "su-1");
    assertThat(first.getRunning()).isEqualTo(7);
    assertThat(first.getHolding()).isEqualTo(7);
    VersionUse bad = uses.get(all.indexOf(manifest(rollouts, BAD)));
    assertThat(bad).isEqualTo(VersionUse.getDefaultInstance());
  }

  private static Manifest manifest(RolloutScenario rollouts, VersionRef ref) {
    return rollouts.fleet.state.manifest(ref.getName(), ref.getVersion()).orElseThrow();
  }

  @Test
  void aRollBackToWhatIsNowhereIsRefusedBeforeItStarts() {
    RolloutScenario rollouts = RolloutScenario.running();
    String second = rollouts.starts(V2);
    rollouts.until(second, "su-1", RolloutUnit.State.UNIT_VERIFYING, LONG);
    holdsOnly(rollouts, V2);
    for (String name : CANARY) {
      Machine machine = rollouts.fleet.show(name);
      rollouts.fleet.putEverywhere(
          new Change(
              Table.MACHINE,
              name,
              machine.toBuilder()
                  .setObserved(machine.getObserved().toBuilder().clearStaged().addStaged(V2))
                  .build()));
    }

    Refusal refusal = rollouts.refuses(second, Verb.ROLL_BACK, "");

    assertThat(refusal.getMessage())
        .isEqualTo(
            "%s cannot roll back: no deployment replica that is up holds the contents, and 2 of"
                    .formatted(second)
                + " canary (web-01, web-02) lacks web@1.0.0");
    assertThat(refusal.getRemedy()).contains("pilot manifest add DIR");
    rollouts.fleet.registers(V1, false);
    rollouts.orders(second, Verb.ROLL_BACK);
  }

  @Test
  void machinesThatHoldTheOldVersionGoBackWithoutAnyReplica() {
    RolloutScenario rollouts = RolloutScenario.running();
    String second = rollouts.starts(V2);
    rollouts.until(second, "su-1", RolloutUnit.State.UNIT_VERIFYING, LONG);
    holdsOnly(rollouts);

    rollouts.orders(second, Verb.ROLL_BACK);
    rollouts.until(second, Rollout.State.ROLLED_BACK, LONG).allRun(V1);
  }

  private static void deployment(FleetScenario fleet, String id, boolean up) {
    DeploymentReplica seen =
        DeploymentReplica.newBuilder().setId(id).setAddress("127.0.0.1:1").setUp(up).build();
    fleet.sends(
        Command.newBuilder().setObserveReplica(ObserveReplica.newBuilder().setReplica(seen)));
  }

  private static List<String> deployments(FleetScenario fleet) {
    return fleet.state.replicas().stream().map(DeploymentReplica::getId).toList();
  }

  private static void daysPass(FleetScenario fleet, int days) {
    fleet.passes(Duration.ofDays(days));
    fleet.sends("dm", Command.newBuilder().setTick(Tick.getDefaultInstance()));
  }

  @Test
  void aDeploymentReplicaThatNeverComesBackIsForgotten() {
    FleetScenario fleet = FleetScenario.expected();
    deployment(fleet, "old", true);
    deployment(fleet, "old", false);
    daysPass(fleet, 6);
    assertThat(deployments(fleet)).containsExactly("deployment-1", "old");

    daysPass(fleet, 1);

    assertThat(deployments(fleet)).containsExactly("deployment-1");
    assertThat(fleet.state.audit())
        .filteredOn(each -> each.getSubject().equals("deployment/old"))
        .extracting(each -> each.getFrom() + ">" + each.getTo())
        .containsExactly(">up", "up>down", "down>");
    deployment(fleet, "old", true);
    assertThat(deployments(fleet)).containsExactly("deployment-1", "old");
  }

  @Test
  void whileNoDeploymentReplicaIsUpThoseThatAreDownAreShown() {
    FleetScenario fleet = FleetScenario.expected();
    deployment(fleet, "deployment-1", false);
    daysPass(fleet, 30);
    assertThat(deployments(fleet)).containsExactly("deployment-1");
  }

  @Test
  void belowItsLevelNoDeploymentReplicaIsForgotten() {
    FleetScenario fleet = FleetScenario.bornAt(FeatureLevel.OWN_REPLICAS - 1);
    deployment(fleet, "old", false);
    daysPass(fleet, 30);
    assertThat(deployments(fleet)).contains("old");
  }

  private static void holdsOnly(RolloutScenario rollouts, VersionRef... refs) {
    DeploymentReplica.Builder replica =
        DeploymentReplica.newBuilder().setId("deployment-1").setAddress("127.0.0.1:1").setUp(true);
    List.of(refs).forEach(each -> replica.addHeld(each.getDigest()));
    rollouts.fleet.sends(
        Command.newBuilder().setObserveReplica(ObserveReplica.newBuilder().setReplica(replica)));
  }
}
