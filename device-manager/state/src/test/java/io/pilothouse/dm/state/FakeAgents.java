package io.pilothouse.dm.state;

import io.pilothouse.api.log.v1.ApplyVerdicts;
import io.pilothouse.api.log.v1.Command;
import io.pilothouse.api.log.v1.ObserveMachine;
import io.pilothouse.api.log.v1.VerdictReport;
import io.pilothouse.api.v1.Lifecycle;
import io.pilothouse.api.v1.Machine;
import io.pilothouse.api.v1.Observed;
import io.pilothouse.api.v1.Verdict;
import io.pilothouse.api.v1.VerdictKind;
import io.pilothouse.api.v1.VersionRef;
import io.pilothouse.api.v1.WantedState;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * The agents of all machines in service: each second they stage and run what is wanted of them, and
 * report what has changed. A broken version fails its health check; a machine that is off does
 * nothing at all.
 */
final class FakeAgents {
  private static final Duration STEP = Duration.ofSeconds(1);

  private final FleetScenario fleet;
  private final Set<String> broken = new TreeSet<>();
  private final Set<String> off = new TreeSet<>();
  private final Set<String> full = new TreeSet<>();
  private final Set<String> unbootable = new TreeSet<>();

  /** The most machines of su-1 that were not serving at the same time. */
  int mostAway;

  FakeAgents(FleetScenario fleet) {
    this.fleet = fleet;
  }

  FakeAgents failOn(VersionRef version) {
    broken.add(version.getVersion());
    return this;
  }

  /** The version fails no more. */
  FakeAgents mends(VersionRef version) {
    broken.remove(version.getVersion());
    return this;
  }

  /** The installer cannot write this image. */
  FakeAgents cannotInstall(VersionRef image) {
    unbootable.add(image.getVersion());
    return this;
  }

  FakeAgents canInstall(VersionRef image) {
    unbootable.remove(image.getVersion());
    return this;
  }

  /** The agent does not come up as this version: the one before goes on. */
  FakeAgents neverBecomes(VersionRef agent) {
    unbootable.add(agent.getVersion());
    return this;
  }

  FakeAgents isOff(String machine) {
    off.add(machine);
    return this;
  }

  FakeAgents isOn(String machine) {
    off.remove(machine);
    return this;
  }

  /** No room for another version. */
  FakeAgents diskIsFull(String machine) {
    full.add(machine);
    return this;
  }

  FakeAgents diskHasRoom(String machine) {
    full.remove(machine);
    return this;
  }

  /** Lets them work for so long. */
  void work(Duration span) {
    for (Duration done = Duration.ZERO; done.compareTo(span) < 0; done = done.plus(STEP)) {
      List.copyOf(fleet.state.machines()).forEach(this::act);
      fleet.passes(STEP);
      int away =
          (int)
              fleet.state.machines().stream()
                  .filter(each -> each.getScaleUnit().equals("su-1"))
                  .filter(each -> Budget.taken(fleet.state, each))
                  .count();
      mostAway = Math.max(mostAway, away);
    }
  }

  private void act(Machine machine) {
    if (machine.hasProvisioning() && !off.contains(machine.getName())) {
      install(machine);
      return;
    }
    boolean works =
        machine.getLifecycle() == Lifecycle.IN_SERVICE
            || machine.getLifecycle() == Lifecycle.DRAINING;
    if (!works || off.contains(machine.getName())) {
      return;
    }
    Observed observed = observed(machine);
    if (!observed.equals(machine.getObserved())) {
      fleet.sends(
          Command.newBuilder()
              .setObserveMachine(
                  ObserveMachine.newBuilder()
                      .setMachine(machine.getName())
                      .setBootId(observed.getBootId())
                      .setObserved(observed)));
    }
    report(fleet.show(machine.getName()));
  }

  private Observed observed(Machine machine) {
    WantedState wanted = WantedStates.of(fleet.state, machine);
    List<VersionRef> staged = new ArrayList<>();
    boolean served = fleet.state.replicas().stream().anyMatch(each -> each.getUp());
    for (VersionRef each : wanted.getStagedList()) {
      boolean held = machine.getObserved().getStagedList().contains(each);
      if (held || (served && !full.contains(machine.getName()))) {
        staged.add(each);
      }
    }
    Observed.Builder observed = machine.getObserved().toBuilder().clearStaged();
    observed.addAllStaged(staged);
    if (!wanted.getRunProcesses() || !wanted.hasActive()) {
      observed.clearActive();
    } else if (staged.contains(wanted.getActive())) {
      observed.setActive(wanted.getActive());
    }
    if (!wanted.hasWatchdogSet()) {
      observed.clearWatchdogSet();
    } else if (staged.contains(wanted.getWatchdogSet())) {
      observed.setWatchdogSet(wanted.getWatchdogSet());
    }
    if (!wanted.hasAgent()) {
      observed.clearAgent();
    } else if (staged.contains(wanted.getAgent())
        && !unbootable.contains(wanted.getAgent().getVersion())) {
      observed.setAgent(wanted.getAgent());
    }
    return observed.build();
  }

  /** The agent of before stops what it runs; then provisioning and the installer do a step. */
  private void install(Machine machine) {
    FakeMachine at = fleet.machine(machine.getName());
    switch (machine.getProvisioning().getStep()) {
      case MATCHED -> {
        if (!machine.getObserved().getActive().getName().isEmpty()) {
          at.runs(VersionRef.getDefaultInstance());
        }
      }
      case POWERING -> at.isPowered();
      case BOOTING -> at.bootsInstaller();
      case IMAGING -> {
        if (unbootable.contains(machine.getProvisioning().getImage().getVersion())) {
          at.failsToInstall("the disk is too small for it");
        } else {
          at.isImaged();
        }
      }
      case BURNING_IN -> at.isBurntIn();
      case VERIFIED -> at.bootsFromDisk(machine.getProvisioning().getImage());
      case AWAITING_OPERATOR, STEP_UNSPECIFIED, UNRECOGNIZED -> {}
    }
  }

  private void report(Machine machine) {
    boolean bad =
        Things.ALL.stream()
            .anyMatch(each -> broken.contains(Things.observed(machine, each).getVersion()));
    ApplyVerdicts.Builder reports = ApplyVerdicts.newBuilder().setReporter("agents");
    for (String watchdog : QuickFleet.WATCHDOGS) {
      Verdict before =
          fleet
              .state
              .verdict(machine.getName(), watchdog)
              .orElse(Verdict.newBuilder().setAwaiting(true).build());
      VerdictKind kind = bad && watchdog.equals("heartbeat") ? VerdictKind.ERROR : VerdictKind.OK;
      if (before.getAwaiting() || before.getSilent() || before.getKind() != kind) {
        reports.addReports(
            VerdictReport.newBuilder()
                .setMachine(machine.getName())
                .setWatchdog(watchdog)
                .setKind(kind)
                .setText(kind == VerdictKind.OK ? "fine" : "the health check fails")
                .setSequence(before.getSequence() + 1));
      }
    }
    if (reports.getReportsCount() > 0) {
      fleet.sends(Command.newBuilder().setApplyVerdicts(reports));
    }
  }
}
