package io.pilothouse.testing.faults;

import io.grpc.Channel;
import io.pilothouse.api.v1.ControlMachineRequest;
import io.pilothouse.api.v1.Fleet;
import io.pilothouse.api.v1.FleetRequest;
import io.pilothouse.api.v1.Image;
import io.pilothouse.api.v1.InventoryMachine;
import io.pilothouse.api.v1.MachineType;
import io.pilothouse.api.v1.OperatorGrpc;
import io.pilothouse.api.v1.ScaleUnit;
import io.pilothouse.api.v1.WriteContext;
import io.pilothouse.client.DmClient;
import java.time.Duration;
import java.util.List;
import java.util.stream.IntStream;

/** A few machines that nobody runs, whose holds are what clients read and write. */
final class Fixture {
  private static final Duration DEADLINE = Duration.ofSeconds(30);

  private Fixture() {}

  static List<String> machines(int count) {
    return IntStream.rangeClosed(1, count).mapToObj("m-%d"::formatted).toList();
  }

  /** Makes them known to the Device Manager. */
  static void apply(DmClient operator, List<String> machines) {
    Fleet.Builder fleet =
        Fleet.newBuilder()
            .setName("faults")
            .addTypes(MachineType.newBuilder().setName("node").setImage("os"))
            .addImages(Image.newBuilder().setName("os").setVersion("1.0.0"))
            .addUnits(ScaleUnit.newBuilder().setName("su-1").setOrder(1).addAllMachines(machines));
    for (String each : machines) {
      fleet.addMachines(
          InventoryMachine.newBuilder()
              .setName(each)
              .setType("node")
              .setScaleUnit("su-1")
              .setRack("r1")
              .setMac("mac-" + each)
              .setBmc("local:" + each));
    }
    FleetRequest request =
        FleetRequest.newBuilder().setFleet(fleet).setContext(context("setup", 1, "setup")).build();
    var unused = operator.leader(DEADLINE, channel -> stub(channel).applyFleet(request));
  }

  /** An order of one client about one machine; the same sequence again is the same order. */
  static ControlMachineRequest order(
      String client, long sequence, String machine, String verb, String reason) {
    return ControlMachineRequest.newBuilder()
        .setMachine(machine)
        .setVerb(verb)
        .setContext(context(client, sequence, reason))
        .build();
  }

  private static WriteContext context(String client, long sequence, String reason) {
    return WriteContext.newBuilder()
        .setClientId(client)
        .setSequence(sequence)
        .setReason(reason)
        .build();
  }

  static OperatorGrpc.OperatorBlockingStub stub(Channel channel) {
    return OperatorGrpc.newBlockingStub(channel);
  }
}
