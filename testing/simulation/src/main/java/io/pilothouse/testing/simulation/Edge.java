package io.pilothouse.testing.simulation;

import io.pilothouse.api.log.v1.ApplyVerdicts;
import io.pilothouse.api.log.v1.Command;
import io.pilothouse.api.log.v1.ObserveMachine;
import io.pilothouse.api.log.v1.RegisterMachine;
import io.pilothouse.api.log.v1.Request;
import io.pilothouse.api.log.v1.VerdictReport;
import io.pilothouse.api.v1.Machine;
import io.pilothouse.api.v1.Observed;
import io.pilothouse.api.v1.Provisioning;
import io.pilothouse.api.v1.Verdict;
import io.pilothouse.api.v1.WantedState;
import io.pilothouse.dm.state.State;
import io.pilothouse.dm.state.WantedStates;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.function.LongConsumer;

/**
 * The leader's door for agents and watchdogs, as the server has it: checks keys and boots, and lets
 * only reports that differ from the state into the log. Now and then it lets all of them in, as a
 * new leader that knows nothing would.
 */
final class Edge {

  /** What an agent reports. */
  record Report(
      String machine,
      String key,
      String bootId,
      long sequence,
      Observed observed,
      List<VerdictReport> verdicts,
      long token,
      Provisioning.Step stepDone,
      String stepFailed) {}

  private final FakeDeviceManager dm;
  private final State state;
  private final Random random;

  Edge(FakeDeviceManager dm, Random random) {
    this.dm = dm;
    this.state = dm.state;
    this.random = random;
  }

  /** Registers an agent; answers with the floor of its sequences when it is accepted. */
  void register(String name, String key, String bootId, Observed observed, LongConsumer floor) {
    Optional<Machine> found = state.machine(name);
    boolean revoked =
        found
            .filter(each -> each.getKeySha256().isEmpty() && each.hasProvisioning())
            .filter(each -> each.getObserved().getBootId().equals(bootId))
            .isPresent();
    if (!dm.isUp() || revoked) {
      return;
    }
    RegisterMachine.Builder command =
        RegisterMachine.newBuilder()
            .setMachine(name)
            .setKeySha256(key)
            .setBootId(bootId)
            .setObserved(observed);
    dm.submit(
        request("machine/" + name, Command.newBuilder().setRegisterMachine(command)),
        reply -> {
          if (!reply.hasRefusal()) {
            floor.accept(Math.max(reply.getSequenceFloor(), dm.highest("machine/" + name)));
          }
        });
  }

  /** What the machine should be; empty when it must register first. */
  Optional<WantedState> pull(String name, String key, String bootId) {
    return state
        .machine(name)
        .filter(each -> each.getKeySha256().equals(key))
        .filter(each -> each.getObserved().getBootId().equals(bootId))
        .map(each -> WantedStates.of(state, each));
  }

  /** Takes a report; returns whether the agent must register again. */
  boolean report(Report report) {
    if (!dm.isUp()) {
      return false;
    }
    String reporter = "machine/" + report.machine();
    Optional<Machine> found =
        state
            .machine(report.machine())
            .filter(each -> each.getKeySha256().equals(report.key()))
            .filter(each -> each.getObserved().getBootId().equals(report.bootId()));
    if (found.isEmpty()) {
      return true;
    }
    if (report.sequence() > dm.highest(reporter)) {
      dm.took(reporter, report.sequence());
      observe(found.get(), report);
      verdicts(reporter, report.verdicts());
    }
    return false;
  }

  private void observe(Machine machine, Report report) {
    ObserveMachine.Builder command =
        ObserveMachine.newBuilder().setMachine(report.machine()).setBootId(report.bootId());
    boolean changed = !report.observed().equals(machine.getObserved());
    if (changed) {
      command.setObserved(report.observed());
    }
    boolean step =
        report.token() != 0
            && machine.getProvisioning().getToken() == report.token()
            && machine.getProvisioning().getStep() == report.stepDone();
    if (step) {
      command.setProvisioningToken(report.token()).setStepFailed(report.stepFailed());
      command.setStepDone(report.stepDone());
    }
    if (changed || step) {
      dm.submit(
          request("machine/" + report.machine(), Command.newBuilder().setObserveMachine(command)),
          reply -> {});
    }
  }

  /** Takes verdicts of an agent, or of a watchdog that looks from outside. */
  void verdicts(String reporter, List<VerdictReport> reports) {
    if (!dm.isUp()) {
      return;
    }
    boolean all = random.nextInt(50) == 0;
    ApplyVerdicts.Builder changed = ApplyVerdicts.newBuilder().setReporter(reporter);
    for (VerdictReport each : reports) {
      Verdict known =
          state.verdict(each.getMachine(), each.getWatchdog()).orElse(Verdict.getDefaultInstance());
      boolean older =
          known.getReporter().equals(reporter) && each.getSequence() <= known.getSequence();
      boolean same =
          !known.getSilent()
              && !known.getAwaiting()
              && known.getKind() == each.getKind()
              && known.getSeverity() == each.getSeverity()
              && known.getFault().equals(each.getFault());
      if (all || !(same || older)) {
        changed.addReports(each);
      }
      if (!older) {
        dm.heard(each.getMachine(), each.getWatchdog());
      }
    }
    if (changed.getReportsCount() > 0) {
      dm.submit(request(reporter, Command.newBuilder().setApplyVerdicts(changed)), reply -> {});
    }
  }

  private static Request request(String principal, Command.Builder command) {
    return Request.newBuilder().setPrincipal(principal).setCommand(command).build();
  }
}
