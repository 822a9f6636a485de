package io.pilothouse.dm.state;

import io.pilothouse.api.log.v1.ClaimRepair;
import io.pilothouse.api.log.v1.Command;
import io.pilothouse.api.log.v1.ReportRepair;
import io.pilothouse.api.v1.Repair;
import io.pilothouse.api.v1.Ticket;

/** What a repair service says, under the lease that it took when it was made. */
final class FakeRepairService {
  private final FleetScenario fleet;
  private final String id;
  final long token;

  FakeRepairService(FleetScenario fleet, String id) {
    this.fleet = fleet;
    this.id = id;
    this.token = fleet.lease("repair", id);
  }

  FakeRepairService claims(String machine) {
    fleet.looksTwice(machine);
    fleet.sends(claim(fleet.repairOf(machine)));
    return this;
  }

  FakeRepairService executes(String machine) {
    fleet.sends(report(fleet.repairOf(machine), Repair.State.EXECUTING));
    return this;
  }

  FakeRepairService hasExecuted(String machine) {
    fleet.sends(report(fleet.repairOf(machine), Repair.State.VERIFYING));
    return this;
  }

  FakeRepairService fails(String machine) {
    fleet.sends(report(fleet.repairOf(machine), Repair.State.FAILED));
    return this;
  }

  /** Nothing was done to the machine. */
  FakeRepairService couldNot(String machine) {
    Command.Builder report = report(fleet.repairOf(machine), Repair.State.FAILED);
    report.getReportRepairBuilder().setNotExecuted(true);
    fleet.sends(report);
    return this;
  }

  Command.Builder claim(Repair repair) {
    return Command.newBuilder()
        .setClaimRepair(
            ClaimRepair.newBuilder().setRepair(repair.getId()).setHolder(id).setToken(token));
  }

  Command.Builder report(Repair repair, Repair.State state) {
    return Command.newBuilder()
        .setReportRepair(
            ReportRepair.newBuilder()
                .setRepair(repair.getId())
                .setToken(token)
                .setState(state)
                .setText("as the test says")
                .setTicket(
                    Ticket.newBuilder()
                        .setId(repair.getId())
                        .setWhere("tickets/" + repair.getId() + ".txt")));
  }
}
