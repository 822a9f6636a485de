package io.pilothouse.repair;

import io.micrometer.core.instrument.MeterRegistry;
import io.pilothouse.api.v1.Action;
import io.pilothouse.api.v1.ClaimRepairRequest;
import io.pilothouse.api.v1.Machine;
import io.pilothouse.api.v1.Repair;
import io.pilothouse.api.v1.RepairTask;
import io.pilothouse.api.v1.ReportRepairRequest;
import io.pilothouse.api.v1.Ticket;
import io.pilothouse.client.DmException;
import io.pilothouse.client.RequestIds;
import io.pilothouse.client.UnreachableException;
import io.pilothouse.kit.HeldLease;
import io.pilothouse.kit.Lanes;
import io.pilothouse.provisioning.power.BootDevice;
import io.pilothouse.provisioning.power.PowerDriver;
import io.pilothouse.provisioning.power.PowerException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.MDC;

/**
 * Takes a repair through claim, announce, act, report.
 *
 * <p>Soft state: how far this process got with each repair. Losing it by a restart means that a
 * repair found EXECUTING may or may not have been acted on; it is then handed to verification
 * unexecuted, which costs at most the verification's deadline, never a second power cycle.
 */
final class Executor {
  private static final Logger log = LoggerFactory.getLogger(Executor.class);

  /** How far this process got. */
  private sealed interface Progress {
    long token();

    /** Said EXECUTING, or tried to; the machine was not touched. */
    record Announced(long token) implements Progress {}

    /** The power command is under way or was cut short: it may have had its effect. */
    record Acting(long token) implements Progress {}

    /** Acted; this is to be reported. */
    record Acted(long token, Repair.State outcome, String text) implements Progress {}
  }

  private final PowerDriver power;
  private final RepairDm dm;
  private final HeldLease lease;
  private final Tickets tickets;
  private final Visits visits;
  private final Lanes lanes;
  private final MeterRegistry meters;
  private final String holder;
  private final AtomicLong revision;
  private final ConcurrentMap<String, Progress> progress = new ConcurrentHashMap<>();

  /** What the executor works with. */
  record Means(
      PowerDriver power,
      RepairDm dm,
      HeldLease lease,
      Tickets tickets,
      Visits visits,
      Lanes lanes) {}

  /**
   * @param revision raised to that of each write, so that no older pull is acted on
   */
  Executor(Means means, String holder, AtomicLong revision, MeterRegistry meters) {
    this.power = means.power();
    this.dm = means.dm();
    this.lease = means.lease();
    this.tickets = means.tickets();
    this.visits = means.visits();
    this.lanes = means.lanes();
    this.meters = meters;
    this.holder = holder;
    this.revision = revision;
  }

  /** Forgets repairs that are closed. */
  void keepOnly(Set<String> open) {
    progress.keySet().retainAll(open);
  }

  /** Starts what a repair that is claimed needs next, if it is ours to do; returns at once. */
  void goOn(RepairTask task, long token) {
    Repair repair = task.getRepair();
    boolean isTurn =
        switch (repair.getState()) {
          case REPAIR_DRAINING -> repair.getDrained();
          case CLAIMED -> true;
          case EXECUTING -> !waitsForOthers(repair);
          case READY,
              STATE_UNSPECIFIED,
              ASSIGNED,
              WAITING,
              VERIFYING,
              DONE,
              FAILED,
              EXPIRED,
              UNRECOGNIZED ->
              false;
        };
    if (isTurn && repair.getToken() == token) {
      submit(task, token);
    }
  }

  /**
   * Claims a repair that is ready, if something can be done about it at once: the time for its
   * execution runs from its claim.
   */
  void begin(RepairTask task, long token) {
    if (task.getRepair().getState() == Repair.State.READY && lanes.hasRoom()) {
      submit(task, token);
    }
  }

  /** Provisioning re-images, a person replaces: nothing more to do here. */
  private static boolean waitsForOthers(Repair repair) {
    return repair.getAction() == Action.RE_IMAGE || repair.getAction() == Action.REPLACE;
  }

  private void submit(RepairTask task, long token) {
    lanes.submit(task.getRepair().getMachine(), () -> step(task, token));
  }

  private void step(RepairTask task, long token) {
    Repair repair = task.getRepair();
    MDC.put(RequestIds.LOG_KEY, RequestIds.fresh());
    try {
      if (!held(token)) {
        log.info("{}: left alone, the lease is gone", repair.getId());
        return;
      }
      if (repair.getState() == Repair.State.READY) {
        // whether its processes must stop first is the Device Manager's word: the next pull says
        claim(repair, token);
        return;
      }
      switch (repair.getAction()) {
        case REBOOT -> reboot(task, token);
        case RE_IMAGE -> announce(repair, token, Optional.empty());
        case REPLACE -> replace(task, token);
        case ACTION_UNSPECIFIED, DO_NOTHING, ESCALATE, UNRECOGNIZED ->
            report(
                repair,
                token,
                Repair.State.FAILED,
                "the Repair Service cannot execute " + repair.getAction());
      }
    } catch (DmException e) {
      if (!e.staleToken() && !e.precondition()) {
        log.warn("{}: refused, will try again: {}", repair.getId(), e.getMessage());
      } else {
        log.info("{}: dropped, it was overtaken: {}", repair.getId(), e.getMessage());
      }
    } catch (UnreachableException e) {
      log.warn("{}: interrupted, will go on: {}", repair.getId(), e.getMessage());
    } catch (IOException e) {
      log.warn(
          "{}: the ticket cannot be written, will try again: {}", repair.getId(), e.toString());
    } finally {
      MDC.remove(RequestIds.LOG_KEY);
    }
  }

  private boolean held(long token) {
    return lease.token().equals(Optional.of(token));
  }

  private void claim(Repair repair, long token) {
    progress.remove(repair.getId()); // of an earlier claim; the answer to this one may be lost
    saw(
        dm.claim(
            ClaimRepairRequest.newBuilder()
                .setRepair(repair.getId())
                .setHolder(holder)
                .setToken(token)
                .build()));
  }

  private void replace(RepairTask task, long token) throws IOException {
    String visit = visits.of(task);
    Path file = tickets.open(task, visit);
    Ticket ticket =
        Ticket.newBuilder()
            .setId(task.getRepair().getId())
            .setWhere(file.toString())
            .setVisit(visit)
            .build();
    announce(task.getRepair(), token, Optional.of(ticket));
  }

  private void reboot(RepairTask task, long token) {
    Repair repair = task.getRepair();
    Progress before = progress.get(repair.getId());
    if (before != null && before.token() != token) {
      before = null;
    }
    if (before == null && repair.getState() == Repair.State.EXECUTING) {
      // begun by a process that is gone: it may have acted
      before = new Progress.Acting(token);
    }
    switch (before) {
      case Progress.Acted acted -> report(repair, token, acted.outcome(), acted.text());
      case Progress.Acting acting ->
          report(
              repair,
              acting.token(),
              Repair.State.VERIFYING,
              "the power command was interrupted; the boot id shows whether it had its effect");
      case Progress.Announced announced -> announceAndReboot(task, announced.token());
      case null -> announceAndReboot(task, token);
    }
  }

  private void announceAndReboot(RepairTask task, long token) {
    Repair repair = task.getRepair();
    progress.put(repair.getId(), new Progress.Announced(token));
    announce(repair, token, Optional.empty());
    if (!held(token)) {
      // the Device Manager takes it from EXECUTING to VERIFYING: untouched, it will be decided anew
      log.warn("{}: not executed, the lease was lost meanwhile", repair.getId());
      return;
    }
    progress.put(repair.getId(), new Progress.Acting(token));
    Progress.Acted acted = powerCycle(task.getMachine(), token);
    progress.put(repair.getId(), acted);
    report(repair, token, acted.outcome(), acted.text());
  }

  private Progress.Acted powerCycle(Machine machine, long token) {
    try {
      power.cycle(machine.getBmc(), BootDevice.DISK);
      log.info("{}: power-cycled into disk", machine.getName());
      return new Progress.Acted(token, Repair.State.VERIFYING, "power-cycled into disk");
    } catch (PowerException e) {
      log.warn("{}: the power cycle failed: {}", machine.getName(), e.getMessage());
      if (e.kind() == PowerException.Kind.TIMEOUT) {
        return new Progress.Acted(
            token,
            Repair.State.VERIFYING,
            "power-cycled, and no effect showed in time: " + e.getMessage());
      }
      return new Progress.Acted(
          token, Repair.State.FAILED, "the power cycle failed: " + e.getMessage());
    }
  }

  private void announce(Repair repair, long token, Optional<Ticket> ticket) {
    ReportRepairRequest.Builder report =
        ReportRepairRequest.newBuilder()
            .setRepair(repair.getId())
            .setToken(token)
            .setState(Repair.State.EXECUTING);
    ticket.ifPresent(report::setTicket);
    saw(dm.report(report.build()));
    count(repair, "executing");
    log.info("{}: {} of {}", repair.getId(), repair.getAction(), repair.getMachine());
  }

  private void report(Repair repair, long token, Repair.State state, String text) {
    saw(
        dm.report(
            ReportRepairRequest.newBuilder()
                .setRepair(repair.getId())
                .setToken(token)
                .setState(state)
                .setText(text)
                // what this service gives up was not done, as far as it knows
                .setNotExecuted(state == Repair.State.FAILED)
                .build()));
    count(repair, state == Repair.State.FAILED ? "failed" : "executed");
  }

  private void count(Repair repair, String outcome) {
    meters
        .counter("pilot.repair.actions", "action", repair.getAction().name(), "outcome", outcome)
        .increment();
  }

  private void saw(long at) {
    revision.accumulateAndGet(at, Math::max);
  }

  /** For {@code /status}: how far each open repair got here. */
  Map<String, String> describe() {
    Map<String, String> described = new java.util.TreeMap<>();
    progress.forEach(
        (repair, each) ->
            described.put(
                repair,
                switch (each) {
                  case Progress.Announced announced -> "announced";
                  case Progress.Acting acting -> "acting";
                  case Progress.Acted acted -> acted.text();
                }));
    return described;
  }
}
