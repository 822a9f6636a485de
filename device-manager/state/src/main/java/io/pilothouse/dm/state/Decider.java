package io.pilothouse.dm.state;

import io.pilothouse.api.log.v1.ClientSession;
import io.pilothouse.api.log.v1.Command;
import io.pilothouse.api.log.v1.Refusal;
import io.pilothouse.api.log.v1.Reply;
import io.pilothouse.api.log.v1.Request;
import io.pilothouse.api.v1.AuditRecord;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SortedSet;

/** Decides one request: exactly-once check, the command's rules, then the fleet-wide rules. */
final class Decider {
  private static final int SESSIONS_KEPT = 10_000;
  private static final long SESSION_MS = 3_600_000;

  /** Whatever the time: a leader's clock may be hours ahead. */
  private static final int NEWEST_SESSIONS_KEPT = 1_000;

  private static final int AUDIT_KEPT = 50_000;
  private static final int MOST_ROUNDS = 1000;

  Reply decide(Draft draft) {
    Optional<Refusal> tooLong = RequestBounds.objection(draft);
    if (tooLong.isPresent()) {
      return refusal(draft, tooLong.get());
    }
    Request request = draft.request();
    Optional<ClientSession> session = draft.session(request.getClientId());
    if (!request.getClientId().isEmpty() && session.isPresent()) {
      if (session.get().getSequence() == request.getSequence()) {
        return session.get().getReply();
      }
      if (session.get().getSequence() > request.getSequence()) {
        return refusal(
            draft,
            new RefusedException(
                    Refusal.Code.PRECONDITION,
                    "request %s of %s is older than its last one, %s"
                        .formatted(
                            request.getSequence(),
                            request.getClientId(),
                            session.get().getSequence()),
                    "use rising sequence numbers")
                .refusal());
      }
    }
    Reply reply;
    try {
      FeatureLevel.require(draft, request.getCommand());
      Authorization.require(draft);
      // before the command: it may renew the very lease that shows how late it is
      long late = Outage.late(draft);
      Set<String> gone = RemoteSilence.gone(draft);
      // and before what it sets a deadline to
      Runnable outage = () -> Outage.allow(draft, late);
      outage.run();
      Reply.Builder done = Orders.orExecute(draft, request.getCommand(), outage);
      settle(draft, gone);
      draft.sealTrail();
      reply = done.setRevision(draft.index()).build();
    } catch (RefusedException e) {
      draft.undo();
      draft.actAs(request);
      reply = refusal(draft, e.refusal());
    }
    remember(draft, reply);
    return reply;
  }

  private static Reply refusal(Draft draft, Refusal refusal) {
    return Reply.newBuilder().setRefusal(refusal).setRevision(draft.index()).build();
  }

  /** The command's own rules, whoever gave it. */
  static Reply.Builder execute(Draft draft, Command command) throws RefusedException {
    Reply.Builder reply = Reply.newBuilder();
    switch (command.getKindCase()) {
      case TICK -> {} // settle does what is due
      case APPLY_FLEET -> reply.addAllLines(FleetApply.apply(draft, command.getApplyFleet()));
      case STAGE_FLEET -> StagedFleet.stage(draft, command.getStageFleet());
      case DISCOVER -> FleetApply.discover(draft, command.getDiscover());
      case REGISTER_MACHINE ->
          reply.setSequenceFloor(Reports.register(draft, command.getRegisterMachine()));
      case OBSERVE_MACHINE -> Reports.observe(draft, command.getObserveMachine());
      case APPLY_VERDICTS -> Verdicts.apply(draft, command.getApplyVerdicts());
      case NOTICE_SILENCE -> Silences.notice(draft, command.getNoticeSilence());
      case ACQUIRE_LEASE -> reply.setLease(Leases.acquire(draft, command.getAcquireLease()));
      case RELEASE_LEASE -> Leases.release(draft, command.getReleaseLease());
      case CLAIM_REPAIR -> RepairWork.claim(draft, command.getClaimRepair());
      case REPORT_REPAIR -> RepairWork.report(draft, command.getReportRepair());
      case REPORT_PROVISIONING -> Provision.report(draft, command.getReportProvisioning());
      case REGISTER_MANIFEST ->
          Manifests.register(draft, command.getRegisterManifest().getManifest());
      case REMOVE_MANIFEST -> Manifests.remove(draft, command.getRemoveManifest());
      case OBSERVE_REPLICA -> Manifests.observe(draft, command.getObserveReplica().getReplica());
      case START_ROLLOUT -> reply.setId(Rollouts.start(draft, command.getStartRollout()));
      case CONTROL_ROLLOUT -> Rollouts.control(draft, command.getControlRollout());
      case HOLD_MACHINE -> Operators.hold(draft, command.getHoldMachine());
      case UNHOLD_MACHINE -> Operators.unhold(draft, command.getUnholdMachine().getMachine());
      case MACHINE_REPLACED -> Operators.replaced(draft, command.getMachineReplaced().getMachine());
      case SET_FREEZE -> Operators.freeze(draft, command.getSetFreeze().getFrozen());
      case PROMOTE_WATCHDOG -> Operators.watchdogMode(draft, command.getPromoteWatchdog());
      case DRAIN_MACHINE -> Operators.drain(draft, command.getDrainMachine().getMachine());
      case UNDRAIN_MACHINE -> Operators.undrain(draft, command.getUndrainMachine().getMachine());
      case DECOMMISSION_MACHINE ->
          Operators.decommission(draft, command.getDecommissionMachine().getMachine());
      case RETRY_PROVISIONING ->
          Provision.retry(draft, command.getRetryProvisioning().getMachine());
      case RESOLVE_INCIDENT ->
          reply.addAllLines(Incidents.resolve(draft, command.getResolveIncident().getIncident()));
      case DECIDE_REPAIR -> Approvals.decide(draft, command.getDecideRepair());
      case SET_FEATURE_LEVEL -> FeatureLevel.raise(draft, command.getSetFeatureLevel());
      case OPEN_ENROLMENT -> Enrolments.open(draft, command.getOpenEnrolment());
      case REDEEM_ENROLMENT -> Enrolments.redeem(draft, command.getRedeemEnrolment(), reply);
      case UPDATE_OFFERS -> OfferRecords.update(draft, command.getUpdateOffers());
      case HOLD_DOMAIN -> DomainHolds.hold(draft, command.getHoldDomain());
      case DECIDE_ORDER -> {
        return Orders.decide(draft, command.getDecideOrder());
      }
      case KIND_NOT_SET ->
          throw new IllegalStateException(
              "a command of a kind this version does not know; upgrade this replica first");
    }
    return reply;
  }

  /** Runs the rules until they change nothing more. */
  static void settle(Draft draft, Set<String> reportersGone) {
    Set<String> gone = reportersGone;
    Leases.expire(draft);
    WatchdogModes.settle(draft);
    Orders.expire(draft);
    Manifests.forgetReplicas(draft);
    StagedFleet.expire(draft);
    draft.due(Table.MACHINE).keySet().forEach(draft::touch);
    WatchdogNoise.lookAgain(draft);
    for (int round = 0; round < MOST_ROUNDS; round++) {
      int before = draft.size();
      gone = RemoteSilence.follow(draft, gone);
      for (String machine : draft.takeTouched()) {
        MachineRules.settle(draft, machine);
      }
      Incidents.settle(draft);
      DomainHolds.expire(draft);
      RepairAdmission.admit(draft);
      Provision.admit(draft);
      Maintenance.admit(draft);
      Rollouts.settle(draft);
      if (draft.size() == before) {
        forgetAudit(draft);
        return;
      }
    }
    throw new IllegalStateException("the fleet's rules do not settle: " + draft.request());
  }

  private static void remember(Draft draft, Reply reply) {
    Request request = draft.request();
    if (request.getClientId().isEmpty()) {
      return;
    }
    draft.put(
        ClientSession.newBuilder()
            .setClientId(request.getClientId())
            .setSequence(request.getSequence())
            .setReply(reply)
            .setAt(draft.nowMillis())
            .build());
    forgetSessions(draft);
  }

  private static void forgetSessions(Draft draft) {
    long expired = draft.nowMillis() - SESSION_MS;
    int kept = FeatureLevel.has(draft, FeatureLevel.KEPT_SESSIONS) ? NEWEST_SESSIONS_KEPT : 0;
    SortedSet<Place> oldest = draft.indexes().sessions.byAge();
    while (oldest.size() > SESSIONS_KEPT
        || (oldest.size() > kept && oldest.first().number() < expired)) {
      draft.removeSession(oldest.first().name());
    }
  }

  private static void forgetAudit(Draft draft) {
    int excess = draft.table(Table.AUDIT).size() - AUDIT_KEPT;
    if (excess > 0) {
      List<AuditRecord> oldest = draft.audit().stream().limit(excess).toList();
      oldest.forEach(draft::removeAudit);
    }
  }
}
