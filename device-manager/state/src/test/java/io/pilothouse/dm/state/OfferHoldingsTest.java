package io.pilothouse.dm.state;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.pilothouse.api.log.v1.Command;
import io.pilothouse.api.log.v1.Refusal;
import io.pilothouse.api.log.v1.UpdateOffers;
import io.pilothouse.api.v1.Fleet;
import io.pilothouse.api.v1.InventoryMachine;
import io.pilothouse.api.v1.OfferAgent;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** What is reserved on machines, as schedulers wrote it down. */
class OfferHoldingsTest {
  private final FleetScenario fleet = FleetScenario.inService(OffersTest.offering());
  private final long token = fleet.lease("scheduler", "s-1");

  private UpdateOffers.Builder update() {
    return UpdateOffers.newBuilder().setLeaseToken(token);
  }

  private static Command.Builder of(UpdateOffers.Builder update) {
    return Command.newBuilder().setUpdateOffers(update);
  }

  private static OfferAgent agent(String machine, String id) {
    return OfferAgent.newBuilder().setMachine(machine).setId(id).build();
  }

  private static OfferAgent holding(String machine, String id, int bytes) {
    return agent(machine, id).toBuilder().setHeld(ByteString.copyFrom(new byte[bytes])).build();
  }

  private int held(String machine) {
    return fleet.state.offerAgent(machine).orElseThrow().getHeld().size();
  }

  @Test
  void whatIsReservedOnAMachineIsKeptWithItsAgentAndGoesWithIt() {
    fleet.sends(of(update().addAgents(holding("web-01", "a-1", 10))));
    long since = fleet.state.offerAgent("web-01").orElseThrow().getSince();
    fleet.passes(Duration.ofSeconds(3));
    fleet.sends(of(update().addAgents(holding("web-01", "a-1", 20))));
    assertThat(held("web-01")).isEqualTo(20);
    assertThat(fleet.state.offerAgent("web-01").orElseThrow().getSince())
        .as("the agent is the same")
        .isEqualTo(since);
    assertThat(fleet.state.indexes().offers.heldBytes()).isEqualTo(20);
    fleet.sends(of(update())); // sets the clock
    String before = StateDigest.of(fleet.state);
    fleet.sends(of(update().addAgents(holding("web-01", "a-1", 20))));
    assertThat(StateDigest.of(fleet.state)).as("twice is once").isEqualTo(before);

    fleet.sends(of(update().addAgents(agent("web-01", "a-2"))));
    assertThat(held("web-01")).as("the machine was made anew").isZero();
    assertThat(fleet.state.indexes().offers.heldBytes()).isZero();
  }

  @Test
  void whatIsReservedIsBoundedOnEachMachineAndOnAll() {
    fleet.sends(of(update().addAgents(holding("web-01", "a-1", 64 << 10))));
    Refusal large = fleet.isRefused(of(update().addAgents(holding("web-02", "b-1", 65_537))));
    assertThat(large.getCode()).isEqualTo(Refusal.Code.INVALID);
    assertThat(large.getMessage())
        .isEqualTo("what is reserved on web-02 has 65537 bytes; expected at most 65536");

    FleetScenario many = FleetScenario.expected(large(140));
    UpdateOffers.Builder all = UpdateOffers.newBuilder();
    all.setLeaseToken(many.lease("scheduler", "s-1"));
    for (int i = 1; i <= 128; i++) {
      all.addAgents(holding("big-%03d".formatted(i), "a-" + i, 64 << 10));
    }
    many.sends(of(all));
    all.clearAgents().addAgents(holding("big-129", "a-129", 1));
    Refusal full = many.isRefused(of(all));
    assertThat(full.getMessage())
        .isEqualTo(
            "with what is reserved on big-129, all that is reserved has 8388609 bytes; expected at"
                + " most 8388608");
    many.sends(of(all.clearAgents().addAgents(holding("big-001", "a-1", 10))));
    many.sends(of(all.clearAgents().addAgents(holding("big-129", "a-129", 1))));
    many.sends(of(all.clearAgents().addAgents(agent("big-130", "a-130"))));
  }

  private static Fleet large(int machines) {
    Fleet.Builder fleet = OffersTest.offering().toBuilder();
    InventoryMachine like = fleet.getMachines(0);
    for (int i = 1; i <= machines; i++) {
      fleet.addMachines(like.toBuilder().setName("big-%03d".formatted(i)).clearMac().clearBmc());
    }
    return fleet.build();
  }

  @Test
  void whatIsReservedOnAMachineThatLeftStaysAndChangesUntilItsAgentIsForgotten() {
    FleetScenario small = FleetScenario.expected(OffersTest.offering());
    UpdateOffers.Builder said =
        UpdateOffers.newBuilder().setLeaseToken(small.lease("scheduler", "s-1"));
    small.sends(of(said.addAgents(holding("web-07", "a-1", 5))));
    Fleet.Builder without = OffersTest.offering().toBuilder();
    without.removeMachines(without.getMachinesCount() - 1);
    small.apply(without.build());

    small.sends(of(said.clearAgents().addAgents(holding("web-07", "a-1", 3))));
    assertThat(small.state.offerAgent("web-07").orElseThrow().getHeld().size()).isEqualTo(3);
    small.sends(of(said.clearAgents().addAgentsGone("web-07")));

    assertThat(small.state.indexes().offers.heldBytes()).isZero();
  }
}
