package io.pilothouse.dm.simulate;

import io.pilothouse.api.log.v1.ClaimRepair;
import io.pilothouse.api.log.v1.Command;
import io.pilothouse.api.log.v1.ReportRepair;
import io.pilothouse.api.v1.Action;
import io.pilothouse.api.v1.Repair;
import io.pilothouse.api.v1.Ticket;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * The Repair Service: claims what is READY, waits until it is drained, announces, acts, reports. It
 * never acts on a repair whose announcement it does not know to be logged under its own token, and
 * never a second time.
 */
final class RepairWorker extends Satellite {
  private static final long AGAIN = 12 * Spans.SECOND;

  private final Set<String> announced = new HashSet<>();
  private final Set<String> acted = new HashSet<>();
  private final Set<String> looking = new HashSet<>();

  RepairWorker(World world, Leader leader, String id) {
    super(world, leader, "repair", id);
  }

  @Override
  void forget() {
    announced.clear();
    acted.clear();
    looking.clear();
  }

  @Override
  void lookAtAll() {
    List.copyOf(leader.state.repairs()).forEach(this::saw);
  }

  /** A repair changed. */
  void saw(Repair repair) {
    if (leads() && isOurs(repair) && looking.add(repair.getId())) {
      later(
          Chance.between(world.machine(repair.getMachine()).random, 100, 3 * Spans.SECOND),
          () -> {
            looking.remove(repair.getId());
            leader.state.repair(repair.getId()).ifPresent(this::step);
          });
    }
  }

  private boolean isOurs(Repair repair) {
    return switch (repair.getState()) {
      case READY -> true;
      case CLAIMED, REPAIR_DRAINING, EXECUTING -> repair.getToken() == token();
      case ASSIGNED, WAITING, VERIFYING, DONE, FAILED, EXPIRED, STATE_UNSPECIFIED, UNRECOGNIZED ->
          false;
    };
  }

  private void step(Repair repair) {
    if (!leads() || !isOurs(repair)) {
      return;
    }
    switch (repair.getState()) {
      case READY -> {
        ClaimRepair claim =
            ClaimRepair.newBuilder()
                .setRepair(repair.getId())
                .setHolder(id())
                .setToken(token())
                .build();
        call(Command.newBuilder().setClaimRepair(claim), reply -> again(repair));
        later(AGAIN, () -> again(repair));
      }
      case CLAIMED -> announce(repair);
      case REPAIR_DRAINING -> {
        if (repair.getDrained()) {
          announce(repair);
        } else {
          later(AGAIN, () -> again(repair));
        }
      }
      case EXECUTING -> {
        if (repair.getAction() == Action.REBOOT && announced.contains(repair.getId())) {
          act(repair); // the answer to the announcement was lost
        } else if (repair.getAction() == Action.REBOOT) {
          tellDone(repair); // a process before this one announced it, and may have done it
        }
      }
      case ASSIGNED, WAITING, VERIFYING, DONE, FAILED, EXPIRED, STATE_UNSPECIFIED, UNRECOGNIZED -> {
        // not ours
      }
    }
  }

  private void again(Repair repair) {
    leader.state.repair(repair.getId()).ifPresent(this::saw);
  }

  private void announce(Repair repair) {
    announced.add(repair.getId());
    ReportRepair.Builder report = report(repair, Repair.State.EXECUTING);
    if (repair.getAction() == Action.REPLACE) {
      report.setTicket(
          Ticket.newBuilder().setId("T-" + repair.getId()).setWhere(repair.getId() + ".txt"));
    }
    call(
        Command.newBuilder().setReportRepair(report),
        reply -> {
          if (!reply.hasRefusal() && repair.getAction() == Action.REBOOT) {
            act(repair);
          }
        });
    later(AGAIN, () -> again(repair));
  }

  private void act(Repair repair) {
    if (!leads() || !acted.add(repair.getId())) {
      return;
    }
    leader.checks().acts(repair, token());
    later(
        Spans.SECOND,
        () -> {
          if (leads()) {
            world.hands.reboot(world.machine(repair.getMachine()), repair.getId());
            tellDone(repair);
          }
        });
  }

  private void tellDone(Repair repair) {
    call(Command.newBuilder().setReportRepair(report(repair, Repair.State.VERIFYING)), reply -> {});
    later(
        AGAIN,
        () -> {
          boolean unknown =
              leader
                  .state
                  .repair(repair.getId())
                  .filter(each -> each.getState() == Repair.State.EXECUTING)
                  .isPresent();
          if (unknown && leads()) {
            tellDone(repair);
          }
        });
  }

  private ReportRepair.Builder report(Repair repair, Repair.State state) {
    return ReportRepair.newBuilder()
        .setRepair(repair.getId())
        .setToken(token())
        .setState(state)
        .setText(state == Repair.State.EXECUTING ? "begins" : "done, says its controller");
  }
}
