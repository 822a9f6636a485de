package io.pilothouse.dm.state;

import io.pilothouse.api.v1.Action;
import io.pilothouse.api.v1.DeploymentReplica;
import io.pilothouse.api.v1.DomainHold;
import io.pilothouse.api.v1.Lease;
import io.pilothouse.api.v1.Machine;
import io.pilothouse.api.v1.MachineType;
import io.pilothouse.api.v1.Order;
import io.pilothouse.api.v1.Repair;
import io.pilothouse.api.v1.Rollout;
import io.pilothouse.api.v1.StatusReply;
import io.pilothouse.api.v1.WatchdogSpec;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedSet;

/** The fleet on one screen: counts, and a health code for whatever is not as it should be. */
public final class StatusView {

  private StatusView() {}

  /** Status without the replicas, which only the edge knows. */
  public static StatusReply.Builder of(Entities state, Instant now) {
    StatusReply.Builder status =
        StatusReply.newBuilder()
            .setFleet(state.fleet().getName())
            .setAccessOpen(Authorization.isOpen(state));
    HealthCodes codes = new HealthCodes();
    domains(state, status, codes);
    machines(state, status, codes, now);
    repairs(state, status, codes);
    IncidentHealth.add(state, status, codes);
    orders(state, codes);
    rollouts(state, status, codes);
    satellites(state, status, codes, now);
    return status.addAllCodes(codes.all()).setHealth(codes.health());
  }

  private static void orders(Entities state, HealthCodes codes) {
    List<Order> waiting =
        state.orders().stream().filter(each -> each.getState() == Order.State.WAITS).toList();
    if (!waiting.isEmpty()) {
      Order first = waiting.get(0);
      codes.add(
          "ORDER_NEEDS_APPROVAL",
          "WARN",
          waiting.size(),
          "order/" + first.getId(),
          waiting.stream().mapToLong(Order::getAt).min().orElse(0),
          "pilot approval show " + first.getId(),
          "%s of %s waits for a second person".formatted(first.getWhat(), first.getPrincipal()));
    }
  }

  private static void machines(
      Entities state, StatusReply.Builder status, HealthCodes codes, Instant now) {
    HealthIndex known = state.indexes().health;
    status
        .setTotal(known.machines())
        .setHealthy(known.healthy())
        .setFailure(known.of(MachineCode.MACHINE_FAILURE).size())
        .setProbation(known.of(MachineCode.MACHINE_PROBATION).size())
        .setOutOfService(known.outOfService())
        .setSwitches(known.switches())
        .setSwitchesHealthy(known.switchesHealthy());
    for (MachineCode code : MachineCode.values()) {
      codes.machines(code, known.of(code));
    }
    EnrolmentRefused.health(named(state, known.refused()), codes, now);
  }

  private static void domains(Entities state, StatusReply.Builder status, HealthCodes codes) {
    status.addAllHolds(state.domainHolds());
    for (DomainHold hold : state.domainHolds()) {
      codes.add(
          "DOMAIN_HELD",
          "WARN",
          1,
          hold.getDomain(),
          hold.getHold().getSince(),
          "pilot repair unhold %s, when the reason is gone".formatted(hold.getDomain()),
          "%s is held by %s: %s"
              .formatted(
                  hold.getDomain(), hold.getHold().getPrincipal(), hold.getHold().getReason()));
    }
  }

  private static boolean asksForApproval(Repair repair) {
    return repair.getAction() != Action.ESCALATE
        && repair.getVetoesList().stream().anyMatch(each -> each.getKind().equals("approval"));
  }

  private static void repairs(Entities state, StatusReply.Builder status, HealthCodes codes) {
    List<Repair> waiting = new ArrayList<>();
    List<Repair> active = new ArrayList<>();
    for (Repair repair : state.repairs()) {
      switch (repair.getState()) {
        case ASSIGNED, WAITING -> waiting.add(repair);
        case READY, CLAIMED, REPAIR_DRAINING, EXECUTING, VERIFYING -> active.add(repair);
        case DONE, FAILED, EXPIRED, STATE_UNSPECIFIED, UNRECOGNIZED -> {}
      }
    }
    status
        .setRepairsWaiting(waiting.size())
        .setRepairsActive(active.size())
        .addAllOpenRepairs(active)
        .addAllOpenRepairs(waiting)
        .setFreeze(state.freeze());
    if (state.freeze().getFrozen()) {
      codes.add(
          "REPAIR_FROZEN",
          "WARN",
          1,
          "fleet",
          state.freeze().getSince(),
          "pilot repair unfreeze",
          "repairs are frozen: " + state.freeze().getReason());
    }
    codes.repairs(
        "REPAIR_ESCALATED",
        "ERR",
        waiting.stream().filter(each -> each.getAction() == Action.ESCALATE).toList());
    codes.repairs(
        "REPAIR_NEEDS_APPROVAL",
        "WARN",
        waiting.stream().filter(StatusView::asksForApproval).toList());
    codes.repairs(
        "REPAIR_WAITING",
        "WARN",
        waiting.stream()
            .filter(each -> each.getAction() != Action.ESCALATE)
            .filter(each -> !asksForApproval(each))
            .toList());
  }

  private static void rollouts(Entities state, StatusReply.Builder status, HealthCodes codes) {
    List<Rollout> open = state.indexes().rollouts.open(state);
    status.setRolloutsActive(open.size()).addAllActiveRollouts(open);
    for (Rollout rollout : open) {
      if (rollout.getState() == Rollout.State.PAUSED) {
        codes.add(
            "ROLLOUT_PAUSED",
            "WARN",
            1,
            "rollout/" + rollout.getId(),
            rollout.getSince(),
            "pilot explain rollout " + rollout.getId(),
            rollout.getPauseReason());
      }
    }
    for (var type : state.fleet().getTypesList()) {
      Optional<Rollout> newest = state.indexes().rollouts.newest(state, type.getName());
      newest
          .filter(each -> each.getState() == Rollout.State.ROLLED_BACK)
          .ifPresent(
              each ->
                  codes.add(
                      "ROLLOUT_ROLLED_BACK",
                      "WARN",
                      1,
                      "rollout/" + each.getId(),
                      each.getSince(),
                      "pilot explain rollout "
                          + each.getId()
                          + "; ends with the next rollout of "
                          + type.getName(),
                      each.getReason()));
    }
  }

  private static void satellites(
      Entities state, StatusReply.Builder status, HealthCodes codes, Instant now) {
    status.addAllDeployments(state.replicas()).addAllLeases(state.leases());
    for (DeploymentReplica replica : state.replicas()) {
      if (!replica.getUp()) {
        codes.add(
            "DEPLOYMENT_DOWN",
            "WARN",
            1,
            "deployment/" + replica.getId(),
            replica.getSince(),
            "start it; its log says why it ended",
            replica.getId() + " has not been heard of");
      }
    }
    for (WatchdogSpec watchdog : state.fleet().getWatchdogsList()) {
      if (RemoteSilence.isReporterGone(state, watchdog)) {
        codes.add(
            "WATCHDOG_SILENT",
            "WARN",
            1,
            "watchdog/" + watchdog.getName(),
            0,
            "start a watchdog service; its log says why it ended",
            "the remote watchdog "
                + watchdog.getName()
                + " is silent on most machines: its own silence is held against none of them");
      }
    }
    boolean used = !state.fleet().getName().isEmpty();
    boolean offers = state.fleet().getTypesList().stream().anyMatch(MachineType::hasOffers);
    List<String> needed =
        offers ? List.of("provisioning", "repair", "scheduler") : List.of("provisioning", "repair");
    for (String role : needed) {
      Optional<Lease> lease = state.lease(role);
      boolean held =
          lease
              .filter(each -> !each.getHolder().isEmpty())
              .filter(each -> each.getExpiresAt() > now.toEpochMilli())
              .isPresent();
      if (used && !held) {
        codes.add(
            "SATELLITE_SILENT",
            "WARN",
            1,
            "satellite/" + role,
            0,
            "start a " + role + " service; its log says why it ended",
            "no " + role + " service holds the lease: nothing of that kind is done");
      }
    }
  }

  private static List<Machine> named(Entities state, SortedSet<String> names) {
    return names.stream().map(each -> state.machine(each).orElseThrow()).toList();
  }
}
