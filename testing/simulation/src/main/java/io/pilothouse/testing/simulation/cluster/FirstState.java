package io.pilothouse.testing.simulation.cluster;

import io.pilothouse.api.v1.Action;
import io.pilothouse.api.v1.Budgets;
import io.pilothouse.api.v1.Fleet;
import io.pilothouse.api.v1.Limit;
import io.pilothouse.api.v1.PolicyRule;
import io.pilothouse.api.v1.RepairPolicy;
import io.pilothouse.dm.state.State;
import io.pilothouse.testing.simulation.Simulation;
import io.pilothouse.testing.simulation.cluster.Disk.Stored;
import java.util.List;

/** Where every run begins: four machines in service, with policies whose times are short. */
final class FirstState {
  static final int MACHINES = 4;

  /** Above all that led to it. */
  private static final long INDEX = 100_000;

  /** Made once: a run's replicas share its entities, which never change. */
  private static final State MADE = Simulation.inService(FirstState::fleet);

  private static final Image IMAGE = Image.of(MADE);

  private FirstState() {}

  static Stored of(List<Integer> members) {
    return new Stored(INDEX, 1, Members.of(members), IMAGE);
  }

  static long now() {
    return MADE.now().toEpochMilli();
  }

  private static Fleet fleet(Fleet some) {
    Fleet.Builder fleet = some.toBuilder();
    while (fleet.getMachinesCount() > MACHINES) {
      fleet.removeMachines(fleet.getMachinesCount() - 1);
    }
    Limit half = Limit.newBuilder().setPercent(50).build();
    fleet
        .clearRepairPolicies()
        .setBudgets(Budgets.newBuilder().setFleet(half).setUnit(half).setRack(half).setType(half))
        .addRepairPolicies(
            RepairPolicy.newBuilder()
                .setName("default")
                .setConfirmAfterMs(1_000)
                .setQuietMs(4_000)
                .setProbationMaxMs(25_000)
                .setUnknownMaxMs(90_000)
                .setMaxAttempts(1_000)
                .setExecuteDeadlineMs(20_000)
                .setVerifyDeadlineMs(15_000)
                .addRules(PolicyRule.newBuilder().setName("reboot").setAction(Action.REBOOT)));
    fleet.getIncidentsBuilder().setMachines(1_000).setMassMachines(1_000);
    for (int i = 0; i < fleet.getWatchdogsCount(); i++) {
      // the quiet run that brings the machines into service reports every 20 s
      fleet.getWatchdogsBuilder(i).setValidForMs(25_000);
    }
    return fleet.build();
  }
}
