package io.pilothouse.scheduler.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.pilothouse.api.v1.AgentKill;
import io.pilothouse.api.v1.ExplainFrameworkRequest;
import io.pilothouse.api.v1.OfferRole;
import io.pilothouse.api.v1.OfferedResource;
import io.pilothouse.api.v1.SchedulerMessage;
import io.pilothouse.mesos.v1.TaskState;
import io.pilothouse.mesos.v1.TaskStatus.Reason;
import io.pilothouse.scheduler.core.Stage.FakeAgent;
import io.pilothouse.scheduler.core.Stage.FakeFramework;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Tasks that are ended for roles that lack what they are guaranteed. */
class RevocationTest {
  private final Stage stage = new Stage();

  private static OfferRole.Builder role(String name, int guaranteedCpus) {
    OfferRole.Builder role = OfferRole.newBuilder().setName(name);
    return guaranteedCpus == 0 ? role : role.addGuarantee(cpus(guaranteedCpus));
  }

  private static OfferedResource cpus(int cpus) {
    return OfferedResource.newBuilder().setName("cpus").setMilli(cpus * 1000L).build();
  }

  private static OfferRole.Builder revoking(String name, int guaranteedCpus) {
    return role(name, guaranteedCpus).setRevokeAfterMs(30_000);
  }

  private FakeFramework in(String role) {
    return stage.framework("'role':'" + role + "'");
  }

  /** A machine of its own, all of it in one task, launched now. */
  private FakeAgent busy(FakeFramework framework, String task, int cpus) {
    FakeAgent agent = stage.agent("of-" + task, "cpus:%d;mem:100".formatted(cpus));
    stage.pass(1_000);
    framework.launch(task, "cpus:%d;mem:100".formatted(cpus));
    agent.tells(framework, task, TaskState.TASK_RUNNING);
    return agent;
  }

  /** Time passes; agents stay. */
  private void wait(long seconds, FakeAgent... agents) {
    for (long i = 0; i < seconds; i++) {
      Stream.of(agents).forEach(FakeAgent::pong);
      stage.pass(1_000);
    }
  }

  private static List<String> killed(FakeAgent... agents) {
    return Stream.of(agents)
        .flatMap(each -> each.heard().stream())
        .filter(SchedulerMessage::hasKill)
        .map(each -> each.getKill().getTaskId().getValue())
        .toList();
  }

  private static AgentKill kill(FakeAgent agent) {
    return agent.heard().stream()
        .filter(SchedulerMessage::hasKill)
        .findFirst()
        .orElseThrow()
        .getKill();
  }

  @Test
  void theYoungestThatCoverTheLackAreEndedWhenItHasLastedAndWhatTheyHadGoesToTheRole() {
    FakeFramework web = in("web");
    FakeAgent a = busy(web, "old", 2);
    FakeAgent b = busy(web, "young", 2);
    FakeAgent c = busy(web, "youngest", 2);
    stage.roles(revoking("ads", 3).build());
    FakeFramework ads = in("ads");
    wait(29, a, b, c);
    assertThat(killed(a, b, c)).isEmpty();

    wait(5, a, b, c);

    assertThat(killed(a, b, c)).containsExactlyInAnyOrder("young", "youngest");
    assertThat(kill(c).getReason())
        .isEqualTo(
            "revoked for role ads, which goes before what role web has beyond its guarantee");
    assertThat(kill(c).getReasonNumber()).isEqualTo(Reason.REASON_CONTAINER_PREEMPTED_VALUE);
    b.tells(web, "young", TaskState.TASK_KILLED);
    c.tells(web, "youngest", TaskState.TASK_KILLED);
    stage.pass(1_000);
    assertThat(ads.offers()).isNotEmpty();
    wait(120, a, b, c);
    assertThat(killed(a)).as("there is enough now").isEmpty();
  }

  @Test
  void aSmallOneIsSparedWhenALargeOneIsNeededAnyway() {
    FakeFramework web = in("web");
    FakeAgent large = busy(web, "large", 4);
    FakeAgent small = busy(web, "small", 1);
    stage.roles(revoking("ads", 4).build());
    in("ads");
    wait(35, large, small);
    assertThat(killed(large, small)).containsExactly("large");
  }

  @Test
  void whoHasNoMoreThanItsGuaranteeLosesNothing() {
    stage.roles(role("web", 3).build());
    FakeFramework web = in("web");
    FakeFramework batch = in("batch");
    FakeAgent a = busy(web, "w1", 2);
    batch.accepted("{'type':'SUPPRESS','suppress':{}}");
    FakeAgent b = busy(web, "w2", 1);
    batch.accepted("{'type':'REVIVE','revive':{}}");
    web.accepted("{'type':'SUPPRESS','suppress':{}}");
    FakeAgent c = busy(batch, "b1", 2);
    stage.roles(role("web", 3).build(), revoking("ads", 4).build());
    in("ads");
    wait(60, a, b, c);
    assertThat(killed(a, b, c)).containsExactly("b1");
  }

  @Test
  void theLowerPriorityGoesFirstHoweverOldItIs() {
    stage.roles(role("low", 0).setPriority(-1).build());
    FakeFramework low = in("low");
    FakeAgent a = busy(low, "low", 2);
    low.accepted("{'type':'SUPPRESS','suppress':{}}");
    FakeFramework normal = in("normal");
    FakeAgent b = busy(normal, "normal", 2);
    stage.roles(role("low", 0).setPriority(-1).build(), revoking("ads", 2).build());
    in("ads");
    wait(40, a, b);
    assertThat(killed(a, b)).containsExactly("low");
  }

  @Test
  void itsOwnAndThoseBelowItAreNotEndedForARoleAndWhoIsBelowTheSameOneMayBe() {
    FakeFramework own = in("ads/prod/x");
    FakeAgent a = busy(own, "own", 2);
    own.accepted("{'type':'SUPPRESS','suppress':{}}");
    FakeFramework sibling = in("ads/test");
    FakeAgent b = busy(sibling, "sibling", 2);
    sibling.accepted("{'type':'SUPPRESS','suppress':{}}");
    stage.roles(role("ads", 4).build(), revoking("ads/prod", 4).build());
    in("ads/prod");
    wait(60, a, b);
    assertThat(killed(a, b))
        .as("ads has no more than its own, but both are of it")
        .containsExactly("sibling");
  }

  @Test
  void nothingIsEndedForWhoDoesNotSaySoOrWantsNothingOrHasEnough() {
    FakeFramework web = in("web");
    FakeAgent a = busy(web, "t", 2);
    stage.roles(role("ads", 2).build());
    FakeFramework ads = in("ads");
    wait(120, a);
    assertThat(killed(a)).as("no revoke-after").isEmpty();
    stage.roles(revoking("ads", 2).build());
    ads.accepted("{'type':'SUPPRESS','suppress':{}}");
    wait(120, a);
    assertThat(killed(a)).as("it wants nothing").isEmpty();
    ads.accepted("{'type':'REVIVE','revive':{}}");
    FakeAgent b = stage.agent("free", "cpus:2;mem:100");
    wait(120, a, b);
    assertThat(killed(a)).as("it can have another one").isEmpty();
  }

  @Test
  void machinesThatAreTakenOrKeptBackAreOfNoUse() {
    FakeFramework web = in("web");
    FakeAgent taken = busy(web, "taken", 2);
    FakeAgent kept = busy(web, "kept", 2);
    stage.machine("of-taken", "cpus:2;mem:100", true, stage.now + 3_600_000);
    stage.machine("of-kept", "cpus:2;mem:100", false);
    stage.roles(revoking("ads", 2).build());
    FakeFramework ads = in("ads");
    wait(60, taken, kept);
    assertThat(killed(taken, kept)).isEmpty();
    assertThat(lack(ads))
        .startsWith("cpus:2 of its guarantee, for ")
        .endsWith("no other role has more than its own on machines that may be offered");
  }

  @Test
  void whatIsEndingAnywayIsCountedAndOneThatStaysIsToldAgain() {
    FakeFramework web = in("web");
    FakeAgent a = busy(web, "t1", 2);
    FakeAgent b = busy(web, "t2", 2);
    stage.roles(revoking("ads", 2).build());
    FakeFramework ads = in("ads");
    web.accepted("{'type':'KILL','kill':{'task_id':{'value':'t1'}}}");
    wait(60, a, b);
    assertThat(killed(b)).as("t1 is about to end").isEmpty();
    assertThat(lack(ads)).endsWith("tasks that are ending anyway will leave enough");
    a.tells(web, "t1", TaskState.TASK_KILLED);
    stage.pass(1_000);
    ads.launch("of-ads", "cpus:2;mem:100");
    stage.roles(revoking("ads", 4).build());
    wait(35, a, b);
    assertThat(killed(b)).containsExactly("t2");
    assertThat(lack(ads)).endsWith("1 tasks of others were told to end for it");
    wait(61, a, b);
    assertThat(killed(b)).containsExactly("t2", "t2");
  }

  @Test
  void theLargestFirstWhereOperatorsSaidSo() {
    Stage other = new Stage(options -> options.revocation(RevocationOrder.LARGEST_FIRST));
    FakeFramework web = other.framework("'role':'web'");
    FakeAgent large = other.agent("large", "cpus:4;mem:100");
    other.pass(1_000);
    web.launch("large", "cpus:4;mem:100");
    FakeAgent small = other.agent("small", "cpus:2;mem:100");
    other.pass(1_000);
    web.launch("small", "cpus:2;mem:100");
    other.roles(revoking("ads", 2).build());
    other.framework("'role':'ads'");
    for (int i = 0; i < 40; i++) {
      large.pong();
      small.pong();
      other.pass(1_000);
    }
    assertThat(killed(large, small)).containsExactly("large");
  }

  @Test
  void aTaskOfARoleWithTwoKindsIsEndedOnlyIfItsGuaranteeOfBothIsKept() {
    stage.roles(
        role("web", 0)
            .addGuarantee(OfferedResource.newBuilder().setName("mem").setSizeBytes(100L << 20))
            .build(),
        revoking("ads", 2).build());
    FakeFramework web = in("web");
    FakeAgent a = busy(web, "t", 2);
    in("ads");
    wait(60, a);
    assertThat(killed(a)).as("its memory is all that web is guaranteed").isEmpty();
  }

  private static String request(int cpus) {
    return "{'type':'REQUEST','request':{'requests':[{'resources':[{'name':'cpus','type':'SCALAR',"
        + "'scalar':{'value':%d}}]}]}}".formatted(cpus);
  }

  @Test
  void whatIsAskedForIsTakenFromLowerPrioritiesOnly() {
    stage.roles(
        role("low", 0).setPriority(-1).build(), role("ads", 0).setRevokeAfterMs(30_000).build());
    FakeFramework low = in("low");
    FakeAgent a = busy(low, "low", 2);
    low.accepted("{'type':'SUPPRESS','suppress':{}}");
    FakeFramework equal = in("equal");
    FakeAgent b = busy(equal, "equal", 2);
    FakeFramework ads = in("ads");
    wait(60, a, b);
    assertThat(killed(a, b)).as("nothing was asked for").isEmpty();
    ads.accepted(request(4));
    wait(29, a, b);
    assertThat(killed(a, b)).isEmpty();
    assertThat(lack(ads)).startsWith("cpus:4 that framework " + ads.id + " asked for, for 2");
    wait(5, a, b);
    assertThat(killed(a, b)).containsExactly("low");
    a.tells(low, "low", TaskState.TASK_KILLED);
    stage.pass(1_000);
    assertThat(ads.offers()).hasSize(1);
    wait(60, a, b);
    assertThat(lack(ads))
        .as("it was offered two of the four")
        .startsWith("cpus:2 that framework ")
        .endsWith(
            "no role of a lower priority has more than its own on machines that may be offered");
  }

  @Test
  void whatIsFreeAnywayOrNotWantedAnyMoreIsNotTaken() {
    stage.roles(
        role("low", 0).setPriority(-1).build(), role("ads", 0).setRevokeAfterMs(30_000).build());
    FakeFramework low = in("low");
    FakeAgent a = busy(low, "low", 2);
    low.accepted("{'type':'SUPPRESS','suppress':{}}");
    FakeFramework ads = in("ads");
    ads.accepted(request(2));
    FakeAgent free = stage.agent("free", "cpus:2;mem:100");
    wait(60, a, free);
    assertThat(lack(ads)).as("it was offered that").isEmpty();
    ads.accepted(request(4));
    ads.accepted(request(0));
    wait(60, a, free);
    ads.accepted(request(4));
    ads.accepted("{'type':'SUPPRESS','suppress':{}}");
    wait(60, a, free);
    ads.accepted(request(4));
    stage.streamEnds(ads);
    wait(60, a, free);
    assertThat(killed(a)).isEmpty();
  }

  @Test
  void beyondItsLimitNothingIsTakenForARole() {
    stage.roles(
        role("low", 0).setPriority(-1).build(),
        role("ads", 0).setRevokeAfterMs(30_000).addLimit(cpus(2)).build());
    FakeFramework low = in("low");
    FakeAgent a = busy(low, "a", 2);
    FakeAgent b = busy(low, "b", 2);
    low.accepted("{'type':'SUPPRESS','suppress':{}}");
    in("ads").accepted(request(100));
    wait(120, a, b);
    assertThat(killed(a, b)).containsOnly("b");
  }

  @Test
  void whatIsOfferedToOthersIsTakenBackBeforeATaskIs() {
    FakeFramework web = in("web");
    FakeAgent a = busy(web, "t", 2);
    FakeAgent b = stage.agent("offered", "cpus:2;mem:100");
    stage.pass(1_000);
    assertThat(web.lastOffer().getHostname()).isEqualTo("offered");
    stage.roles(revoking("ads", 2).build());
    FakeFramework ads = in("ads");
    wait(35, a, b);
    assertThat(killed(a)).isEmpty();
    assertThat(ads.lastOffer().getHostname()).isEqualTo("offered");
    wait(60, a, b);
    assertThat(killed(a)).isEmpty();
  }

  @Test
  void whatIsOnlyOfferedToARoleIsNoReasonToTakeItsTasks() {
    stage.roles(role("web", 2).build());
    FakeFramework web = in("web");
    FakeAgent a = busy(web, "t", 2);
    FakeAgent b = stage.agent("offered", "cpus:2;mem:100");
    stage.pass(1_000);
    stage.roles(role("web", 2).build(), revoking("ads", 4).build());
    in("ads").accepted("{'type':'DECLINE','decline':{'offer_ids':[]}}");
    wait(100, a, b);
    assertThat(killed(a)).as("it is all that web is guaranteed").isEmpty();
  }

  @Test
  void whatAFrameworkAskedForIsForgottenWithItsStream() {
    stage.roles(
        role("low", 0).setPriority(-1).build(), role("ads", 0).setRevokeAfterMs(30_000).build());
    FakeFramework low = in("low");
    FakeAgent a = busy(low, "low", 2);
    low.accepted("{'type':'SUPPRESS','suppress':{}}");
    FakeFramework ads = stage.framework("'role':'ads','failover_timeout':1000");
    ads.accepted(request(4));
    ads.again();
    wait(60, a);
    assertThat(killed(a)).isEmpty();
  }

  private String lack(FakeFramework framework) {
    return stage
        .core
        .questions(stage.now)
        .explain(ExplainFrameworkRequest.newBuilder().setFramework(framework.id).build())
        .getRoles(0)
        .getRole()
        .getLack();
  }
}
