package io.pilothouse.dm.state;

import static org.assertj.core.api.Assertions.assertThat;

import io.pilothouse.api.log.v1.AcquireLease;
import io.pilothouse.api.log.v1.Command;
import io.pilothouse.api.log.v1.Refusal;
import io.pilothouse.api.log.v1.ReleaseLease;
import io.pilothouse.api.log.v1.UpdateOffers;
import io.pilothouse.api.v1.Condition;
import io.pilothouse.api.v1.Lease;
import io.pilothouse.api.v1.Repair;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Who may act, and what happens to its work when it no longer may. */
class LeaseTest {
  private static final Duration TTL = Duration.ofMinutes(5);

  private final FleetScenario fleet = FleetScenario.inService();

  @Test
  void oneHoldsItUntilItIsNotRenewed() {
    long first = fleet.lease("repair", "repair-1");
    assertThat(fleet.isRefused(acquire("repair", "repair-2", 1000)).getMessage())
        .contains("held by repair-1 until");
    fleet.passes(TTL.minusMillis(1));
    assertThat(fleet.lease("repair", "repair-1")).as("a renewal keeps the token").isEqualTo(first);

    fleet.passes(TTL);

    assertThat(fleet.state.lease("repair").orElseThrow().getHolder()).isEmpty();
    assertThat(fleet.lease("repair", "repair-2")).isGreaterThan(first);
  }

  @Test
  void tokensRiseOverAllRolesAndHolders() {
    long repair = fleet.lease("repair", "a");
    fleet.sends(release("repair", repair));
    long again = fleet.lease("repair", "a");
    long scheduler = fleet.lease("scheduler", "a");
    assertThat(again).isGreaterThan(repair);
    assertThat(scheduler).isGreaterThan(again);
  }

  @Test
  void aSchedulersLeaseGoesToOneThatFindsItsProcessEnded() {
    long first = fleet.lease("scheduler", "s-1");

    fleet.sends(ended("scheduler", "s-2", first));

    Lease now = fleet.state.lease("scheduler").orElseThrow();
    assertThat(now.getHolder()).isEqualTo("s-2");
    assertThat(now.getToken()).isGreaterThan(first);
    assertThat(
            fleet.state.audit().stream()
                .filter(each -> each.getSubject().equals("lease/scheduler"))
                .map(each -> "%s>%s: %s".formatted(each.getFrom(), each.getTo(), each.getText())))
        .containsExactly(
            ">s-1: token " + first,
            "s-1>: its process has ended, as s-2 found",
            ">s-2: token " + now.getToken());
    // the first one lives after all: it finds out when it renews, and may do nothing meanwhile
    assertThat(fleet.isRefused(acquire("scheduler", "s-1", 1000)).getMessage())
        .contains("held by s-2 until");
    assertThat(
            fleet
                .isRefused(
                    Command.newBuilder()
                        .setUpdateOffers(UpdateOffers.newBuilder().setLeaseToken(first)))
                .getCode())
        .isEqualTo(Refusal.Code.STALE_TOKEN);
  }

  @Test
  void whatIsSaidOfATokenThatIsPassedEndsNothing() {
    long first = fleet.lease("scheduler", "s-1");
    for (long wrong : List.of(0L, first - 1, first + 1)) {
      assertThat(fleet.isRefused(ended("scheduler", "s-2", wrong)).getMessage())
          .contains("held by s-1 until");
    }
    fleet.sends(ended("scheduler", "s-1", first));
    assertThat(fleet.state.lease("scheduler").orElseThrow().getToken())
        .as("a holder that says it of itself renews")
        .isEqualTo(first);
    fleet.sends(release("scheduler", first));
    fleet.sends(ended("scheduler", "s-2", first));
    assertThat(fleet.state.lease("scheduler").orElseThrow().getHolder()).isEqualTo("s-2");
  }

  @Test
  void whatIsSaidOfAProcessEndsNotTheOneThatWasStartedAfterIt() {
    fleet.sends(acquireAs(7));
    long first = fleet.state.lease("scheduler").orElseThrow().getToken();
    fleet.sends(acquireAs(7));
    assertThat(fleet.state.lease("scheduler").orElseThrow().getToken())
        .as("the same process renews")
        .isEqualTo(first);

    fleet.sends(acquireAs(8));
    long second = fleet.state.lease("scheduler").orElseThrow().getToken();
    assertThat(second).isGreaterThan(first);

    assertThat(fleet.isRefused(ended("scheduler", "s-2", first)).getMessage())
        .contains("held by s-1 until");
    assertThat(fleet.state.lease("scheduler").orElseThrow().getToken()).isEqualTo(second);
  }

  private static Command.Builder acquireAs(long process) {
    Command.Builder command = acquire("scheduler", "s-1", 1000);
    command.getAcquireLeaseBuilder().setProcess(process);
    return command;
  }

  @Test
  void noOtherLeaseEndsBeforeItsTime() {
    for (String role : List.of("repair", "provisioning")) {
      Refusal refusal = fleet.isRefused(ended(role, "b", 1));
      assertThat(refusal.getCode()).isEqualTo(Refusal.Code.INVALID);
      assertThat(refusal.getMessage())
          .startsWith("the lease %s is not taken from a holder that has ended".formatted(role));
    }
  }

  private static Command.Builder ended(String role, String holder, long token) {
    return Command.newBuilder()
        .setAcquireLease(
            AcquireLease.newBuilder()
                .setRole(role)
                .setHolder(holder)
                .setTtlMs(1000)
                .setEnded(token));
  }

  @Test
  void nonsenseIsRefused() {
    assertThat(fleet.isRefused(acquire("dictator", "a", 1000)).getCode())
        .isEqualTo(Refusal.Code.INVALID);
    assertThat(fleet.isRefused(acquire("repair", "", 1000)).getCode())
        .isEqualTo(Refusal.Code.INVALID);
    assertThat(fleet.isRefused(acquire("repair", "a", 0)).getCode())
        .isEqualTo(Refusal.Code.INVALID);
    assertThat(fleet.isRefused(acquire("repair", "a", Long.MAX_VALUE)).getCode())
        .isEqualTo(Refusal.Code.INVALID);
    assertThat(fleet.isRefused(release("repair", 17)).getCode())
        .isEqualTo(Refusal.Code.STALE_TOKEN);
  }

  @Test
  void staleTokenDoesNothing() {
    FakeRepairService old = readyToReboot();
    fleet.passes(TTL);
    Repair repair = fleet.repairOf("web-03");
    assertThat(fleet.isRefused(old.claim(repair)).getCode()).isEqualTo(Refusal.Code.STALE_TOKEN);

    new FakeRepairService(fleet, "repair-2").claims("web-03");

    Repair claimed = fleet.repairOf("web-03");
    assertThat(fleet.isRefused(old.report(claimed, Repair.State.EXECUTING)).getCode())
        .isEqualTo(Refusal.Code.STALE_TOKEN);
    assertThat(fleet.isRefused(old.report(claimed, Repair.State.FAILED)).getCode())
        .isEqualTo(Refusal.Code.STALE_TOKEN);
  }

  @Test
  void claimedRepairIsReadyAgainWhenTheLeaseIsLost() {
    FakeRepairService service = readyToReboot().claims("web-03");
    fleet.sends(release("repair", service.token));
    assertThat(fleet.repairOf("web-03").getState()).isEqualTo(Repair.State.READY);
    assertThat(fleet.repairOf("web-03").getDueAt()).isZero();
  }

  @Test
  void repairThatMayHaveBegunIsNeverBegunAgain() {
    FakeRepairService service = readyToReboot().claims("web-03").executes("web-03");
    String repair = fleet.repairOf("web-03").getId();
    fleet.sends(release("repair", service.token));
    assertThat(fleet.repairOf("web-03").getState()).isEqualTo(Repair.State.VERIFYING);

    FakeRepairService next = new FakeRepairService(fleet, "repair-2");
    assertThat(fleet.isRefused(next.claim(fleet.repairOf("web-03"))).getMessage())
        .contains("only READY repairs can be claimed");
    fleet.passes(QuickFleet.VERIFY);

    assertThat(fleet.state.repair(repair).orElseThrow().getState()).isEqualTo(Repair.State.FAILED);
    assertThat(executions(repair)).isEqualTo(1);
  }

  @Test
  void repairWhoseExecutionWasSeenAfterTheLeaseWasLostIsDone() {
    FakeRepairService service = readyToReboot().claims("web-03").executes("web-03");
    fleet.sends(release("repair", service.token));
    fleet.machine("web-03").boots("disk").is(Condition.PROBATION);
  }

  @Test
  void repeatedClaimsAndReportsChangeNothing() {
    FakeRepairService service = readyToReboot().claims("web-03").claims("web-03");
    service.executes("web-03");
    Repair repair = fleet.repairOf("web-03");
    service.executes("web-03");
    assertThat(executions(repair.getId())).isEqualTo(1);
    service.hasExecuted("web-03").hasExecuted("web-03");
    fleet.machine("web-03").boots("disk");
    fleet.sends(service.report(repair, Repair.State.VERIFYING));
    assertThat(fleet.isRefused(service.report(repair, Repair.State.FAILED)).getMessage())
        .contains("is DONE");
    assertThat(fleet.isRefused(service.report(repair, Repair.State.DONE)).getCode())
        .isEqualTo(Refusal.Code.INVALID);
  }

  private FakeRepairService readyToReboot() {
    fleet.machine("web-03").failsOnce("disk").failsAgain("disk");
    return fleet.repairService();
  }

  private long executions(String repair) {
    return fleet.history("web-03", "ACTION").stream()
        .filter(each -> each.getSubject().equals("repair/" + repair))
        .filter(each -> each.getTo().equals("EXECUTING"))
        .count();
  }

  private static Command.Builder acquire(String role, String holder, long ttl) {
    return Command.newBuilder()
        .setAcquireLease(AcquireLease.newBuilder().setRole(role).setHolder(holder).setTtlMs(ttl));
  }

  private static Command.Builder release(String role, long token) {
    return Command.newBuilder()
        .setReleaseLease(ReleaseLease.newBuilder().setRole(role).setToken(token));
  }
}
