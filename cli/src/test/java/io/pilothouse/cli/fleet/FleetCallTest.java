package io.pilothouse.cli.fleet;

import static org.assertj.core.api.Assertions.assertThat;

import io.pilothouse.api.v1.Fleet;
import io.pilothouse.api.v1.FleetRequest;
import io.pilothouse.api.v1.InventoryMachine;
import io.pilothouse.api.v1.WriteContext;
import java.time.Duration;
import java.util.Optional;
import java.util.zip.InflaterInputStream;
import org.junit.jupiter.api.Test;

class FleetCallTest {
  private static final WriteContext CONTEXT = WriteContext.newBuilder().setSequence(1).build();
  private static final Duration USUAL = Duration.ofSeconds(10);

  private static Fleet fleet(int machines) {
    Fleet.Builder fleet = Fleet.newBuilder().setName("f");
    for (int i = 0; i < machines; i++) {
      fleet.addMachines(
          InventoryMachine.newBuilder()
              .setName("m-%06d".formatted(i))
              .setModel("a model with a rather long name, as they have")
              .setBmc("redfish+https://bmc-%06d.site-one.example.org".formatted(i)));
    }
    return fleet.build();
  }

  @Test
  void aSmallFleetGoesAsItIsAndWaitsAsAnyCommand() {
    Fleet small = fleet(3);
    FleetCall call = new FleetCall(small);
    FleetRequest request = call.request(7, CONTEXT);
    assertThat(request.getFleet()).isEqualTo(small);
    assertThat(request.getIfRevision()).isEqualTo(7);
    assertThat(request.getContext()).isEqualTo(CONTEXT);
    assertThat(request.getPacked().isEmpty()).isTrue();
    assertThat(call.deadline(Optional.empty(), USUAL)).isEqualTo(USUAL);
  }

  @Test
  void aLargeOneIsPackedAndIsWaitedForLonger() throws Exception {
    Fleet large = fleet(350_000);
    FleetCall call = new FleetCall(large);
    FleetRequest request = call.request(0, CONTEXT);
    assertThat(request.hasFleet()).isFalse();
    assertThat(request.getPacked().size()).isLessThan(request.getPackedSize() / 4);
    Fleet unpacked = Fleet.parseFrom(new InflaterInputStream(request.getPacked().newInput()));
    assertThat(unpacked.equals(large)).isTrue();
    assertThat(request.getPackedSize()).isEqualTo(large.getSerializedSize());
    assertThat(call.attempt()).isEqualTo(Duration.ofSeconds(73));
    assertThat(call.deadline(Optional.empty(), USUAL)).isEqualTo(Duration.ofSeconds(83));
    assertThat(call.deadline(Optional.of(Duration.ofSeconds(5)), USUAL))
        .isEqualTo(Duration.ofSeconds(5));
  }
}
