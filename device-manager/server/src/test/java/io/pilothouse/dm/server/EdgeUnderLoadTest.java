package io.pilothouse.dm.server;

import static io.pilothouse.dm.server.EdgeHarness.KEY;
import static io.pilothouse.dm.server.EdgeHarness.get;
import static io.pilothouse.dm.server.EdgeHarness.refusal;
import static io.pilothouse.dm.server.EdgeHarness.remedy;
import static io.pilothouse.dm.server.EdgeHarness.until;
import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.pilothouse.api.log.v1.Command;
import io.pilothouse.api.log.v1.ObserveReplica;
import io.pilothouse.api.v1.DeploymentReplica;
import io.pilothouse.api.v1.GetMachineRequest;
import io.pilothouse.api.v1.GetStatusRequest;
import io.pilothouse.api.v1.HealthCode;
import io.pilothouse.api.v1.MachineApiGrpc;
import io.pilothouse.api.v1.OperatorGrpc;
import io.pilothouse.api.v1.PullRepairsRequest;
import io.pilothouse.api.v1.PullReply;
import io.pilothouse.api.v1.PullRequest;
import io.pilothouse.api.v1.RegisterReply;
import io.pilothouse.api.v1.RegisterRequest;
import io.pilothouse.api.v1.ReportReply;
import io.pilothouse.api.v1.ReportRequest;
import io.pilothouse.api.v1.StatusReply;
import io.pilothouse.client.DmClient;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Some ask for more than there is, and others go on. */
class EdgeUnderLoadTest {

  private final EdgeHarness dm = new EdgeHarness();

  @BeforeEach
  void serve() {
    dm.fleet.apply();
    dm.fleet.serve("web-01", KEY);
    dm.fleet.serve("web-02", KEY);
  }

  @AfterEach
  void close() {
    dm.ledger.release();
    dm.close();
  }

  private PullReply pulls(String machine) {
    return dm.machine(machine).pull(PullRequest.newBuilder().setMachine(machine).build());
  }

  /** What the machine holds is as the state knows it: nothing for the log. */
  private ReportReply reportsNothingNew(String machine, long sequence) {
    return dm.machine(machine)
        .report(
            ReportRequest.newBuilder()
                .setMachine(machine)
                .setBootId(machine + "-boot-2")
                .setSequence(sequence)
                .setObserved(TestFleet.observed(machine))
                .build());
  }

  private StatusReply looks() {
    return dm.operator().getStatus(GetStatusRequest.getDefaultInstance());
  }

  private double shed(String callClass, String reason) {
    return dm.metrics
        .get("dm.shed")
        .tag("class", callClass)
        .tag("reason", reason)
        .counter()
        .count();
  }

  private HealthCode code(String name) {
    return looks().getCodesList().stream()
        .filter(each -> each.getCode().equals(name))
        .findFirst()
        .orElseThrow();
  }

  private static long retryAfterMs(StatusRuntimeException refusal) {
    assertThat(refusal.getStatus().getCode()).isEqualTo(Status.Code.RESOURCE_EXHAUSTED);
    return Long.parseLong(
        Objects.requireNonNull(
            Objects.requireNonNull(refusal.getTrailers()).get(Refusals.RETRY_AFTER_MS)));
  }

  @Test
  void aMachineThatPullsInALoopIsHeldBackAndNobodyElse() {
    StatusRuntimeException held =
        refusal(
            () -> {
              for (int i = 0; i < 1_000; i++) {
                var unused = pulls("web-01");
              }
            });

    assertThat(retryAfterMs(held)).isEqualTo(100);
    assertThat(held.getStatus().getDescription()).contains("machine/web-01 calls more often");
    assertThat(remedy(held)).contains("call less often");
    assertThat(shed("pull", "rate")).isEqualTo(1);
    assertThat(pulls("web-02").hasWanted()).isTrue();
    assertThat(reportsNothingNew("web-02", 1).getRegisterAgain()).isFalse();
    assertThat(looks().getFleet()).isEqualTo("test");
    dm.clock.pass(Duration.ofMillis(100));
    assertThat(pulls("web-01").hasWanted()).isTrue();
  }

  @Test
  void anAgentThatIsHeldBackComesAgainByItselfAfterTheTimeNamed() throws Exception {
    try (GrpcPort port =
            GrpcPort.open(
                EdgeHarness.freePort(),
                Optional.empty(),
                "under-load",
                dm.edge.services(),
                (principal, end) -> {},
                () -> true,
                GrpcPort.Bounds.ofThisProcess());
        DmClient agent =
            new DmClient(
                List.of("127.0.0.1:" + port.port()), "machine/web-01", () -> Optional.of(KEY))) {
      for (int i = 0; i < 100; i++) {
        var unused = pulls("web-01");
      }
      CompletableFuture<Boolean> comesAgain =
          dm.asynchronously(
              () ->
                  agent.any(
                      Duration.ofSeconds(20),
                      channel ->
                          MachineApiGrpc.newBlockingStub(channel)
                              .pull(PullRequest.newBuilder().setMachine("web-01").build())
                              .hasWanted()));
      until(() -> shed("pull", "rate") >= 1);
      dm.clock.pass(Duration.ofMillis(100));

      assertThat(get(comesAgain)).isTrue();
    }
  }

  @Test
  void whatOneMachineSaysAndTheLogDoesNotTakeStopsNobodyElse() {
    dm.ledger.hold();
    RegisterRequest again =
        RegisterRequest.newBuilder()
            .setMachine("web-01")
            .setBootId("web-01-boot-2")
            .setObserved(TestFleet.observed("web-01"))
            .build();
    List<CompletableFuture<RegisterReply>> stuck = new ArrayList<>();
    for (int i = 0; i < 16; i++) {
      stuck.add(dm.asynchronously(() -> dm.machine("web-01").register(again)));
    }
    until(() -> dm.edge.admission().working(CallClass.REPORT) == 16);

    StatusRuntimeException oneMore = refusal(() -> reportsNothingNew("web-01", 1));

    assertThat(retryAfterMs(oneMore)).isEqualTo(1_000);
    assertThat(shed("report", "open")).isEqualTo(1);
    assertThat(reportsNothingNew("web-02", 1).getRegisterAgain()).isFalse();
    assertThat(pulls("web-02").hasWanted()).isTrue();
    assertThat(looks().getFleet()).isEqualTo("test");
    dm.ledger.release();
    stuck.forEach(each -> assertThat(get(each).getRevision()).isPositive());
  }

  @Test
  void whenTheLogIsFarBehindOperatorsAndRepairsAreServedAndReportsComeLater() {
    dm.ledger.logWaits(EdgeLimits.LOG_FAR_BEHIND);

    assertThat(retryAfterMs(refusal(() -> reportsNothingNew("web-02", 1)))).isEqualTo(2_000);
    assertThat(retryAfterMs(refusal(() -> pulls("web-02")))).isEqualTo(3_000);

    assertThat(dm.hold("web-01").getRevision()).isPositive();
    assertThat(
            dm.satellite("repair-1")
                .pullRepairs(PullRepairsRequest.getDefaultInstance())
                .getTasksList())
        .isEmpty();
    assertThat(shed("report", "log")).isEqualTo(1);
    assertThat(shed("pull", "log")).isEqualTo(1);
    dm.ledger.logWaits(0);
    assertThat(reportsNothingNew("web-02", 1).getRegisterAgain()).isFalse();
  }

  @Test
  void theStatusSaysWhatIsTurnedAwayAndWhoFloods() {
    dm.ledger.logWaits(EdgeLimits.LOG_FAR_BEHIND);
    refusal(() -> reportsNothingNew("web-02", 1));
    refusal(() -> reportsNothingNew("web-02", 1));
    dm.ledger.logWaits(0);
    refusal(
        () -> {
          for (int i = 0; i < 1_000; i++) {
            var unused = pulls("web-01");
          }
        });

    HealthCode busy = code("DM_BUSY");
    assertThat(busy.getCount()).isEqualTo(2);
    assertThat(busy.getScope()).isEqualTo("dm/dm-1");
    assertThat(busy.getText()).contains("2 calls of class report");
    assertThat(code("CALLER_FLOOD").getScope()).isEqualTo("machine/web-01");
    dm.clock.pass(Duration.ofMinutes(6));
    assertThat(dm.codes()).doesNotContain("DM_BUSY", "CALLER_FLOOD");
  }

  /** Each of them costs a line in the log. */
  @Test
  void whoIsDeniedInALoopIsHeldToTheRateToo() {
    OperatorGrpc.OperatorBlockingStub curious =
        OperatorGrpc.newBlockingStub(dm.as("machine/web-01", KEY));
    int denied = 0;
    while (true) {
      StatusRuntimeException refusal =
          refusal(() -> curious.getMachine(GetMachineRequest.getDefaultInstance()));
      if (refusal.getStatus().getCode() == Status.Code.RESOURCE_EXHAUSTED) {
        break;
      }
      assertThat(refusal.getStatus().getCode()).isEqualTo(Status.Code.PERMISSION_DENIED);
      denied++;
    }
    assertThat(denied).isEqualTo(100);
  }

  @Test
  void aChangeThatWakesTheWholeFleetIsSeenByAllAndLeavesNothingBehind() {
    String etag = pulls("web-01").getEtag();
    PullRequest wait =
        PullRequest.newBuilder().setMachine("web-01").setEtag(etag).setWaitMs(30_000).build();
    List<CompletableFuture<PullReply>> waiting = new ArrayList<>();
    for (int i = 0; i < 12; i++) {
      waiting.add(dm.waiting(() -> dm.machine("web-01").pull(wait)));
    }
    until(() -> dm.edge.admission().working(CallClass.PULL) == 0);

    dm.fleet.decide(
        Command.newBuilder()
            .setObserveReplica(
                ObserveReplica.newBuilder()
                    .setReplica(
                        DeploymentReplica.newBuilder()
                            .setId("deployment-1")
                            .setAddress("127.0.0.1:18541")
                            .setUp(true))));

    waiting.forEach(each -> assertThat(get(each).hasWanted()).isTrue());
    until(() -> dm.edge.admission().working(CallClass.PULL) == 0);
    assertThat(dm.edge.waiters().count()).isZero();
  }
}
