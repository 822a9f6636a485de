package io.pilothouse.dm.state;

import static org.assertj.core.api.Assertions.assertThat;

import io.pilothouse.api.log.v1.ApplyVerdicts;
import io.pilothouse.api.log.v1.Command;
import io.pilothouse.api.log.v1.Discover;
import io.pilothouse.api.log.v1.HoldMachine;
import io.pilothouse.api.log.v1.NoticeSilence;
import io.pilothouse.api.log.v1.ObserveMachine;
import io.pilothouse.api.log.v1.RegisterMachine;
import io.pilothouse.api.log.v1.ReportProvisioning;
import io.pilothouse.api.log.v1.UnholdMachine;
import io.pilothouse.api.log.v1.VerdictReport;
import io.pilothouse.api.v1.Condition;
import io.pilothouse.api.v1.Machine;
import io.pilothouse.api.v1.Observed;
import io.pilothouse.api.v1.Provisioning;
import io.pilothouse.api.v1.Severity;
import io.pilothouse.api.v1.Verdict;
import io.pilothouse.api.v1.VerdictKind;
import io.pilothouse.api.v1.VersionRef;
import java.time.Duration;
import java.util.Optional;

/** What one machine, and those who watch and install it, say to the Device Manager. */
final class FakeMachine {
  private final FleetScenario fleet;
  private final String name;

  FakeMachine(FleetScenario fleet, String name) {
    this.fleet = fleet;
    this.name = name;
  }

  FakeMachine isDiscovered() {
    fleet.sends(
        Command.newBuilder()
            .setDiscover(
                Discover.newBuilder()
                    .setName(name)
                    .setMac(fleet.state.machine(name).map(Machine::getMac).orElse(""))
                    .setBmc("local:" + name)));
    return this;
  }

  /** From POWERING all the way into service. */
  FakeMachine isInstalled() {
    isPowered().bootsInstaller().isImaged().isBurntIn();
    return bootsFromDisk(fleet.show(name).getProvisioning().getImage());
  }

  FakeMachine isPowered() {
    assertThat(provisioning().getStep()).isEqualTo(Provisioning.Step.POWERING);
    fleet.sends(report(Provisioning.Step.POWERING, ""));
    return this;
  }

  Command.Builder report(Provisioning.Step step, String failed) {
    return Command.newBuilder()
        .setReportProvisioning(
            ReportProvisioning.newBuilder()
                .setMachine(name)
                .setLeaseToken(fleet.lease("provisioning", "provisioning-1"))
                .setToken(provisioning().getToken())
                .setStep(step)
                .setFailed(failed));
  }

  FakeMachine isImaged() {
    fleet.sends(installer(Provisioning.Step.IMAGING));
    return this;
  }

  FakeMachine isBurntIn() {
    fleet.sends(installer(Provisioning.Step.BURNING_IN));
    return this;
  }

  FakeMachine failsToInstall(String why) {
    Command.Builder failed = installer(Provisioning.Step.STEP_UNSPECIFIED);
    failed.getObserveMachineBuilder().setStepFailed(why);
    fleet.sends(failed);
    return this;
  }

  Command.Builder installer(Provisioning.Step done) {
    return Command.newBuilder()
        .setObserveMachine(
            ObserveMachine.newBuilder()
                .setMachine(name)
                .setBootId(fleet.show(name).getObserved().getBootId())
                .setProvisioningToken(provisioning().getToken())
                .setStepDone(done));
  }

  FakeMachine bootsFromDisk(VersionRef image) {
    fleet.sends(register(nextBoot("disk"), Observed.newBuilder().setImage(image).build(), "key"));
    return this;
  }

  /** Comes up from the network, with what is on its disk unknown. */
  FakeMachine bootsInstaller() {
    fleet.sends(register(nextBoot("installer"), Observed.getDefaultInstance(), "key"));
    return this;
  }

  /** Comes up with a new boot id; its disk is as it was. */
  FakeMachine boots(String how) {
    fleet.sends(register(nextBoot(how), fleet.show(name).getObserved(), "key"));
    return this;
  }

  Command.Builder register(String bootId, Observed observed, String key) {
    return Command.newBuilder()
        .setRegisterMachine(
            RegisterMachine.newBuilder()
                .setMachine(name)
                .setBootId(bootId)
                .setKeySha256(key)
                .setObserved(observed));
  }

  private String nextBoot(String how) {
    return how + "-" + fleet.log.size();
  }

  /** Its agent reports that it runs a version, or nothing. */
  FakeMachine runs(VersionRef version) {
    Observed before = fleet.show(name).getObserved();
    Observed.Builder observed = before.toBuilder().setActive(version);
    if (!version.getName().isEmpty() && !before.getStagedList().contains(version)) {
      observed.addStaged(version);
    }
    fleet.sends(
        Command.newBuilder()
            .setObserveMachine(
                ObserveMachine.newBuilder()
                    .setMachine(name)
                    .setBootId(before.getBootId())
                    .setObserved(observed)));
    return this;
  }

  /** Every watchdog says OK. */
  FakeMachine reportsOk() {
    QuickFleet.WATCHDOGS.forEach(each -> reports(VerdictKind.OK, each));
    return this;
  }

  FakeMachine reports(VerdictKind kind, String watchdog) {
    return reports(kind, watchdog, Severity.SEVERITY_UNSPECIFIED);
  }

  FakeMachine reports(VerdictKind kind, String watchdog, Severity severity) {
    String reporter = watchdog.equals("reachable") ? "satellite/watchdog-1" : "machine/" + name;
    VerdictReport.Builder report =
        VerdictReport.newBuilder()
            .setMachine(name)
            .setWatchdog(watchdog)
            .setKind(kind)
            .setSeverity(severity)
            .setText(watchdog + " says " + kind)
            .setSequence(lastSequence(reporter) + 1);
    if (!watchdog.equals("reachable")) {
      report.setBootId(fleet.show(name).getObserved().getBootId());
    }
    fleet.sends(verdict(reporter, report));
    return this;
  }

  static Command.Builder verdict(String reporter, VerdictReport.Builder report) {
    return Command.newBuilder()
        .setApplyVerdicts(ApplyVerdicts.newBuilder().setReporter(reporter).addReports(report));
  }

  private long lastSequence(String reporter) {
    return fleet.state.verdicts(name).stream()
        .filter(each -> each.getReporter().equals(reporter))
        .mapToLong(Verdict::getSequence)
        .max()
        .orElse(0);
  }

  /** The leader hears nothing more of these watchdogs. */
  FakeMachine fallsSilent(String... watchdogs) {
    NoticeSilence.Builder silence = NoticeSilence.newBuilder();
    for (String watchdog : watchdogs) {
      silence.addSilent(NoticeSilence.Silent.newBuilder().setMachine(name).setWatchdog(watchdog));
    }
    fleet.sends(Command.newBuilder().setNoticeSilence(silence));
    return this;
  }

  /** Loses its power: nothing reports, and the probe from outside fails. */
  FakeMachine losesPower() {
    fallsSilent("disk", "heartbeat");
    return reports(VerdictKind.ERROR, "reachable");
  }

  FakeMachine isHeldFor(Duration span) {
    fleet.sends(
        Command.newBuilder()
            .setHoldMachine(HoldMachine.newBuilder().setMachine(name).setForMs(span.toMillis())));
    return this;
  }

  FakeMachine isUnheld() {
    fleet.sends(Command.newBuilder().setUnholdMachine(UnholdMachine.newBuilder().setMachine(name)));
    return this;
  }

  /** Fails, after an error was confirmed; DoNothing brings it into Probation at once. */
  FakeMachine failsOnce(String watchdog) {
    reports(VerdictKind.ERROR, watchdog);
    fleet.passes(QuickFleet.CONFIRM);
    return is(Condition.PROBATION);
  }

  /** Stays in error through Probation: the next action of the ladder is assigned. */
  FakeMachine failsAgain(String watchdog) {
    reports(VerdictKind.ERROR, watchdog);
    fleet.passes(QuickFleet.PROBATION_MAX);
    return is(Condition.FAILURE);
  }

  FakeMachine is(Condition condition) {
    assertThat(fleet.show(name).getCondition()).as(name).isEqualTo(condition);
    return this;
  }

  Optional<io.pilothouse.api.v1.ErrorState> error() {
    Machine machine = fleet.show(name);
    return machine.hasError() ? Optional.of(machine.getError()) : Optional.empty();
  }

  Provisioning provisioning() {
    return fleet.show(name).getProvisioning();
  }
}
