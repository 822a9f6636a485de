package io.pilothouse.dm.state;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import io.pilothouse.api.log.v1.Command;
import io.pilothouse.api.log.v1.Refusal;
import io.pilothouse.api.log.v1.ReleaseLease;
import io.pilothouse.api.log.v1.Reply;
import io.pilothouse.api.log.v1.UpdateOffers;
import io.pilothouse.api.v1.Access;
import io.pilothouse.api.v1.AccessRole;
import io.pilothouse.api.v1.AuditRecord;
import io.pilothouse.api.v1.Fleet;
import io.pilothouse.api.v1.OfferAgent;
import io.pilothouse.api.v1.OfferFramework;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** What a scheduler must not forget: frameworks and agents, written under its lease. */
class OfferRecordsTest extends OfferRig {

  @Test
  void aFrameworkIsKeptWithWhatWasSaidOfItAndSinceWhen() {
    fleet.passes(Duration.ofSeconds(3));
    Instant subscribed = fleet.now();

    writes(framework("f-1").toBuilder().setSince(7).setEndedAt(8).setEndedWhy("never").build());

    assertThat(kept("f-1"))
        .isEqualTo(framework("f-1").toBuilder().setSince(subscribed.toEpochMilli()).build());
    assertThat(records())
        .extracting(AuditRecord::getSubject, AuditRecord::getText, AuditRecord::getPrincipal)
        .containsExactly(
            tuple(
                "framework/f-1",
                "\"count\" of physics subscribed in batch, prod",
                "operator/alice"));
  }

  @Test
  void whatIsSaidTwiceIsOnce() {
    writes(framework("f-1"));
    fleet.sends(of(update().addAgents(agent("web-01", "a-1"))));

    changesNothing(update().addFrameworks(framework("f-1")).addAgents(agent("web-01", "a-1")));
  }

  @Test
  void aFrameworkThatChangedKeepsItsBeginning() {
    writes(framework("f-1"));
    long since = kept("f-1").getSince();
    fleet.passes(Duration.ofSeconds(3));
    OfferFramework other =
        framework("f-1").toBuilder().setFailoverTimeoutMs(5).clearRoles().build();

    writes(other);

    assertThat(kept("f-1")).isEqualTo(other.toBuilder().setSince(since).build());
    assertThat(records()).as("that it came is no news").hasSize(1);
  }

  @Test
  void oneThatEndedIsKeptWithItsReasonAndNeverComesBack() {
    writes(framework("f-1"));
    fleet.passes(Duration.ofSeconds(3));

    ends("f-1", "torn down by operator/bob: \"over\"");

    assertThat(kept("f-1").getEndedAt()).isEqualTo(fleet.now().toEpochMilli());
    assertThat(kept("f-1").getEndedWhy()).isEqualTo("torn down by operator/bob: \"over\"");
    assertThat(records().getLast().getText())
        .isEqualTo("\"count\" ended: torn down by operator/bob: \"over\"");
    Refusal refusal = refusedFramework(framework("f-1"));
    assertThat(refusal.getCode()).isEqualTo(Refusal.Code.INVALID);
    assertThat(refusal.getMessage())
        .isEqualTo(
            "framework f-1 ended at %s (torn down by operator/bob: \"over\"); its id is not taken again"
                .formatted(fleet.now()));
  }

  @Test
  void endsAndGoneAgentsThatNobodyKnowsAreNoError() {
    writes(framework("f-1"));
    ends("f-1", "first");
    fleet.passes(Duration.ofSeconds(3));

    changesNothing(
        update()
            .addFrameworksEnded(end("f-1", "second"))
            .addFrameworksEnded(end("unknown", "x"))
            .addFrameworksEnded(end("", ""))
            .addAgentsGone("web-01")
            .addAgentsGone("nowhere"));
    assertThat(kept("f-1").getEndedWhy()).isEqualTo("first");
  }

  @Test
  void aCommandThatBringsAndEndsAFrameworkCanBeSentAgain() {
    UpdateOffers.Builder both =
        update().addFrameworks(framework("f-1")).addFrameworksEnded(end("f-1", "at once"));
    fleet.sends(of(both));
    assertThat(kept("f-1").getEndedWhy()).isEqualTo("at once");

    changesNothing(both);
  }

  @Test
  void aMachineHasOneAgent() {
    fleet.sends(of(update().addAgents(agent("web-01", "a-1")).addAgents(agent("web-02", "b-1"))));
    long since = fleet.state.offerAgent("web-01").orElseThrow().getSince();
    fleet.passes(Duration.ofSeconds(3));

    fleet.sends(of(update().addAgents(agent("web-01", "a-2")).addAgentsGone("web-02")));

    OfferAgent agent = fleet.state.offerAgent("web-01").orElseThrow();
    assertThat(agent.getId()).isEqualTo("a-2");
    assertThat(agent.getSince()).isEqualTo(since + 3_000);
    assertThat(fleet.state.offerAgent("web-02"))
        .as("its machine is in the fleet, and what runs there may still run")
        .isPresent();
    assertThat(records()).as("agents are many, and no news").isEmpty();
  }

  @Test
  void anAgentThatIsBothGoneAndThereIsThere() {
    fleet.sends(of(update().addAgents(agent("web-01", "a-1"))));

    fleet.sends(of(update().addAgentsGone("web-01").addAgents(agent("web-01", "a-2"))));

    assertThat(fleet.state.offerAgent("web-01").map(OfferAgent::getId)).contains("a-2");
  }

  @Test
  void anAgentIsOfAMachineThatIsKnown() {
    Refusal refusal =
        fleet.isRefused(
            of(
                update()
                    .addFrameworks(framework("f-1"))
                    .addAgents(agent("web-01", "a-1"))
                    .addAgents(agent("web-99", "z-1"))));

    assertThat(refusal.getCode()).isEqualTo(Refusal.Code.NOT_FOUND);
    assertThat(refusal.getMessage())
        .isEqualTo("no machine \"web-99\" is known, and agent z-1 is said to be its own");
    assertThat(fleet.state.offerFrameworks()).as("all of a command or nothing").isEmpty();
  }

  @Test
  void theAgentOfAMachineThatLeftStaysUntilTheSchedulerSaysSo() {
    FleetScenario small = FleetScenario.expected(OffersTest.offering());
    UpdateOffers.Builder said =
        UpdateOffers.newBuilder()
            .setLeaseToken(small.lease("scheduler", "s-1"))
            .addAgents(agent("web-07", "a-1"));
    small.sends(of(said));
    Fleet.Builder without = OffersTest.offering().toBuilder();
    without.removeMachines(without.getMachinesCount() - 1);
    small.apply(without.build());
    assertThat(small.state.machine("web-07")).isEmpty();

    small.sends(of(said));
    assertThat(small.state.offerAgent("web-07")).isPresent();
    small.sends(of(said.clearAgents().addAgentsGone("web-07")));

    assertThat(small.state.offerAgents()).isEmpty();
  }

  @Test
  void whatAnEarlierCoreHadUnderWayIsRefusedOnceTheNextHasBegun() {
    fleet.sends(of(update().setCore(7).addFrameworks(framework("f-1"))));
    fleet.sends(of(update().setCore(8)));
    assertThat(fleet.lease("scheduler", "s-1")).as("a renewal").isEqualTo(token);

    Refusal refusal =
        fleet.isRefused(of(update().setCore(7).addFrameworksEnded(end("f-1", "late"))));

    assertThat(refusal.getCode()).isEqualTo(Refusal.Code.STALE_TOKEN);
    assertThat(refusal.getMessage())
        .isEqualTo("core 7 of the scheduler is over: 8 has begun under the same token");
    assertThat(kept("f-1").getEndedAt()).isZero();
    fleet.sends(of(update().setCore(8).addFrameworksEnded(end("f-1", "now"))));
    assertThat(kept("f-1").getEndedWhy()).isEqualTo("now");
  }

  @Test
  void onlyTheLeaseHoldersTokenCounts() {
    for (long wrong : List.of(0L, token - 1, token + 1)) {
      Refusal refusal = fleet.isRefused(of(update().setLeaseToken(wrong)));
      assertThat(refusal.getCode()).isEqualTo(Refusal.Code.STALE_TOKEN);
      assertThat(refusal.getMessage())
          .isEqualTo("token %s of the lease scheduler is stale; s-1 holds it".formatted(wrong));
    }
    long repair = fleet.lease("repair", "r-1");
    assertThat(fleet.isRefused(of(update().setLeaseToken(repair))).getCode())
        .isEqualTo(Refusal.Code.STALE_TOKEN);

    fleet.sends(
        Command.newBuilder()
            .setReleaseLease(
                ReleaseLease.newBuilder().setRole("scheduler").setHolder("s-1").setToken(token)));
    long next = fleet.lease("scheduler", "s-2");

    assertThat(refusedFramework(framework("f-1")).getMessage())
        .isEqualTo("token %s of the lease scheduler is stale; s-2 holds it".formatted(token));
    fleet.sends(of(update().setLeaseToken(next).addFrameworks(framework("f-1"))));
  }

  @Test
  void aLeaseThatRanOutCountsNoMoreEvenBeforeItsEndIsNoted() {
    fleet.jumps(Duration.ofMinutes(5));

    assertThat(fleet.isRefused(of(update())).getCode()).isEqualTo(Refusal.Code.STALE_TOKEN);
  }

  @Test
  void whoMayTakeTheLeaseMayWriteAndReadUnderIt() {
    fleet.apply(
        OffersTest.offering().toBuilder()
            .addAccess(satellites("satellite/s-*", "scheduler"))
            .addAccess(satellites("satellite/repair-*", "repair"))
            .addAccess(
                Access.newBuilder()
                    .setName("alice")
                    .addPrincipals("operator/alice")
                    .addRoles(AccessRole.ROLE_OPERATOR))
            .build());

    assertThat(reply("satellite/s-1").hasRefusal()).isFalse();
    assertThat(reply("satellite/repair-1").getRefusal().getMessage())
        .isEqualTo("satellite/repair-1 may not take the lease scheduler");
    assertThat(reply("operator/alice").getRefusal().getMessage()).contains("lacks the role");
    assertThat(objection("satellite/s-1", token)).isEmpty();
    assertThat(objection("satellite/s-1", token + 1).orElseThrow().getCode())
        .isEqualTo(Refusal.Code.STALE_TOKEN);
    assertThat(objection("satellite/repair-1", token).orElseThrow().getCode())
        .isEqualTo(Refusal.Code.NOT_ALLOWED);
  }

  @Test
  void aReaderWhoseLeaseRanOutIsRefused() {
    assertThat(objection("satellite/s-1", token)).isEmpty();
    assertThat(
            OfferRecords.objection(
                fleet.state, "satellite/s-1", token, fleet.now().plus(Duration.ofMinutes(5))))
        .isPresent();
  }

  @Test
  void olderReplicasWouldNotKnowTheCommandSoItWaitsForItsLevel() {
    FleetScenario old = FleetScenario.bornAt(2);
    long lease = old.lease("scheduler", "s-1");

    assertThat(old.isRefused(of(update().setLeaseToken(lease))).getMessage())
        .isEqualTo("UPDATE_OFFERS needs feature level 3, and 2 is in force");
  }

  private Optional<Refusal> objection(String principal, long of) {
    return OfferRecords.objection(fleet.state, principal, of, fleet.now());
  }

  private Reply reply(String principal) {
    return fleet
        .commit(
            List.of(
                FleetScenario.request(
                        of(update().addFrameworks(framework("f-1"))), principal, "it subscribed")
                    .build()))
        .getFirst();
  }

  private static Access satellites(String principal, String lease) {
    return Access.newBuilder()
        .setName(lease)
        .addPrincipals(principal)
        .addRoles(AccessRole.ROLE_SATELLITE)
        .addLeases(lease)
        .build();
  }
}
