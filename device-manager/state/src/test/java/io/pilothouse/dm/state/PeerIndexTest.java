package io.pilothouse.dm.state;

import static org.assertj.core.api.Assertions.assertThat;

import io.pilothouse.api.log.v1.ControlRollout.Verb;
import io.pilothouse.api.v1.Condition;
import io.pilothouse.api.v1.Hold;
import io.pilothouse.api.v1.Lifecycle;
import io.pilothouse.api.v1.Machine;
import io.pilothouse.api.v1.Observed;
import io.pilothouse.api.v1.Peers;
import io.pilothouse.api.v1.Rollout;
import io.pilothouse.api.v1.RolloutUnit;
import io.pilothouse.api.v1.WantedState;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Whom a machine is told to ask for contents, and that it is told so seldom. */
class PeerIndexTest {
  private final State state = new State();

  private Machine machine(int number, String type, String rack) {
    return Machine.newBuilder()
        .setName(WideFleet.name(number))
        .setType(type)
        .setScaleUnit("su-1")
        .setRack(rack)
        .setLifecycle(Lifecycle.IN_SERVICE)
        .setObserved(Observed.newBuilder().setAgentAddress("10.0.0.1:" + number))
        .build();
  }

  private Machine put(Machine machine) {
    state.put(new Change(Table.MACHINE, machine.getName(), machine));
    return machine;
  }

  private Peers peers(Machine machine) {
    return WantedStates.of(state, machine).getPeers();
  }

  @Test
  void aRackIsTheAgentsOfTheSameType() {
    Machine one = put(machine(1, "web", "r1"));
    put(machine(2, "web", "r1"));
    put(machine(3, "web", "r2"));
    put(machine(4, "db", "r1"));
    assertThat(peers(one).getRackList()).containsExactlyInAnyOrder("10.0.0.1:1", "10.0.0.1:2");
    assertThat(peers(one).getUnitList())
        .containsExactlyInAnyOrder("10.0.0.1:1", "10.0.0.1:2", "10.0.0.1:3");
    assertThat(peers(one).getRackAgents()).as("of any type").isEqualTo(3);
  }

  @Test
  void onlyTheFleetAndAddressesChangeAList() {
    Machine one = put(machine(1, "web", "r1"));
    Machine two = put(machine(2, "web", "r1"));
    WantedState before = WantedStates.of(state, one);
    put(two.toBuilder().setLifecycle(Lifecycle.AWAITING_REPLACEMENT).setHold(hold()).build());
    put(two.toBuilder().setCondition(Condition.FAILURE).setRevision(77).build());
    assertThat(WantedStates.of(state, one)).isEqualTo(before);
    put(two.toBuilder().setObserved(machine(9, "web", "r1").getObserved()).build());
    assertThat(peers(one).getRackList()).containsExactlyInAnyOrder("10.0.0.1:1", "10.0.0.1:9");
    put(two.toBuilder().setLifecycle(Lifecycle.DECOMMISSIONED).build());
    assertThat(peers(one).getRackList()).containsExactly("10.0.0.1:1");
  }

  private static Hold hold() {
    return Hold.newBuilder().setReason("looked at").build();
  }

  @Test
  void aRackWithTooManyIsCutIntoListsThatTheirMembersShare() {
    int machines = 900;
    for (int i = 0; i < machines; i++) {
      put(machine(i, "web", ""));
    }
    Set<List<String>> lists = new HashSet<>();
    for (int i = 0; i < machines; i++) {
      List<String> rack = peers(machine(i, "web", "")).getRackList();
      assertThat(rack).hasSizeBetween(8, 64).contains("10.0.0.1:" + i);
      lists.add(rack);
    }
    assertThat(peers(machine(7, "web", "")).getRackFirstList())
        .as("who brings for all ranges")
        .hasSize(48)
        .isEqualTo(peers(machine(8, "web", "")).getRackFirstList());
    assertThat(lists).as("900 in ranges of at most 40 on average").hasSize(32);
    assertThat(lists.stream().mapToInt(List::size).sum()).isEqualTo(machines);
    assertThat(peers(machine(7, "web", "")).getUnitList())
        .hasSize(48)
        .isEqualTo(peers(machine(8, "web", "")).getUnitList());
  }

  @Test
  void oneMachineMoreChangesOneList() {
    for (int i = 0; i < 300; i++) {
      put(machine(i, "web", "r1"));
    }
    List<List<String>> before = lists();
    put(machine(300, "web", "r1"));
    int changed = 0;
    for (int i = 0; i < 300; i++) {
      changed += lists().get(i).equals(before.get(i)) ? 0 : 1;
    }
    assertThat(changed).isBetween(1, 64);
  }

  private List<List<String>> lists() {
    return state.machines().stream()
        .map(each -> List.<String>copyOf(peers(each).getRackList()))
        .toList();
  }

  @Test
  void whatAnOpenRollBackNeedsIsUrgent() {
    RolloutScenario rollouts = RolloutScenario.running();
    String second = rollouts.starts(RolloutScenario.V2);
    rollouts.until(second, "su-1", RolloutUnit.State.UNIT_VERIFYING, Duration.ofMinutes(9));
    assertThat(urgent(rollouts)).isEmpty();
    rollouts.orders(second, Verb.ROLL_BACK);
    assertThat(rollouts.show(second).getState()).isEqualTo(Rollout.State.ROLLING_BACK);
    assertThat(urgent(rollouts)).containsExactly(RolloutScenario.V1.getDigest());
    rollouts.until(second, Rollout.State.ROLLED_BACK, Duration.ofMinutes(9));
    assertThat(urgent(rollouts)).isEmpty();
  }

  private static List<String> urgent(RolloutScenario rollouts) {
    return WantedStates.of(rollouts.fleet.state, rollouts.fleet.show("web-03")).getUrgentList();
  }
}
