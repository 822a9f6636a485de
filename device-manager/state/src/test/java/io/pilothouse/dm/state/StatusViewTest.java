package io.pilothouse.dm.state;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Message;
import io.pilothouse.api.log.v1.Command;
import io.pilothouse.api.log.v1.DecommissionMachine;
import io.pilothouse.api.log.v1.HoldMachine;
import io.pilothouse.api.v1.HealthCode;
import io.pilothouse.api.v1.StatusReply;
import java.util.Collection;
import java.util.SortedMap;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** The status of a fleet, which anybody may ask for at any time. */
class StatusViewTest {

  /** A state whose machines can be asked for by name, and not walked. */
  private record Large(State state) implements Entities {
    @Override
    public SortedMap<String, Message> table(Table table) {
      return table == Table.MACHINE ? new ByNameAlone(state.table(table)) : state.table(table);
    }

    @Override
    public Indexes indexes() {
      return state.indexes();
    }
  }

  private static final class ByNameAlone extends TreeMap<String, Message> {
    private static final long serialVersionUID = 1;

    ByNameAlone(SortedMap<String, Message> machines) {
      super(machines);
    }

    @Override
    public Collection<Message> values() {
      throw new AssertionError("all machines were looked at");
    }
  }

  private static StatusReply status(FleetScenario fleet) {
    return StatusView.of(new Large(fleet.state), fleet.now()).build();
  }

  @Test
  void itLooksAtNoMachineThatThereIsNothingToSayAbout() {
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
}
