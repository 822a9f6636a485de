package io.pilothouse.dm.server;

import static io.pilothouse.dm.server.EdgeHarness.KEY;
import static io.pilothouse.dm.server.EdgeHarness.refusal;
import static io.pilothouse.dm.server.EdgeHarness.remedy;
import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.pilothouse.api.log.v1.Command;
import io.pilothouse.api.log.v1.Command.KindCase;
import io.pilothouse.api.log.v1.Request;
import io.pilothouse.api.v1.Observed;
import io.pilothouse.api.v1.PullRequest;
import io.pilothouse.api.v1.RegisterRequest;
import io.pilothouse.api.v1.ReportReply;
import io.pilothouse.api.v1.ReportRequest;
import io.pilothouse.api.v1.VerdictKind;
import io.pilothouse.api.v1.VerdictReportItem;
import io.pilothouse.api.v1.VersionRef;
import io.pilothouse.dm.raft.Exceptions;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class MachineServiceTest {

  private final EdgeHarness dm = new EdgeHarness();

  @BeforeEach
  void fleet() {
    dm.fleet.apply();
  }

  @AfterEach
  void close() {
    dm.close();
  }

  private static ReportRequest.Builder report(long sequence, VerdictKind disk) {
    return ReportRequest.newBuilder()
        .setMachine("web-01")
        .setBootId("web-01-boot-2")
        .setSequence(sequence)
        .setObserved(TestFleet.observed("web-01"))
        .addVerdicts(verdict("heartbeat", VerdictKind.OK))
        .addVerdicts(verdict("disk", disk));
  }

  private static VerdictReportItem.Builder verdict(String watchdog, VerdictKind kind) {
    return VerdictReportItem.newBuilder().setWatchdog(watchdog).setKind(kind);
  }

  private List<KindCase> submittedSince(int count) {
    return dm.ledger.submitted().stream()
        .skip(count)
        .map(Request::getCommand)
        .map(Command::getKindCase)
        .toList();
  }

  @Test
  void steadyReportsProposeNothing() {
    dm.fleet.serve("web-01", KEY);
    dm.machine("web-01").report(report(1, VerdictKind.OK).build());
    int before = dm.ledger.submitted().size();

    for (int sequence = 2; sequence <= 1001; sequence++) {
      dm.clock.pass(Duration.ofSeconds(1));
      ReportReply reply = dm.machine("web-01").report(report(sequence, VerdictKind.OK).build());
      assertThat(reply.getRegisterAgain()).isFalse();
    }

    assertThat(submittedSince(before)).isEmpty();
  }

  @Test
  void oneReportProposesItsChangesOnce() {
    dm.fleet.serve("web-01", KEY);
    dm.machine("web-01").report(report(1, VerdictKind.OK).build());
    int before = dm.ledger.submitted().size();

    VersionRef web = VersionRef.newBuilder().setName("web").setVersion("1.0.0").build();
    ReportRequest changed =
        report(2, VerdictKind.ERROR)
            .setObserved(TestFleet.observed("web-01").toBuilder().addStaged(web))
            .build();
    dm.machine("web-01").report(changed);
    dm.machine("web-01").report(changed);

    assertThat(submittedSince(before))
        .containsExactly(KindCase.OBSERVE_MACHINE, KindCase.APPLY_VERDICTS);
    assertThat(dm.fleet.machine("web-01").getObserved().getStagedList()).containsExactly(web);
    assertThat(dm.ledger.read(state -> state.verdict("web-01", "disk").orElseThrow()).getKind())
        .isEqualTo(VerdictKind.ERROR);
  }

  @Test
  void anOvertakenReportChangesNothing() {
    dm.fleet.serve("web-01", KEY);
    dm.machine("web-01").report(report(7, VerdictKind.OK).build());
    int before = dm.ledger.submitted().size();

    dm.machine("web-01").report(report(6, VerdictKind.ERROR).build());

    assertThat(submittedSince(before)).isEmpty();
  }

  @Test
  void aReportThatCouldNotBeLoggedCountsWhenRepeated() {
    dm.fleet.serve("web-01", KEY);
    dm.machine("web-01").report(report(1, VerdictKind.OK).build());
    dm.ledger.failWith(Exceptions.outcomeUnknown("leadership was lost"));

    StatusRuntimeException refusal =
        refusal(() -> dm.machine("web-01").report(report(2, VerdictKind.ERROR).build()));
    dm.ledger.failWith(null);
    dm.machine("web-01").report(report(2, VerdictKind.ERROR).build());

    assertThat(refusal.getStatus().getCode()).isEqualTo(Status.Code.UNAVAILABLE);
    assertThat(dm.ledger.read(state -> state.verdict("web-01", "disk").orElseThrow()).getKind())
        .isEqualTo(VerdictKind.ERROR);
  }

  @Test
  void aRestartedAgentGoesOnAboveWhatSteadyReportsReached() {
    dm.fleet.serve("web-01", KEY);
    dm.machine("web-01").report(report(1, VerdictKind.OK).build());
    dm.machine("web-01").report(report(500, VerdictKind.OK).build());

    long floor =
        dm.machine("web-01")
            .register(
                RegisterRequest.newBuilder()
                    .setMachine("web-01")
                    .setBootId("web-01-boot-2")
                    .setObserved(TestFleet.observed("web-01"))
                    .build())
            .getSequenceFloor();

    assertThat(floor).isEqualTo(500);
  }

  @Test
  void anotherBootIsToldToRegister() {
    dm.fleet.serve("web-01", KEY);

    ReportReply reply =
        dm.machine("web-01").report(report(1, VerdictKind.OK).setBootId("other").build());

    assertThat(reply.getRegisterAgain()).isTrue();
    assertThat(
            dm.machine("web-02")
                .report(ReportRequest.newBuilder().setMachine("web-02").setBootId("b").build())
                .getRegisterAgain())
        .isTrue();
  }

  @Test
  void anAgentSpeaksOfItsOwnMachineOnly() {
    dm.fleet.serve("web-01", KEY);
    int before = dm.ledger.submitted().size();

    StatusRuntimeException report =
        refusal(() -> dm.machine("web-02").report(report(1, VerdictKind.ERROR).build()));
    StatusRuntimeException verdict =
        refusal(
            () ->
                dm.machine("web-01")
                    .report(
                        report(1, VerdictKind.OK)
                            .addVerdicts(verdict("disk", VerdictKind.ERROR).setMachine("web-02"))
                            .build()));
    StatusRuntimeException pull =
        refusal(
            () -> dm.machine("web-02").pull(PullRequest.newBuilder().setMachine("web-01").build()));
    StatusRuntimeException register =
        refusal(
            () ->
                dm.machine("web-02")
                    .register(RegisterRequest.newBuilder().setMachine("web-01").build()));

    assertThat(List.of(report, verdict, pull, register))
        .allSatisfy(
            each -> {
              assertThat(each.getStatus().getCode()).isEqualTo(Status.Code.PERMISSION_DENIED);
              assertThat(remedy(each)).contains("--machine");
            });
    assertThat(submittedSince(before)).isEmpty();
  }

  @Test
  void aWrongKeyIsDeniedAndLogsNothing() {
    dm.fleet.serve("web-01", KEY);
    int before = dm.ledger.submitted().size();

    StatusRuntimeException report =
        refusal(() -> dm.machine("web-01", "stolen").report(report(1, VerdictKind.ERROR).build()));
    StatusRuntimeException pull =
        refusal(
            () ->
                dm.machine("web-01", "stolen")
                    .pull(PullRequest.newBuilder().setMachine("web-01").build()));
    StatusRuntimeException register =
        refusal(
            () ->
                dm.machine("web-01", "stolen")
                    .register(
                        RegisterRequest.newBuilder().setMachine("web-01").setBootId("b").build()));
    StatusRuntimeException none =
        refusal(
            () ->
                dm.machine("web-01", "")
                    .pull(PullRequest.newBuilder().setMachine("web-01").build()));

    assertThat(List.of(report, pull, register))
        .allSatisfy(
            each ->
                assertThat(each.getStatus().getCode()).isEqualTo(Status.Code.PERMISSION_DENIED));
    assertThat(none.getStatus().getCode()).isEqualTo(Status.Code.UNAUTHENTICATED);
    assertThat(submittedSince(before)).isEmpty();
  }

  @Test
  void theAgentFromBeforeAnInstallDoesNotSetTheClearedKeyAgain() {
    dm.fleet.discover("web-01");
    RegisterRequest old = RegisterRequest.newBuilder().setMachine("web-01").build();
    dm.machine("web-01", "installer").register(old.toBuilder().setBootId("boot-1").build());
    // the attempt fails: the machine is assigned anew, its key is cleared
    dm.clock.pass(Duration.ofMinutes(30));
    dm.edge.leaderLoop().round();
    dm.clock.pass(Duration.ofMinutes(1));
    dm.edge.leaderLoop().round();
    assertThat(dm.fleet.machine("web-01").getKeySha256()).isEmpty();

    StatusRuntimeException late =
        refusal(
            () ->
                dm.machine("web-01", "installer")
                    .register(old.toBuilder().setBootId("boot-1").build()));
    dm.machine("web-01", "next").register(old.toBuilder().setBootId("boot-2").build());

    assertThat(late.getStatus().getCode()).isEqualTo(Status.Code.FAILED_PRECONDITION);
    assertThat(dm.fleet.machine("web-01").getKeySha256()).isEqualTo(MachineIdentity.sha256("next"));
  }

  @Test
  void anUnknownMachineCannotRegister() {
    StatusRuntimeException refusal =
        refusal(
            () ->
                dm.machine("web-99")
                    .register(
                        RegisterRequest.newBuilder()
                            .setMachine("web-99")
                            .setBootId("b")
                            .setObserved(Observed.getDefaultInstance())
                            .build()));

    assertThat(refusal.getStatus().getCode()).isEqualTo(Status.Code.NOT_FOUND);
    assertThat(remedy(refusal)).contains("machines.csv");
  }
}
