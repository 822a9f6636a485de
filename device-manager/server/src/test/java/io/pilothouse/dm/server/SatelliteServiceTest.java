package io.pilothouse.dm.server;

import static io.pilothouse.dm.server.EdgeHarness.KEY;
import static io.pilothouse.dm.server.EdgeHarness.get;
import static io.pilothouse.dm.server.EdgeHarness.refusal;
import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.pilothouse.api.log.v1.ApplyFleet;
import io.pilothouse.api.log.v1.Command;
import io.pilothouse.api.log.v1.RegisterManifest;
import io.pilothouse.api.v1.AcquireLeaseReply;
import io.pilothouse.api.v1.AcquireLeaseRequest;
import io.pilothouse.api.v1.ContentHolders;
import io.pilothouse.api.v1.DeviceKind;
import io.pilothouse.api.v1.Fleet;
import io.pilothouse.api.v1.Machine;
import io.pilothouse.api.v1.Manifest;
import io.pilothouse.api.v1.Observation;
import io.pilothouse.api.v1.OpenEnrolmentRequest;
import io.pilothouse.api.v1.Provisioning;
import io.pilothouse.api.v1.PullManifestsRequest;
import io.pilothouse.api.v1.PullProvisioningReply;
import io.pilothouse.api.v1.PullProvisioningRequest;
import io.pilothouse.api.v1.PullRepairsRequest;
import io.pilothouse.api.v1.PullTargetsReply;
import io.pilothouse.api.v1.PullTargetsRequest;
import io.pilothouse.api.v1.RedeemEnrolmentRequest;
import io.pilothouse.api.v1.ReleaseLeaseRequest;
import io.pilothouse.api.v1.ReportDiscoveredRequest;
import io.pilothouse.api.v1.ReportProvisioningRequest;
import io.pilothouse.api.v1.ReportReplicaRequest;
import io.pilothouse.api.v1.ReportVerdictsRequest;
import io.pilothouse.api.v1.VerdictKind;
import io.pilothouse.api.v1.VerdictReportItem;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class SatelliteServiceTest {

  private final EdgeHarness dm = new EdgeHarness();

  @BeforeEach
  void fleet() {
    dm.fleet.apply();
    dm.fleet.decide(
        Command.newBuilder()
            .setRegisterManifest(
                RegisterManifest.newBuilder()
                    .setManifest(Manifest.newBuilder().setRef(TestFleet.IMAGE))));
  }

  @AfterEach
  void close() {
    dm.close();
  }

  private AcquireLeaseReply lease(String holder) {
    return dm.satellite(holder)
        .acquireLease(
            AcquireLeaseRequest.newBuilder()
                .setRole("provisioning")
                .setHolder(holder)
                .setTtlMs(5_000)
                .build());
  }

  private static ReportDiscoveredRequest seen(String name) {
    return ReportDiscoveredRequest.newBuilder().setName(name).setMac("mac-" + name).build();
  }

  @Test
  void theLeaseIsOneHoldersAtATime() {
    AcquireLeaseReply held = lease("provisioning-1");
    StatusRuntimeException other = refusal(() -> lease("provisioning-2"));

    assertThat(held.getLease().getToken()).isPositive();
    assertThat(held.getRevision()).isEqualTo(3);
    assertThat(lease("provisioning-1").getLease().getToken()).isEqualTo(held.getLease().getToken());
    assertThat(other.getStatus().getCode()).isEqualTo(Status.Code.FAILED_PRECONDITION);
    assertThat(other.getStatus().getDescription()).contains("provisioning-1");
  }

  @Test
  void aStaleTokenIsAborted() {
    dm.satellite("provisioning-1").reportDiscovered(seen("web-01"));
    long token = dm.fleet.machine("web-01").getProvisioning().getToken();

    StatusRuntimeException stale =
        refusal(
            () ->
                dm.satellite("provisioning-1")
                    .reportProvisioning(
                        ReportProvisioningRequest.newBuilder()
                            .setMachine("web-01")
                            .setToken(token)
                            .setLeaseToken(99)
                            .setStep(Provisioning.Step.POWERING)
                            .build()));

    assertThat(stale.getStatus().getCode()).isEqualTo(Status.Code.ABORTED);
  }

  /** Every reader sees tokens. */
  @Test
  void underAnothersLeaseNobodyWrites() {
    dm.satellite("provisioning-1").reportDiscovered(seen("web-01"));
    long token = lease("provisioning-1").getLease().getToken();
    ReportProvisioningRequest report =
        ReportProvisioningRequest.newBuilder()
            .setMachine("web-01")
            .setToken(dm.fleet.machine("web-01").getProvisioning().getToken())
            .setLeaseToken(token)
            .setStep(Provisioning.Step.POWERING)
            .build();
    ReleaseLeaseRequest release =
        ReleaseLeaseRequest.newBuilder()
            .setRole("provisioning")
            .setHolder("provisioning-2")
            .setToken(token)
            .build();

    StatusRuntimeException reported =
        refusal(() -> dm.satellite("provisioning-2").reportProvisioning(report));
    StatusRuntimeException released =
        refusal(() -> dm.satellite("provisioning-2").releaseLease(release));

    assertThat(reported.getStatus().getCode()).isEqualTo(Status.Code.PERMISSION_DENIED);
    assertThat(reported.getStatus().getDescription())
        .isEqualTo(
            "satellite/provisioning-2 may not act under the lease provisioning: provisioning-1"
                + " holds it");
    assertThat(released.getStatus().getCode()).isEqualTo(Status.Code.PERMISSION_DENIED);
    assertThat(dm.satellite("provisioning-1").reportProvisioning(report).getRevision())
        .isPositive();
  }

  @Test
  void aTokenIsMadeUnderLeaseAndAssignmentAndShownByAnyInstance() {
    String token = "a".repeat(64);
    dm.satellite("provisioning-1").reportDiscovered(seen("web-01"));
    OpenEnrolmentRequest.Builder open =
        OpenEnrolmentRequest.newBuilder()
            .setMachine("web-01")
            .setTokenSha256(token)
            .setToken(dm.fleet.machine("web-01").getProvisioning().getToken());
    assertThat(
            refusal(() -> dm.satellite("provisioning-1").openEnrolment(open.build()))
                .getStatus()
                .getCode())
        .as("without a lease it would be an operator's")
        .isEqualTo(Status.Code.INVALID_ARGUMENT);
    open.setLeaseToken(lease("provisioning-1").getLease().getToken());
    var unused = dm.satellite("provisioning-1").openEnrolment(open.build());

    RedeemEnrolmentRequest.Builder shown =
        RedeemEnrolmentRequest.newBuilder()
            .setMachine("web-01")
            .setTokenSha256(token)
            .setKeySha256("1".repeat(64));
    var redeemed = dm.satellite("provisioning-2").redeemEnrolment(shown.build());
    assertThat(redeemed.getRevision()).isPositive();
    assertThat(dm.fleet.machine("web-01").getEnrolment().getRedeemedBy())
        .isEqualTo("satellite/provisioning-2");

    shown.setKeySha256("2".repeat(64));
    var refused = refusal(() -> dm.satellite("provisioning-2").redeemEnrolment(shown.build()));
    assertThat(refused.getStatus().getCode()).isEqualTo(Status.Code.PERMISSION_DENIED);
    assertThat(refused.getStatus().getDescription()).contains("for another key");
    assertThat(dm.fleet.machine("web-01").getEnrolmentRefusals().getCount()).isEqualTo(1);
  }

  @Test
  void aMachineIsDiscoveredOnce() {
    dm.satellite("provisioning-1").reportDiscovered(seen("web-01"));
    int before = dm.ledger.submitted().size();

    dm.satellite("provisioning-1").reportDiscovered(seen("web-01"));

    assertThat(dm.ledger.submitted()).hasSize(before);
  }

  @Test
  void aPullIsHeldUntilThereIsWork() {
    PullProvisioningReply first = pull(0, 0);
    assertThat(first.getMachinesList()).isEmpty();
    assertThat(first.getKnownList())
        .extracting(Machine::getName)
        .containsExactly("web-01", "web-02");
    CompletableFuture<PullProvisioningReply> next =
        dm.waiting(() -> pull(first.getRevision(), 30_000));

    dm.satellite("provisioning-1").reportDiscovered(seen("web-02"));

    assertThat(get(next).getMachinesList()).extracting(Machine::getName).containsExactly("web-02");
  }

  @Test
  void whatChangedBeforeOnesOwnWriteIsStillNews() {
    long first = pull(0, 0).getRevision();
    dm.satellite("provisioning-2").reportDiscovered(seen("web-01"));
    long renewed = lease("provisioning-1").getRevision();
    assertThat(renewed).isGreaterThan(first + 1);

    PullProvisioningReply reply = pull(renewed, 30_000);

    assertThat(reply.getMachinesList()).extracting(Machine::getName).containsExactly("web-01");
    assertThat(reply.getRevision()).isGreaterThanOrEqualTo(renewed);
  }

  @Test
  void aSatelliteThatStartsAnewIsAnsweredAtOnce() {
    pull(0, 0);

    assertThat(pull(0, 30_000).getKnownCount()).isEqualTo(2);
    assertThat(dm.edge.waiters().count()).isZero();
  }

  private PullProvisioningReply pull(long revision, long waitMs) {
    return dm.satellite("provisioning-1")
        .pullProvisioning(
            PullProvisioningRequest.newBuilder().setRevision(revision).setWaitMs(waitMs).build());
  }

  @Test
  void targetsAreMachinesInServiceWithTheTypesOfEachRemoteWatchdog() {
    dm.fleet.serve("web-01", KEY);

    PullTargetsReply reply =
        dm.satellite("watchdog-1").pullTargets(PullTargetsRequest.getDefaultInstance());

    assertThat(reply.getTargetsList()).hasSize(1);
    assertThat(reply.getTargets(0).getAgentAddress()).isEqualTo("web-01:81");
    assertThat(reply.getWatchdogsList()).hasSize(1);
    assertThat(reply.getWatchdogs(0).getName()).isEqualTo("reachable");
    assertThat(reply.getWatchdogs(0).getTypesList()).containsExactly("frontend");
  }

  /** It has no agent that could say where it is. */
  @Test
  void aSwitchIsATargetAtTheAddressOfItsLine() {
    Fleet.Builder fleet = TestFleet.spec().toBuilder();
    fleet
        .addTypesBuilder()
        .setName("tor")
        .setDevice(DeviceKind.DEVICE_SWITCH)
        .addWatchdogs("reachable");
    fleet.addMachinesBuilder().setName("sw1").setType("tor").setAddress("sw1.example:22");
    dm.fleet.decide(Command.newBuilder().setApplyFleet(ApplyFleet.newBuilder().setFleet(fleet)));

    PullTargetsReply reply =
        dm.satellite("watchdog-1").pullTargets(PullTargetsRequest.getDefaultInstance());

    assertThat(reply.getTargetsList())
        .singleElement()
        .satisfies(
            each -> {
              assertThat(each.getKind()).isEqualTo(DeviceKind.DEVICE_SWITCH);
              assertThat(each.getAddress()).isEqualTo("sw1.example:22");
              assertThat(each.getAgentAddress()).isEmpty();
            });
    assertThat(reply.getWatchdogs(0).getTypesList()).contains("tor");
  }

  @Test
  void manifestsAndRepairsArePulled() {
    assertThat(
            dm.satellite("deployment-1")
                .pullManifests(PullManifestsRequest.getDefaultInstance())
                .getManifestsList())
        .extracting(Manifest::getRef)
        .containsExactly(TestFleet.IMAGE);
    assertThat(
            dm.satellite("repair-1")
                .pullRepairs(PullRepairsRequest.getDefaultInstance())
                .getTasksList())
        .isEmpty();
  }

  @Test
  void machinesAreNamedThatHoldWhatNoReplicaHolds() {
    assertThat(holders()).as("no machine has it yet").isEmpty();
    dm.fleet.serve("web-01", KEY);
    assertThat(holders())
        .containsExactly(
            ContentHolders.newBuilder()
                .setDigest(TestFleet.IMAGE.getDigest())
                .addAgents("web-01:81")
                .build());
    dm.satellite("deployment-1")
        .reportReplica(
            ReportReplicaRequest.newBuilder()
                .setId("deployment-1")
                .setAddress("127.0.0.1:1")
                .addHeld(TestFleet.IMAGE.getDigest())
                .build());
    assertThat(holders()).as("a replica has it").isEmpty();
  }

  @Test
  void aDeploymentReplicaIsReportedByItselfAlone() {
    ReportReplicaRequest report =
        ReportReplicaRequest.newBuilder()
            .setId("deployment-1")
            .setAddress("10.0.0.66:1")
            .addHeld(TestFleet.IMAGE.getDigest())
            .build();

    StatusRuntimeException denied = refusal(() -> dm.satellite("repair-1").reportReplica(report));

    assertThat(denied.getStatus().getCode()).isEqualTo(Status.Code.PERMISSION_DENIED);
    assertThat(denied.getStatus().getDescription()).contains("may not act as 'deployment-1'");
    assertThat(dm.ledger.<Boolean>read(state -> state.replicas().isEmpty())).isTrue();
  }

  private List<ContentHolders> holders() {
    return dm.satellite("deployment-1")
        .pullManifests(PullManifestsRequest.getDefaultInstance())
        .getHoldersList();
  }

  @Test
  void remoteVerdictsAreProposedOnChangeOnly() {
    dm.fleet.serve("web-01", KEY);
    report(1, VerdictKind.OK);
    int before = dm.ledger.submitted().size();

    report(2, VerdictKind.OK);
    report(3, VerdictKind.OK);
    assertThat(dm.ledger.submitted()).hasSize(before);
    report(4, VerdictKind.ERROR);
    report(3, VerdictKind.OK);

    assertThat(dm.ledger.submitted()).hasSize(before + 1);
    assertThat(
            dm.ledger.read(state -> state.verdict("web-01", "reachable").orElseThrow()).getKind())
        .isEqualTo(VerdictKind.ERROR);
  }

  /** Or it could make a quorum by itself. */
  @Test
  void aSatelliteIsOneObserverHoweverItSaysItsName() {
    dm.fleet.serve("web-01", KEY);
    long sequence = 0;
    for (String name : List.of("watchdog-1", "satellite/watchdog-1", "")) {
      var unused =
          dm.satellite("watchdog-1")
              .reportVerdicts(
                  ReportVerdictsRequest.newBuilder()
                      .setReporter(name)
                      .setDomain("rack/as-" + name)
                      .addVerdicts(
                          VerdictReportItem.newBuilder()
                              .setMachine("web-01")
                              .setWatchdog("reachable")
                              .setKind(VerdictKind.ERROR)
                              .setSequence(++sequence))
                      .build());
    }

    assertThat(
            dm.ledger
                .read(state -> state.verdict("web-01", "reachable").orElseThrow())
                .getObservationsList())
        .extracting(Observation::getReporter)
        .containsExactly("satellite/watchdog-1");
  }

  private void report(long sequence, VerdictKind kind) {
    dm.satellite("watchdog-1")
        .reportVerdicts(
            ReportVerdictsRequest.newBuilder()
                .addVerdicts(
                    VerdictReportItem.newBuilder()
                        .setMachine("web-01")
                        .setWatchdog("reachable")
                        .setKind(kind)
                        .setSequence(sequence))
                .build());
  }
}
