package io.pilothouse.testing.simulation;

import io.pilothouse.api.log.v1.ClaimRepair;
import io.pilothouse.api.log.v1.Command;
import io.pilothouse.api.log.v1.ReportRepair;
import io.pilothouse.api.v1.Action;
import io.pilothouse.api.v1.Repair;
import io.pilothouse.api.v1.Ticket;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Claims, announces, acts, reports; the way the Repair Service does. */
final class FakeRepairService extends FakeSatellite {
  private static final long CALL_MS = 12_000;

  /** How far this process got with a repair. */
  private enum Progress {
    ANNOUNCED,
    ACTING,
    ACTED
  }

  private final Map<String, Progress> progress = new HashMap<>();
  private final Map<String, Long> busyUntil = new HashMap<>();

  FakeRepairService(World world, String id) {
    super(world, "repair", id);
  }

  @Override
  void forget() {
    progress.clear();
    busyUntil.clear();
  }

  @Override
  void work(long token) {
    for (Repair repair : List.copyOf(world.dm.state.repairs())) {
      boolean ours = repair.getToken() == token;
      boolean waits = repair.getAction() == Action.RE_IMAGE || repair.getAction() == Action.REPLACE;
      boolean todo =
          switch (repair.getState()) {
            case READY -> true;
            case CLAIMED -> ours;
            case REPAIR_DRAINING -> ours && repair.getDrained();
            case EXECUTING -> ours && !waits;
            default -> false;
          };
      if (todo && busyUntil.getOrDefault(repair.getId(), 0L) <= world.agenda.now()) {
        busyUntil.put(repair.getId(), world.agenda.now() + CALL_MS);
        // what was pulled may be old by the time that it is acted on
        later(world.oneIn(5) ? world.between(0, 8_000) : 0, () -> step(repair, token));
      }
    }
  }

  private void step(Repair repair, long token) {
    if (!held(token)) {
      return;
    }
    if (repair.getState() == Repair.State.READY) {
      Command.Builder claim =
          Command.newBuilder()
              .setClaimRepair(
                  ClaimRepair.newBuilder().setRepair(repair.getId()).setHolder(id).setToken(token));
      call(
          claim,
          () -> {
            progress.remove(repair.getId());
            announce(repair, token);
          });
    } else if (repair.getAction() != Action.REBOOT) {
      announce(repair, token);
    } else {
      Progress before = progress.get(repair.getId());
      boolean gone = before == null && repair.getState() == Repair.State.EXECUTING;
      if (gone || before == Progress.ACTING || before == Progress.ACTED) {
        report(repair, token, Repair.State.VERIFYING, () -> {});
      } else {
        announce(repair, token);
      }
    }
  }

  private void announce(Repair repair, long token) {
    progress.putIfAbsent(repair.getId(), Progress.ANNOUNCED);
    report(
        repair,
        token,
        Repair.State.EXECUTING,
        () -> {
          if (repair.getAction() == Action.REBOOT) {
            later(world.between(0, 3_000), () -> reboot(repair, token));
          }
        });
  }

  private void reboot(Repair repair, long token) {
    if (!held(token) || progress.get(repair.getId()) != Progress.ANNOUNCED) {
      return;
    }
    progress.put(repair.getId(), Progress.ACTING);
    if (world.storm && world.oneIn(15)) {
      crash(); // between the command and the effect
      world.agenda.after(world.between(5_000, 200_000), this::start);
      return;
    }
    if (world.storm && world.oneIn(15)) {
      progress.put(repair.getId(), Progress.ACTED);
      report(repair, token, Repair.State.FAILED, () -> {});
      return;
    }
    world.dm.checker.executes(repair.getId(), token);
    world.machines.get(repair.getMachine()).powerCycle(FakeMachine.BootDevice.DISK);
    progress.put(repair.getId(), Progress.ACTED);
    report(repair, token, Repair.State.VERIFYING, () -> {});
  }

  private void report(Repair repair, long token, Repair.State to, Runnable then) {
    ReportRepair.Builder report =
        ReportRepair.newBuilder()
            .setRepair(repair.getId())
            .setToken(token)
            .setState(to)
            .setNotExecuted(to == Repair.State.FAILED)
            .setText("says " + id);
    if (repair.getAction() == Action.REPLACE) {
      report.setTicket(Ticket.newBuilder().setId(repair.getId()).setWhere(repair.getId() + ".txt"));
    }
    call(Command.newBuilder().setReportRepair(report), then);
  }

  private void call(Command.Builder command, Runnable then) {
    Runnable ours = ours(then);
    world.wire.call(
        "satellite/" + id,
        command,
        reply -> {
          if (!reply.hasRefusal()) {
            ours.run();
          }
        });
  }
}
