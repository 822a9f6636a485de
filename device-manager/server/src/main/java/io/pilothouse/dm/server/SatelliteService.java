package io.pilothouse.dm.server;

import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import io.pilothouse.api.log.v1.AcquireLease;
import io.pilothouse.api.log.v1.ClaimRepair;
import io.pilothouse.api.log.v1.Command;
import io.pilothouse.api.log.v1.Discover;
import io.pilothouse.api.log.v1.ObserveReplica;
import io.pilothouse.api.log.v1.OpenEnrolment;
import io.pilothouse.api.log.v1.RedeemEnrolment;
import io.pilothouse.api.log.v1.ReleaseLease;
import io.pilothouse.api.log.v1.Reply;
import io.pilothouse.api.log.v1.ReportProvisioning;
import io.pilothouse.api.log.v1.ReportRepair;
import io.pilothouse.api.v1.AcquireLeaseReply;
import io.pilothouse.api.v1.AcquireLeaseRequest;
import io.pilothouse.api.v1.CheckAccessReply;
import io.pilothouse.api.v1.CheckAccessRequest;
import io.pilothouse.api.v1.ClaimRepairRequest;
import io.pilothouse.api.v1.DeploymentReplica;
import io.pilothouse.api.v1.Lifecycle;
import io.pilothouse.api.v1.OpenEnrolmentRequest;
import io.pilothouse.api.v1.PullManifestsReply;
import io.pilothouse.api.v1.PullManifestsRequest;
import io.pilothouse.api.v1.PullOfferableReply;
import io.pilothouse.api.v1.PullOfferableRequest;
import io.pilothouse.api.v1.PullProvisioningReply;
import io.pilothouse.api.v1.PullProvisioningRequest;
import io.pilothouse.api.v1.PullRepairsReply;
import io.pilothouse.api.v1.PullRepairsRequest;
import io.pilothouse.api.v1.PullTargetsReply;
import io.pilothouse.api.v1.PullTargetsRequest;
import io.pilothouse.api.v1.ReadOffersReply;
import io.pilothouse.api.v1.ReadOffersRequest;
import io.pilothouse.api.v1.RedeemEnrolmentRequest;
import io.pilothouse.api.v1.ReleaseLeaseRequest;
import io.pilothouse.api.v1.ReportDiscoveredRequest;
import io.pilothouse.api.v1.ReportProvisioningRequest;
import io.pilothouse.api.v1.ReportRepairRequest;
import io.pilothouse.api.v1.ReportReplicaRequest;
import io.pilothouse.api.v1.ReportVerdictsRequest;
import io.pilothouse.api.v1.SatelliteGrpc;
import io.pilothouse.api.v1.SatelliteWriteReply;
import io.pilothouse.api.v1.UpdateOffersRequest;
import io.pilothouse.dm.state.Entities;
import java.util.function.Supplier;

/** What satellites ask: pulls from any replica, writes at the leader. */
final class SatelliteService extends SatelliteGrpc.SatelliteImplBase {

  private final Ledger ledger;
  private final Writes writes;
  private final Pulls pulls;
  private final SatelliteReports reports;
  private final Term term;
  private final Clocks clocks;
  private final OwnLeases own;
  private final OfferWrites offers;
  private final AccessChecks access;

  SatelliteService(
      Ledger ledger,
      Writes writes,
      Pulls pulls,
      SatelliteReports reports,
      Term term,
      Clocks clocks) {
    this.ledger = ledger;
    this.writes = writes;
    this.pulls = pulls;
    this.reports = reports;
    this.term = term;
    this.clocks = clocks;
    this.own = new OwnLeases(ledger);
    this.offers = new OfferWrites(ledger, writes, own, clocks);
    this.access = new AccessChecks(ledger, writes);
  }

  @Override
  public void acquireLease(AcquireLeaseRequest request, StreamObserver<AcquireLeaseReply> call) {
    Answers.unary(
        call,
        () -> {
          AcquireLease command =
              AcquireLease.newBuilder()
                  .setRole(request.getRole())
                  .setHolder(OwnLeases.name(request.getHolder()))
                  .setTtlMs(request.getTtlMs())
                  .setAddress(request.getAddress())
                  .setApi(request.getApi())
                  .setEnded(request.getEnded())
                  .setProcess(request.getProcess())
                  .build();
          Reply reply = writes.decide(Command.newBuilder().setAcquireLease(command).build());
          return AcquireLeaseReply.newBuilder()
              .setLease(reply.getLease())
              .setRevision(reply.getRevision())
              .build();
        });
  }

  @Override
  public void releaseLease(ReleaseLeaseRequest request, StreamObserver<SatelliteWriteReply> call) {
    write(
        call,
        () ->
            Command.newBuilder()
                .setReleaseLease(
                    ReleaseLease.newBuilder()
                        .setRole(request.getRole())
                        .setHolder(OwnLeases.name(request.getHolder()))
                        .setToken(own.token(request.getRole(), request.getToken()))));
  }

  @Override
  public void pullRepairs(PullRepairsRequest request, StreamObserver<PullRepairsReply> call) {
    Answers.unary(
        call,
        () -> {
          Pulls.Answer<PullRepairsReply> answer =
              pulls.satellite(
                  "PullRepairs",
                  request.getRevision(),
                  request.getWaitMs(),
                  SatellitePulls.REPAIR_TOPICS,
                  SatellitePulls::repairs);
          return answer.message().toBuilder().setRevision(answer.revision()).build();
        });
  }

  @Override
  public void claimRepair(ClaimRepairRequest request, StreamObserver<SatelliteWriteReply> call) {
    write(
        call,
        () ->
            Command.newBuilder()
                .setClaimRepair(
                    ClaimRepair.newBuilder()
                        .setRepair(request.getRepair())
                        .setHolder(OwnLeases.name(request.getHolder()))
                        .setToken(own.token("repair", request.getToken()))));
  }

  @Override
  public void reportRepair(ReportRepairRequest request, StreamObserver<SatelliteWriteReply> call) {
    write(
        call,
        () -> {
          ReportRepair.Builder command =
              ReportRepair.newBuilder()
                  .setRepair(request.getRepair())
                  .setToken(own.token("repair", request.getToken()))
                  .setState(request.getState())
                  .setText(request.getText())
                  .setNotExecuted(request.getNotExecuted());
          if (request.hasTicket()) {
            command.setTicket(request.getTicket());
          }
          return Command.newBuilder().setReportRepair(command);
        });
  }

  @Override
  public void pullProvisioning(
      PullProvisioningRequest request, StreamObserver<PullProvisioningReply> call) {
    Answers.unary(
        call,
        () -> {
          Pulls.Answer<PullProvisioningReply> answer =
              pulls.satellite(
                  "PullProvisioning",
                  request.getRevision(),
                  request.getWaitMs(),
                  SatellitePulls.PROVISIONING_TOPICS,
                  SatellitePulls::provisioning);
          return answer.message().toBuilder().setRevision(answer.revision()).build();
        });
  }

  @Override
  public void reportDiscovered(
      ReportDiscoveredRequest request, StreamObserver<SatelliteWriteReply> call) {
    Answers.unary(
        call,
        () -> {
          writes.requireLeader();
          if (ledger.read(state -> isKnown(state, request))) {
            return written(ledger.appliedIndex());
          }
          Discover command =
              Discover.newBuilder()
                  .setName(request.getName())
                  .setMac(request.getMac())
                  .setBmc(request.getBmc())
                  .setModel(request.getModel())
                  .build();
          Command discover = Command.newBuilder().setDiscover(command).build();
          return written(writes.decide(discover).getRevision());
        });
  }

  /** Only an expected machine changes by being seen. */
  private static boolean isKnown(Entities state, ReportDiscoveredRequest seen) {
    return state
        .seenAs(seen.getMac(), seen.getName())
        .filter(each -> each.getLifecycle() != Lifecycle.EXPECTED)
        .isPresent();
  }

  @Override
  public void reportProvisioning(
      ReportProvisioningRequest request, StreamObserver<SatelliteWriteReply> call) {
    write(
        call,
        () ->
            Command.newBuilder()
                .setReportProvisioning(
                    ReportProvisioning.newBuilder()
                        .setMachine(request.getMachine())
                        .setLeaseToken(own.token("provisioning", request.getLeaseToken()))
                        .setToken(request.getToken())
                        .setStep(request.getStep())
                        .setFailed(request.getFailed())));
  }

  @Override
  public void openEnrolment(
      OpenEnrolmentRequest request, StreamObserver<SatelliteWriteReply> call) {
    write(
        call,
        () -> {
          if (request.getLeaseToken() == 0 || request.getToken() == 0) {
            // without them the log would take it for an operator's
            throw Refusals.of(
                Status.Code.INVALID_ARGUMENT,
                "an enrolment of %s needs the lease's token and the assignment's, not %s and %s"
                    .formatted(request.getMachine(), request.getLeaseToken(), request.getToken()),
                "pull again, and give those of the lease and of the machine's provisioning");
          }
          return Command.newBuilder()
              .setOpenEnrolment(
                  OpenEnrolment.newBuilder()
                      .setMachine(request.getMachine())
                      .setTokenSha256(request.getTokenSha256())
                      .setLeaseToken(own.token("provisioning", request.getLeaseToken()))
                      .setInstall(request.getToken()));
        });
  }

  @Override
  public void redeemEnrolment(
      RedeemEnrolmentRequest request, StreamObserver<SatelliteWriteReply> call) {
    write(
        call,
        () ->
            Command.newBuilder()
                .setRedeemEnrolment(
                    RedeemEnrolment.newBuilder()
                        .setMachine(request.getMachine())
                        .setTokenSha256(request.getTokenSha256())
                        .setKeySha256(request.getKeySha256())));
  }

  @Override
  public void pullTargets(PullTargetsRequest request, StreamObserver<PullTargetsReply> call) {
    Answers.unary(
        call,
        () -> {
          Pulls.Answer<PullTargetsReply> answer =
              pulls.satellite(
                  "PullTargets",
                  request.getRevision(),
                  request.getWaitMs(),
                  SatellitePulls.TARGET_TOPICS,
                  SatellitePulls::targets);
          return answer.message().toBuilder().setRevision(answer.revision()).build();
        });
  }

  @Override
  public void reportVerdicts(
      ReportVerdictsRequest request, StreamObserver<SatelliteWriteReply> call) {
    Answers.unary(call, () -> reports.take(request));
  }

  @Override
  public void pullManifests(PullManifestsRequest request, StreamObserver<PullManifestsReply> call) {
    Answers.unary(
        call,
        () -> {
          Pulls.Answer<PullManifestsReply> answer =
              pulls.satellite(
                  "PullManifests",
                  request.getRevision(),
                  request.getWaitMs(),
                  SatellitePulls.MANIFEST_TOPICS,
                  SatellitePulls::manifests);
          return answer.message().toBuilder().setRevision(answer.revision()).build();
        });
  }

  @Override
  public void reportReplica(
      ReportReplicaRequest request, StreamObserver<SatelliteWriteReply> call) {
    Answers.unary(call, () -> reportReplica(request));
  }

  /** A replica that holds and serves what the state says already is only heard. */
  private SatelliteWriteReply reportReplica(ReportReplicaRequest request) {
    writes.requireLeader();
    DeploymentReplica seen =
        DeploymentReplica.newBuilder()
            .setId(OwnLeases.name(request.getId()))
            .setAddress(request.getAddress())
            .addAllHeld(request.getHeldList().stream().sorted().distinct().toList())
            .setUp(true)
            .build();
    boolean steady =
        ledger.read(
            state ->
                state
                    .replica(request.getId())
                    .filter(known -> known.toBuilder().clearSince().build().equals(seen))
                    .isPresent());
    long revision = ledger.appliedIndex();
    if (!steady) {
      ObserveReplica command = ObserveReplica.newBuilder().setReplica(seen).build();
      revision =
          writes.decide(Command.newBuilder().setObserveReplica(command).build()).getRevision();
    }
    term.lastHeard().replicaHeard(request.getId(), clocks.nanos().getAsLong());
    return written(revision);
  }

  @Override
  public void pullOfferable(PullOfferableRequest request, StreamObserver<PullOfferableReply> call) {
    Answers.unary(call, () -> pulls.offerable().pull(request));
  }

  @Override
  public void updateOffers(UpdateOffersRequest request, StreamObserver<SatelliteWriteReply> call) {
    write(call, () -> offers.update(request));
  }

  @Override
  public void readOffers(ReadOffersRequest request, StreamObserver<ReadOffersReply> call) {
    Answers.unary(call, () -> offers.read(request));
  }

  @Override
  public void checkAccess(CheckAccessRequest request, StreamObserver<CheckAccessReply> call) {
    Answers.unary(call, () -> access.check(request));
  }

  private void write(StreamObserver<SatelliteWriteReply> call, Supplier<Command.Builder> command) {
    Answers.unary(call, () -> written(writes.decide(command.get().build()).getRevision()));
  }

  private static SatelliteWriteReply written(long revision) {
    return SatelliteWriteReply.newBuilder().setRevision(revision).build();
  }
}
