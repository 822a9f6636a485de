package io.pilothouse.dm.state;

import static org.assertj.core.api.Assertions.assertThat;

import io.pilothouse.api.v1.Fleet;
import io.pilothouse.api.v1.Lifecycle;
import io.pilothouse.api.v1.Machine;
import io.pilothouse.api.v1.Rollout;
import io.pilothouse.api.v1.RolloutUnit;
import java.util.List;
import org.junit.jupiter.api.Test;

/** How rollouts of several types share what the fleet's budget has left. */
class RolloutShareTest {
  private final FleetScenario fleet = FleetScenario.inService(spec());

  /** Five of seven may be away. */
  private static Fleet spec() {
    Fleet.Builder spec = QuickFleet.spec().toBuilder();
    spec.getBudgetsBuilder().setFleet(RolloutTest.limit(5)).setUnit(RolloutTest.limit(5));
    return spec.build();
  }

  private Rollout is(String id, String type, Rollout.State state) {
    Rollout rollout =
        Rollout.newBuilder()
            .setId(id)
            .setType(type)
            .setOrder(Long.parseLong(id.substring(2)))
            .setState(state)
            .addUnits(
                RolloutUnit.newBuilder()
                    .setName("su-of-" + type)
                    .setState(RolloutUnit.State.UNIT_ACTIVATING))
            .build();
    fleet.putEverywhere(new Change(Table.ROLLOUT, id, rollout));
    return rollout;
  }

  private int share(Rollout rollout) {
    return RolloutShare.of(fleet.state, rollout.toBuilder());
  }

  private void takes(String machine, String rollout) {
    Machine taken = fleet.show(machine).toBuilder().setRolloutId(rollout).build();
    fleet.putEverywhere(new Change(Table.MACHINE, machine, taken));
  }

  private List<String> turns() {
    return RolloutShare.inTurn(fleet.state, fleet.state.indexes().rollouts.open(fleet.state))
        .stream()
        .map(Rollout::getId)
        .toList();
  }

  @Test
  void oneThatIsAloneHasAllThereIs() {
    assertThat(share(is("O-1", "web", Rollout.State.ACTIVATING))).isEqualTo(Integer.MAX_VALUE);
  }

  @Test
  void thoseThatSwitchHaveEqualPartsRoundedUp() {
    Rollout first = is("O-1", "web", Rollout.State.ACTIVATING);
    Rollout second = is("O-2", "api", Rollout.State.ACTIVATING);
    assertThat(List.of(share(first), share(second))).as("of five").containsExactly(3, 3);
    Rollout third = is("O-3", "db", Rollout.State.ACTIVATING);
    assertThat(List.of(share(first), share(second), share(third))).containsExactly(2, 2, 2);
  }

  @Test
  void thoseThatSwitchNobodyNowAskForNothing() {
    Rollout first = is("O-1", "web", Rollout.State.ACTIVATING);
    is("O-2", "api", Rollout.State.VERIFYING);
    is("O-3", "db", Rollout.State.SOAKING);
    is("O-4", "cache", Rollout.State.PAUSED);
    is("O-5", "queue", Rollout.State.COMPLETED);
    assertThat(share(first)).isEqualTo(Integer.MAX_VALUE);
  }

  @Test
  void whenNothingIsLeftEachMayAskForOne() {
    Rollout first = is("O-1", "web", Rollout.State.ACTIVATING);
    is("O-2", "api", Rollout.State.ACTIVATING);
    for (String name : List.of("web-01", "web-02", "web-03", "web-04", "web-05")) {
      Machine away = fleet.show(name).toBuilder().setLifecycle(Lifecycle.MAINTENANCE).build();
      fleet.putEverywhere(new Change(Table.MACHINE, name, away));
    }
    assertThat(share(first)).as("the budget refuses it, not the share").isEqualTo(1);
  }

  @Test
  void whoHasFewestMachinesAwayIsNextAndThenTheOlder() {
    is("O-1", "web", Rollout.State.ACTIVATING);
    is("O-2", "api", Rollout.State.ACTIVATING);
    is("O-3", "db", Rollout.State.ACTIVATING);
    assertThat(turns()).containsExactly("O-1", "O-2", "O-3");
    takes("web-01", "O-1");
    takes("web-02", "O-1");
    takes("web-03", "O-3");
    assertThat(turns()).containsExactly("O-2", "O-3", "O-1");
  }
}
