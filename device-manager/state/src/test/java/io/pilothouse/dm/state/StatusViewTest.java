package io.pilothouse.dm.state;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Message;
import io.pilothouse.api.log.v1.Command;
import io.pilothouse.api.log.v1.DecommissionMachine;
import io.pilothouse.api.log.v1.HoldMachine;
import io.pilothouse.api.v1.HealthCode;
import io.pilothouse.api.v1.StatusReply;
import java.util.SortedMap;
import org.junit.jupiter.api.Test;

/** The status of a fleet, which anybody may ask for at any time. */
class StatusViewTest {

  /** A state whose machines are not looked at. */
  private record Large(State state) implements Entities {
    @Override
    public SortedMap<String, Message> table(Table table) {
      if (table == Table.MACHINE) {
        throw new AssertionError("machines were looked at");
      }
      return state.table(table);
    }

    @Override
    public Indexes indexes() {
      return state.indexes();
    }
  }

  private static StatusReply status(FleetScenario fleet) {
    return StatusView.of(new Large(fleet.state), fleet.now()).build();
  }

  @Test
  void itLooksAtNoMachine() {
    FleetScenario fleet = FleetScenario.inService();
    int all = fleet.state.machines().size();
    assertThat(status(fleet).getTotal()).isEqualTo(all);
    assertThat(status(fleet).getHealthy()).isEqualTo(all);

    fleet.machine("web-03").failsOnce("disk").failsAgain("disk");
    fleet.sends(Command.newBuilder().setHoldMachine(HoldMachine.newBuilder().setMachine("web-01")));
    StatusReply troubled = status(fleet);
    assertThat(troubled.getTotal()).isEqualTo(all);
    assertThat(troubled.getHealthy()).isEqualTo(all - 1);
    assertThat(troubled.getFailure()).isEqualTo(1);
    assertThat(troubled.getCodesList())
        .extracting(HealthCode::getCode)
        .contains("MACHINE_FAILURE", "MACHINE_HELD");

    fleet.sends(
        Command.newBuilder()
            .setDecommissionMachine(DecommissionMachine.newBuilder().setMachine("web-03")));
    assertThat(status(fleet).getTotal()).isEqualTo(all - 1);
    assertThat(status(fleet).getFailure()).isZero();
  }

  private static HealthCode code(FleetScenario fleet, String name) {
    return status(fleet).getCodesList().stream()
        .filter(each -> each.getCode().equals(name))
        .findFirst()
        .orElseThrow();
  }

  @Test
  void aCodeSaysSinceWhenAndWhere() {
    FleetScenario fleet = FleetScenario.inService();
    fleet.machine("web-03").failsOnce("disk").failsAgain("disk");
    HealthCode one = code(fleet, "MACHINE_FAILURE");
    assertThat(one.getScope()).isEqualTo("machine/web-03");
    assertThat(one.getSince()).isEqualTo(since(fleet, "web-03"));

    fleet.machine("web-04").failsOnce("disk").failsAgain("disk");
    assertThat(code(fleet, "MACHINE_FAILURE").getScope()).isEqualTo("unit/su-1");

    fleet.machine("web-01").failsOnce("disk").failsAgain("disk");
    HealthCode three = code(fleet, "MACHINE_FAILURE");
    assertThat(three.getScope()).isEqualTo("fleet");
    assertThat(three.getText()).isEqualTo("3 in FAILURE: web-01, web-03, web-04");
    assertThat(three.getAction()).isEqualTo("pilot explain machine web-01");
    assertThat(three.getSince()).isEqualTo(since(fleet, "web-03"));
    assertThat(since(fleet, "web-04")).isGreaterThan(since(fleet, "web-03"));

    fleet.sends(
        Command.newBuilder()
            .setDecommissionMachine(DecommissionMachine.newBuilder().setMachine("web-03")));
    assertThat(code(fleet, "MACHINE_FAILURE").getSince()).isEqualTo(since(fleet, "web-04"));
  }

  private static long since(FleetScenario fleet, String machine) {
    return fleet.state.machine(machine).orElseThrow().getSince();
  }
}
