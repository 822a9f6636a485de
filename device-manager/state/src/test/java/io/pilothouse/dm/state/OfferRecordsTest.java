package io.pilothouse.dm.state;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import com.google.protobuf.ByteString;
import io.pilothouse.api.log.v1.Command;
import io.pilothouse.api.log.v1.Refusal;
import io.pilothouse.api.log.v1.ReleaseLease;
import io.pilothouse.api.log.v1.Reply;
import io.pilothouse.api.log.v1.UpdateOffers;
import io.pilothouse.api.v1.Access;
import io.pilothouse.api.v1.AccessRole;
import io.pilothouse.api.v1.AuditRecord;
import io.pilothouse.api.v1.Fleet;
import io.pilothouse.api.v1.FrameworkEnd;
import io.pilothouse.api.v1.OfferAgent;
import io.pilothouse.api.v1.OfferFramework;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a scheduler must not forget: frameworks and agents, written under its lease. */
class OfferRecordsTest {
  private final FleetScenario fleet = FleetScenario.inService(OffersTest.offering());
  private final long token = fleet.lease("scheduler", "s-1");

  private UpdateOffers.Builder update() {
    return UpdateOffers.newBuilder().setLeaseToken(token);
  }

  private static Command.Builder of(UpdateOffers.Builder update) {
    return Command.newBuilder().setUpdateOffers(update);
  }

  private static OfferFramework framework(String id) {
    return OfferFramework.newBuilder()
        .setId(id)
        .setName("count")
        .setPrincipal("physics")
        .addRoles("batch")
        .addRoles("prod")
        .setFailoverTimeoutMs(60_000)
        .setInfo(ByteString.copyFromUtf8("info of " + id))
        .build();
  }

  private static OfferAgent agent(String machine, String id) {
    return OfferAgent.newBuilder().setMachine(machine).setId(id).build();
  }

  private static FrameworkEnd end(String id, String why) {
    return FrameworkEnd.newBuilder().setId(id).setWhy(why).build();
  }

  private void writes(OfferFramework... frameworks) {
    fleet.sends(of(update().addAllFrameworks(List.of(frameworks))));
  }

  private void ends(String id, String why) {
    fleet.sends(of(update().addFrameworksEnded(end(id, why))));
  }

  private Refusal refusedFramework(OfferFramework framework) {
    return fleet.isRefused(of(update().addFrameworks(framework)));
  }

  private OfferFramework kept(String id) {
    return fleet.state.offerFramework(id).orElseThrow();
  }

  private List<AuditRecord> records() {
    return fleet.state.audit().stream().filter(each -> each.getKind().equals("OFFERS")).toList();
  }

  /** Whether the command is done and changes nothing, not even the trail. */
  private void changesNothing(UpdateOffers.Builder update) {
    fleet.sends(of(update())); // sets the clock
    String before = StateDigest.of(fleet.state);
    fleet.sends(of(update));
    assertThat(StateDigest.of(fleet.state)).isEqualTo(before);
  }

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
  void aRoleIsNoLongerThanThoseOfAFleet() {
    writes(framework("f-1").toBuilder().addRoles("a".repeat(255)).build());

    Refusal refusal =
        refusedFramework(framework("f-2").toBuilder().addRoles("a/".repeat(127) + "bc").build());

    assertThat(refusal.getCode()).isEqualTo(Refusal.Code.INVALID);
    assertThat(refusal.getMessage())
        .matches("role (a/){32}… of framework f-2 has 256 characters; expected at most 255");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"", "a/b", "a b", "a\tb", "a\nb", "a\u0000b", "a\u00a0b", "a\u2028b", "a\u007f"})
  void anIdIsNoPathAndHasNoBlanks(String id) {
    assertThat(refusedFramework(framework("f").toBuilder().setId(id).build()).getMessage())
        .isEqualTo(
            "\"%s\" is no id of a framework; expected 1 to 255 characters, none of them / or a blank"
                .formatted(id));
    assertThat(fleet.isRefused(of(update().addAgents(agent("web-01", id)))).getMessage())
        .contains("is no id of an agent");
  }

  @Test
  void anIdHasAnEnd() {
    writes(framework("f".repeat(255)));
    fleet.sends(of(update().addAgents(agent("web-01", "a".repeat(255)))));

    assertThat(refusedFramework(framework("g".repeat(256))).getMessage())
        .startsWith("\"" + "g".repeat(64) + "…\" is no id of a framework");
    assertThat(fleet.isRefused(of(update().addAgents(agent("web-01", "a".repeat(256))))).getCode())
        .isEqualTo(Refusal.Code.INVALID);
  }

  @Test
  void whatIsSaidOfAFrameworkIsBounded() {
    OfferFramework.Builder large = framework("f-1").toBuilder();
    writes(large.setInfo(ByteString.copyFrom(new byte[64 << 10])).build());

    assertThat(
            refusedFramework(large.setInfo(ByteString.copyFrom(new byte[(64 << 10) + 1])).build())
                .getMessage())
        .isEqualTo("the FrameworkInfo of framework f-1 has 65537 bytes; expected at most 65536");
    assertThat(
            refusedFramework(framework("f-1").toBuilder().setName("n".repeat(70_000)).build())
                .getMessage())
        .startsWith("the name, principal and roles of framework f-1 has 700");
    assertThat(
            refusedFramework(framework("f-1").toBuilder().setFailoverTimeoutMs(-1).build())
                .getMessage())
        .isEqualTo("framework f-1 has -1 ms to fail over; expected 0 or more");
    assertThat(
            fleet
                .isRefused(of(update().addFrameworksEnded(end("f-1", "w".repeat(2001)))))
                .getMessage())
        .isEqualTo("why framework f-1 ended has 2001 characters; expected at most 2000");
  }

  @Test
  void aRecordOfTheTrailIsShortWhateverAFrameworkIsCalled() {
    // a character of two units at the cut
    writes(
        framework("f-1").toBuilder()
            .setName("n".repeat(63) + "\uD83D\uDE80" + "n".repeat(9_000))
            .clearRoles()
            .addAllRoles(IntStream.range(0, 1_000).mapToObj(i -> "role-" + i).toList())
            .build());

    assertThat(records().getLast().getText())
        .hasSizeLessThan(500)
        .startsWith("\"" + "n".repeat(63) + "…\" of physics subscribed in role-0, ")
        .endsWith("and 980 more");
  }

  @Test
  void tenThousandFrameworksAreEnough() {
    for (int from = 0; from < 10_000; from += 2_500) {
      UpdateOffers.Builder many = update();
      IntStream.range(from, from + 2_500)
          .forEach(i -> many.addFrameworks(OfferFramework.newBuilder().setId("f-" + i)));
      fleet.sends(of(many));
    }

    assertThat(refusedFramework(framework("one-more")).getMessage())
        .isEqualTo("there are 10000 frameworks already, and one-more would be one too many");
    writes(framework("f-17"));
    ends("f-18", "to make room");
    writes(framework("one-more"));
    assertThat(fleet.state.indexes().offers.live()).isEqualTo(10_000);
  }

  @Test
  void allFrameworksTogetherFitIntoOneAnswer() {
    ByteString large = ByteString.copyFrom(new byte[64 << 10]);
    UpdateOffers.Builder many = update();
    IntStream.range(0, 511)
        .forEach(
            i -> many.addFrameworks(OfferFramework.newBuilder().setId("f-" + i).setInfo(large)));
    fleet.sends(of(many));

    assertThat(refusedFramework(framework("last").toBuilder().setInfo(large).build()).getMessage())
        .startsWith("with framework last all of them have 335")
        .endsWith("bytes; expected at most 33554432");
    writes(framework("f-3"));
    writes(framework("last").toBuilder().setInfo(large).build());
  }

  @Test
  void theNewestThousandThatEndedAreKept() {
    UpdateOffers.Builder early = update();
    UpdateOffers.Builder late = update();
    for (int i = 0; i < 1_000; i++) {
      String id = "f-%04d".formatted(i);
      early.addFrameworks(framework(id));
      late.addFrameworksEnded(end(id, "over"));
    }
    fleet.sends(of(early));
    fleet.sends(of(late));
    writes(framework("live"));
    fleet.passes(Duration.ofSeconds(1));
    assertThat(fleet.state.offerFramework("f-0000")).isPresent();

    writes(framework("x"), framework("a"));
    ends("x", "later");
    ends("a", "later");

    assertThat(fleet.state.offerFramework("f-0000")).isEmpty();
    assertThat(fleet.state.offerFramework("f-0001")).isEmpty();
    assertThat(fleet.state.offerFramework("f-0002")).isPresent();
    assertThat(fleet.state.offerFramework("a")).isPresent();
    assertThat(fleet.state.offerFramework("live")).isPresent();
    assertThat(fleet.state.offerFrameworks()).hasSize(1_001);
    writes(framework("f-0000"));
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
