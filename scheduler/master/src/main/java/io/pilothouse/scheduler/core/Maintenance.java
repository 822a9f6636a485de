package io.pilothouse.scheduler.core;

import io.pilothouse.api.v1.OfferableMachine;
import io.pilothouse.mesos.v1.FrameworkID;
import io.pilothouse.mesos.v1.MachineID;
import io.pilothouse.mesos.v1.TimeInfo;
import io.pilothouse.mesos.v1.allocator.InverseOfferStatus;
import io.pilothouse.mesos.v1.maintenance.ClusterStatus;
import io.pilothouse.mesos.v1.maintenance.Schedule;
import java.util.Comparator;
import java.util.List;
import java.util.OptionalLong;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What the Device Manager takes, in Mesos' form: each machine has a window that begins when what
 * runs there is ended, and has no end, since nobody knows when a repair is done.
 */
public final class Maintenance {
  private static final long NANOS = 1_000_000;

  private final Tables tables;

  Maintenance(Tables tables) {
    this.tables = tables;
  }

  /** By when they are taken, then by name. */
  private List<OfferableMachine> taken() {
    return tables.machines.values().stream()
        .filter(each -> each.getTakenAt() > 0)
        .sorted(
            Comparator.comparingLong(OfferableMachine::getTakenAt)
                .thenComparing(OfferableMachine::getName))
        .toList();
  }

  /** A window for each machine that is taken, or will be. */
  public Schedule schedule() {
    Schedule.Builder schedule = Schedule.newBuilder();
    for (OfferableMachine each : taken()) {
      schedule
          .addWindowsBuilder()
          .addMachineIds(id(each))
          .setUnavailability(Offering.unavailability(each.getTakenAt(), OptionalLong.empty()));
    }
    return schedule.build();
  }

  /**
   * Draining: its time has not come, or something still runs there; with what frameworks answered
   * when they were asked for it. Down: the others that are taken.
   */
  public ClusterStatus status() {
    ClusterStatus.Builder status = ClusterStatus.newBuilder();
    for (OfferableMachine each : taken()) {
      @Nullable Agent agent = tables.byMachine.get(each.getName());
      boolean runs = agent != null && agent.tasks().stream().anyMatch(task -> task.holding);
      if (each.getTakenAt() <= tables.now && !runs) {
        status.addDownMachines(id(each));
        continue;
      }
      ClusterStatus.DrainingMachine.Builder draining =
          status.addDrainingMachinesBuilder().setId(id(each));
      if (agent != null) {
        new TreeMap<>(tables.allocator.inverseAnswers(agent.id))
            .forEach((framework, agrees) -> draining.addStatuses(answer(framework, agrees)));
      }
    }
    return status.build();
  }

  /** When it was given is not kept: the time is that of this answer. */
  private InverseOfferStatus answer(String framework, boolean agrees) {
    return InverseOfferStatus.newBuilder()
        .setStatus(agrees ? InverseOfferStatus.Status.ACCEPT : InverseOfferStatus.Status.DECLINE)
        .setFrameworkId(FrameworkID.newBuilder().setValue(framework))
        .setTimestamp(TimeInfo.newBuilder().setNanoseconds(tables.now * NANOS))
        .build();
  }

  private static MachineID id(OfferableMachine machine) {
    return MachineID.newBuilder().setHostname(machine.getName()).build();
  }
}
