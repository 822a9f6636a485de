package io.pilothouse.dm.state;

import com.google.protobuf.ByteString;
import io.pilothouse.api.log.v1.AcquireLease;
import io.pilothouse.api.log.v1.ApplyFleet;
import io.pilothouse.api.log.v1.ApplyVerdicts;
import io.pilothouse.api.log.v1.ClaimRepair;
import io.pilothouse.api.log.v1.Command;
import io.pilothouse.api.log.v1.DecideRepair;
import io.pilothouse.api.log.v1.DecommissionMachine;
import io.pilothouse.api.log.v1.Discover;
import io.pilothouse.api.log.v1.DrainMachine;
import io.pilothouse.api.log.v1.HoldDomain;
import io.pilothouse.api.log.v1.HoldMachine;
import io.pilothouse.api.log.v1.MachineReplaced;
import io.pilothouse.api.log.v1.NoticeSilence;
import io.pilothouse.api.log.v1.ObserveMachine;
import io.pilothouse.api.log.v1.OpenEnrolment;
import io.pilothouse.api.log.v1.PromoteWatchdog;
import io.pilothouse.api.log.v1.RedeemEnrolment;
import io.pilothouse.api.log.v1.RegisterMachine;
import io.pilothouse.api.log.v1.ReleaseLease;
import io.pilothouse.api.log.v1.ReportProvisioning;
import io.pilothouse.api.log.v1.ReportRepair;
import io.pilothouse.api.log.v1.RetryProvisioning;
import io.pilothouse.api.log.v1.SetFreeze;
import io.pilothouse.api.log.v1.UndrainMachine;
import io.pilothouse.api.log.v1.UnholdMachine;
import io.pilothouse.api.log.v1.UpdateOffers;
import io.pilothouse.api.log.v1.VerdictReport;
import io.pilothouse.api.v1.Condition;
import io.pilothouse.api.v1.Fleet;
import io.pilothouse.api.v1.FrameworkEnd;
import io.pilothouse.api.v1.Lease;
import io.pilothouse.api.v1.Lifecycle;
import io.pilothouse.api.v1.Limit;
import io.pilothouse.api.v1.Machine;
import io.pilothouse.api.v1.MachineConsent;
import io.pilothouse.api.v1.Observed;
import io.pilothouse.api.v1.OfferAgent;
import io.pilothouse.api.v1.OfferFramework;
import io.pilothouse.api.v1.OfferRole;
import io.pilothouse.api.v1.Provisioning;
import io.pilothouse.api.v1.Repair;
import io.pilothouse.api.v1.Rollout;
import io.pilothouse.api.v1.RolloutPolicy;
import io.pilothouse.api.v1.Severity;
import io.pilothouse.api.v1.Ticket;
import io.pilothouse.api.v1.VerdictKind;
import io.pilothouse.api.v1.WatchdogState;
import java.util.Collection;
import java.util.List;
import java.util.Random;

/**
 * Makes commands that fit the state more often than not, so that a random walk gets far, and that
 * are wrong in some part otherwise.
 */
final class RandomCommands {
  private final Random random;
  private final Dice dice;
  private final State state;
  private final RandomContents contents;
  private long sequence;

  RandomCommands(Random random, State state) {
    this.random = random;
    this.dice = new Dice(random);
    this.state = state;
    this.contents = new RandomContents(dice, state);
  }

  Command.Builder next() {
    Command.Builder command = Command.newBuilder();
    boolean left =
        state.machines().stream().anyMatch(each -> each.getLifecycle() == Lifecycle.DECOMMISSIONED);
    if (state.fleet().getName().isEmpty() || once(left ? 20 : 60)) {
      return command.setApplyFleet(
          ApplyFleet.newBuilder()
              .setFleet(fleet())
              .setDryRun(once(20))
              .setIfRevision(once(9) ? 7 : 0));
    }
    return random.nextInt(5) > 1 ? sensible(command) : any(command);
  }

  /** What the machine, the satellites or the people would do next. */
  private Command.Builder sensible(Command.Builder command) {
    if (state.leases().stream().filter(each -> each.getHolder().equals("holder-0")).count() < 2) {
      return command.setAcquireLease(
          AcquireLease.newBuilder()
              .setRole(once(2) ? "repair" : "provisioning")
              .setHolder("holder-0")
              .setTtlMs(100_000));
    }
    // one of each thing at most, so that they meet now and then
    if (once(state.rollouts().stream().noneMatch(Rollouts::isOpen) ? 8 : 40)) {
      return contents.towardsRollout(command);
    }
    if (state.rollouts().stream().anyMatch(each -> each.getState() == Rollout.State.PAUSED)
        && once(10)) {
      return command.setControlRollout(contents.resume());
    }
    Machine machine = some(state.machines(), Machine.getDefaultInstance());
    // the version is not to blame, people think
    if (machine.getCondition() == Condition.FAILURE
        && !machine.getRolloutId().isEmpty()
        && once(4)) {
      return command.setDecommissionMachine(
          DecommissionMachine.newBuilder().setMachine(machine.getName()));
    }
    Repair repair = state.repair(machine.getRepairId()).orElse(Repair.getDefaultInstance());
    boolean repairs =
        repair.getState() == Repair.State.READY
            || repair.getState() == Repair.State.CLAIMED
            || repair.getState() == Repair.State.REPAIR_DRAINING
            || repair.getState() == Repair.State.EXECUTING;
    if (repairs && !once(3)) {
      return repair.getState() == Repair.State.READY
          ? command.setClaimRepair(
              ClaimRepair.newBuilder().setRepair(repair.getId()).setToken(token("repair")))
          : command.setReportRepair(reportRepair(repair));
    }
    return switch (machine.getLifecycle()) {
      case EXPECTED, LIFECYCLE_UNSPECIFIED, UNRECOGNIZED -> command.setDiscover(discover());
      case PROVISIONING, BURN_IN ->
          switch (machine.getProvisioning().getStep()) {
            case POWERING -> command.setReportProvisioning(reportProvisioning(machine));
            case IMAGING, BURNING_IN -> command.setObserveMachine(observe(machine));
            case AWAITING_OPERATOR ->
                command.setRetryProvisioning(
                    RetryProvisioning.newBuilder().setMachine(machine.getName()));
            default -> command.setRegisterMachine(register(machine));
          };
      case AWAITING_REPLACEMENT ->
          command.setMachineReplaced(MachineReplaced.newBuilder().setMachine(machine.getName()));
      case MAINTENANCE, DRAINING ->
          command.setUndrainMachine(UndrainMachine.newBuilder().setMachine(machine.getName()));
      case DISCOVERED, DECOMMISSIONED -> contents.registerAny(command);
      case IN_SERVICE ->
          once(3)
              ? command.setObserveMachine(observe(machine))
              : once(6)
                  ? command.setRegisterMachine(register(machine))
                  : command.setApplyVerdicts(verdicts(machine.getName()));
    };
  }

  private Command.Builder any(Command.Builder command) {
    return switch (random.nextInt(26)) {
      case 0, 1 -> command.setDiscover(discover());
      case 2, 3 -> command.setRegisterMachine(register(anyMachine()));
      case 4, 5, 6 -> command.setObserveMachine(observe(anyMachine()));
      case 7, 8, 9 -> command.setApplyVerdicts(verdicts(machine()));
      case 10 ->
          command.setNoticeSilence(
              NoticeSilence.newBuilder()
                  .addSilent(
                      NoticeSilence.Silent.newBuilder()
                          .setMachine(machine())
                          .setWatchdog(watchdog())));
      case 11 ->
          command.setAcquireLease(
              AcquireLease.newBuilder()
                  .setRole(pick(List.of("repair", "provisioning", "nonsense")))
                  .setHolder("holder-" + random.nextInt(2))
                  .setTtlMs(once(10) ? -1 : 20_000 + random.nextInt(60_000)));
      case 12 ->
          command.setReleaseLease(
              ReleaseLease.newBuilder().setRole("repair").setToken(token("repair")));
      case 13, 14 ->
          command.setClaimRepair(
              ClaimRepair.newBuilder()
                  .setRepair(repair())
                  .setHolder("holder-0")
                  .setToken(token("repair")));
      case 15, 16 ->
          command.setReportRepair(reportRepair(some(state.repairs(), Repair.getDefaultInstance())));
      case 17, 18 -> command.setReportProvisioning(reportProvisioning(anyMachine()));
      case 19 -> contents.registerAny(command);
      case 20 -> contents.startAny(command);
      case 21 -> command.setControlRollout(contents.controlRollout());
      case 22 ->
          once(2)
              ? command.setHoldMachine(
                  HoldMachine.newBuilder()
                      .setMachine(machine())
                      .setForMs(pick(List.of(0L, 5000L, 60_000L, -1L, Long.MAX_VALUE))))
              : command.setUnholdMachine(UnholdMachine.newBuilder().setMachine(machine()));
      case 23 ->
          once(2)
              ? command.setMachineReplaced(MachineReplaced.newBuilder().setMachine(machine()))
              : command.setSetFreeze(SetFreeze.newBuilder().setFrozen(once(3)));
      case 24 ->
          once(2)
              ? command.setDrainMachine(DrainMachine.newBuilder().setMachine(machine()))
              : command.setUndrainMachine(UndrainMachine.newBuilder().setMachine(machine()));
      default -> rare(command);
    };
  }

  private Command.Builder rare(Command.Builder command) {
    return switch (random.nextInt(7)) {
      case 6 -> offers(command);
      case 3 ->
          command.setDecideRepair(
              DecideRepair.newBuilder()
                  .setRepair(repair())
                  .setDeny(once(3))
                  .setActionValue(random.nextInt(7)));
      case 5 -> enrolment(command);
      case 4 ->
          command.setHoldDomain(
              HoldDomain.newBuilder()
                  .setDomain(pick(List.of("unit/su-1", "rack/r3", "rack/none")))
                  .setForMs(pick(List.of(5_000L, 20_000L, -1L)))
                  .setEnd(once(2)));
      case 0 ->
          command.setPromoteWatchdog(
              PromoteWatchdog.newBuilder()
                  .setWatchdog(watchdog())
                  .setMode(pick(List.of(WatchdogState.Mode.values()).subList(0, 4))));
      case 1 ->
          command.setDecommissionMachine(DecommissionMachine.newBuilder().setMachine(machine()));
      default -> command.setRetryProvisioning(RetryProvisioning.newBuilder().setMachine(machine()));
    };
  }

  /** Often enough under the lease for what is written to come and go. */
  private Command.Builder offers(Command.Builder command) {
    boolean led = state.lease("scheduler").filter(each -> !each.getHolder().isEmpty()).isPresent();
    if (!led || once(30)) {
      return command.setAcquireLease(
          AcquireLease.newBuilder()
              .setRole("scheduler")
              .setHolder("holder-" + random.nextInt(2))
              .setEnded(once(2) ? token("scheduler") : 0)
              .setProcess(random.nextInt(3))
              .setTtlMs(60_000)
              .setApi("10.0.0.1:5050"));
    }
    UpdateOffers.Builder update = UpdateOffers.newBuilder().setLeaseToken(token("scheduler"));
    String id = once(20) ? "no id" : "f-" + random.nextInt(6);
    if (once(3)) {
      update.addFrameworksEnded(FrameworkEnd.newBuilder().setId(id).setWhy("over"));
    } else {
      update.addFrameworks(
          OfferFramework.newBuilder().setId(id).setFailoverTimeoutMs(random.nextInt(3)));
    }
    if (once(3)) {
      update.addAgentsGone(machine());
    } else {
      update.addAgents(
          OfferAgent.newBuilder()
              .setMachine(machine())
              .setId("a-" + random.nextInt(3))
              .setHeld(ByteString.copyFrom(new byte[random.nextInt(3)])));
    }
    update.addConsents(
        MachineConsent.newBuilder()
            .setMachine(machine())
            .setTakenBy(once(3) ? "drain" : "repair/R-" + random.nextInt(20))
            .setFrameworks(random.nextInt(3))
            .setAgreed(random.nextInt(2))
            .setDeclined(random.nextInt(2)));
    return command.setUpdateOffers(update);
  }

  private Command.Builder enrolment(Command.Builder command) {
    Machine machine = anyMachine();
    String token = pick(List.of("a", "b")).repeat(64);
    if (once(2)) {
      return command.setRedeemEnrolment(
          RedeemEnrolment.newBuilder()
              .setMachine(machine.getName())
              .setTokenSha256(token)
              .setKeySha256(pick(List.of("1", "2")).repeat(64)));
    }
    OpenEnrolment.Builder open =
        OpenEnrolment.newBuilder()
            .setMachine(machine.getName())
            .setTokenSha256(token)
            .setValidMs(pick(List.of(0L, 60_000L, -1L)));
    return command.setOpenEnrolment(
        once(2)
            ? open
            : open.setLeaseToken(token("provisioning"))
                .setInstall(machine.getProvisioning().getToken()));
  }

  private Fleet fleet() {
    Fleet.Builder fleet = QuickFleet.spec().toBuilder();
    if (once(2)) {
      fleet.getBudgetsBuilder().setUnit(Limit.newBuilder().setPercent(1 + random.nextInt(100)));
    }
    if (once(5)) {
      fleet.getRepairPoliciesBuilder(0).setQuietMs(random.nextInt(3) - 1);
    }
    if (once(5)) {
      fleet
          .getRolloutPoliciesBuilder(0)
          .setOnFailure(RolloutPolicy.OnFailure.PAUSE)
          .setSoakMs(9000);
    }
    if (once(3)) {
      int moved = random.nextInt(fleet.getMachinesCount());
      fleet.getMachinesBuilder(moved).setScaleUnit(pick(List.of("canary", "su-1", "su-9")));
    }
    if (once(3)) {
      fleet.removeMachines(random.nextInt(fleet.getMachinesCount()));
    }
    // their lines go with those who left, or bring new ones under the same names
    boolean gone = once(2);
    for (int i = fleet.getMachinesCount() - 1; gone && i >= 0; i--) {
      boolean left =
          state
              .machine(fleet.getMachines(i).getName())
              .filter(each -> each.getLifecycle() == Lifecycle.DECOMMISSIONED)
              .isPresent();
      if (left) {
        fleet.removeMachines(i);
      }
    }
    if (once(4)) {
      fleet.addWatchdogs(QuickFleet.watchdog("fan", WatchdogState.Mode.LIVE));
      fleet.getTypesBuilder(0).addWatchdogs("fan");
    }
    if (once(6)) {
      fleet.removeWatchdogs(0);
    }
    if (once(4)) {
      fleet.addOfferRoles(
          OfferRole.newBuilder()
              .setName("r/" + random.nextInt(2))
              .setWeightMilli(once(9) ? -1 : 5));
    }
    return fleet.build();
  }

  private Discover.Builder discover() {
    String name = machine();
    return Discover.newBuilder()
        .setName(once(10) ? "by-mac" : name)
        .setMac(
            state.machine(name).map(Machine::getMac).orElse("02:00:00:00:00:0" + random.nextInt(9)))
        .setBmc("local:" + name);
  }

  private RegisterMachine.Builder register(Machine machine) {
    Observed.Builder observed = machine.getObserved().toBuilder();
    boolean disk = machine.getProvisioning().getStep() == Provisioning.Step.VERIFIED;
    if (disk != once(10)) {
      observed.setImage(machine.getProvisioning().getImage());
    } else if (machine.hasProvisioning()) {
      observed.clearImage();
    }
    return RegisterMachine.newBuilder()
        .setMachine(machine.getName())
        .setKeySha256(once(8) ? "other" : "key")
        .setBootId(once(5) ? observed.getBootId() : "boot-" + sequence++)
        .setObserved(observed);
  }

  private ObserveMachine.Builder observe(Machine machine) {
    Observed.Builder observed = machine.getObserved().toBuilder();
    contents.observe(machine, observed);
    ObserveMachine.Builder observe =
        ObserveMachine.newBuilder().setMachine(machine.getName()).setBootId(observed.getBootId());
    if (machine.hasProvisioning() && !once(10)) {
      Provisioning.Step step = machine.getProvisioning().getStep();
      return observe
          .setProvisioningToken(machine.getProvisioning().getToken() + (once(10) ? 1 : 0))
          .setStepDone(once(10) ? pick(steps()) : step)
          .setStepFailed(once(12) ? "disk is full" : "");
    }
    return observe.setObserved(observed);
  }

  private ApplyVerdicts.Builder verdicts(String machine) {
    ApplyVerdicts.Builder verdicts = ApplyVerdicts.newBuilder();
    verdicts.setReporter(once(4) ? "satellite/watchdog-1" : "machine/" + machine);
    // some versions are better than others, so that rollouts end in every way
    boolean bad = state.machine(machine).filter(RandomContents::isBad).isPresent();
    boolean well = random.nextInt(bad ? 2 : 8) > 0;
    for (String each : QuickFleet.WATCHDOGS) {
      verdicts.addReports(
          VerdictReport.newBuilder()
              .setMachine(once(20) ? "nonsense" : machine)
              .setWatchdog(once(20) ? watchdog() : each)
              .setKind(well ? VerdictKind.OK : pick(List.of(VerdictKind.values()).subList(0, 5)))
              .setSeverity(once(6) ? Severity.FATAL : Severity.SEVERITY_UNSPECIFIED)
              .setSequence(once(10) ? 1 : ++sequence)
              .setBootId(once(10) ? "foreign" : ""));
    }
    return verdicts;
  }

  private ReportRepair.Builder reportRepair(Repair repair) {
    Repair.State next =
        switch (repair.getState()) {
          case CLAIMED -> Repair.State.EXECUTING;
          case EXECUTING -> Repair.State.VERIFYING;
          default -> Repair.State.FAILED;
        };
    return ReportRepair.newBuilder()
        .setRepair(repair.getId())
        .setToken(once(10) ? 1 : token("repair"))
        .setState(once(6) ? pick(List.of(Repair.State.values()).subList(0, 11)) : next)
        .setNotExecuted(once(2))
        .setTicket(Ticket.newBuilder().setId(once(6) ? "" : repair.getId()));
  }

  private ReportProvisioning.Builder reportProvisioning(Machine machine) {
    return ReportProvisioning.newBuilder()
        .setMachine(machine.getName())
        .setLeaseToken(token("provisioning"))
        .setToken(machine.getProvisioning().getToken())
        .setStep(once(9) ? pick(steps()) : machine.getProvisioning().getStep())
        .setFailed(once(9) ? "no power" : "");
  }

  private static List<Provisioning.Step> steps() {
    return List.of(Provisioning.Step.values()).subList(0, 8);
  }

  private String machine() {
    return once(30) ? "nonsense-" + random.nextInt(3) : "web-0" + (1 + random.nextInt(7));
  }

  private String watchdog() {
    return pick(List.of("disk", "heartbeat", "reachable", "fan", "nonsense"));
  }

  private Machine anyMachine() {
    return some(state.machines(), Machine.getDefaultInstance());
  }

  private String repair() {
    return some(state.repairs(), Repair.getDefaultInstance()).getId();
  }

  private long token(String role) {
    return once(10) ? random.nextInt(9) : state.lease(role).map(Lease::getToken).orElse(0L);
  }

  private boolean once(int in) {
    return dice.once(in);
  }

  private <T> T pick(List<T> from) {
    return dice.pick(from);
  }

  private <T> T some(Collection<T> from, T otherwise) {
    return dice.some(from, otherwise);
  }
}
