package io.pilothouse.dm.state;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnknownFieldSet;
import io.pilothouse.api.log.v1.ApplyFleet;
import io.pilothouse.api.log.v1.Command;
import io.pilothouse.api.log.v1.Refusal;
import io.pilothouse.api.v1.Fleet;
import io.pilothouse.api.v1.InventoryMachine;
import java.util.Arrays;
import java.util.List;
import java.util.zip.Deflater;
import org.junit.jupiter.api.Test;

/** A large fleet comes packed. */
class PackedFleetTest {
  private static final Fleet SPEC = QuickFleet.spec();

  private final FleetScenario fleet = FleetScenario.expected();

  private static ByteString zlib(byte[] bytes) {
    Deflater deflater = new Deflater();
    deflater.setInput(bytes);
    deflater.finish();
    byte[] packed = new byte[bytes.length + 100];
    int length = deflater.deflate(packed);
    deflater.end();
    return ByteString.copyFrom(packed, 0, length);
  }

  static ApplyFleet.Builder packed(Fleet fleet) {
    return ApplyFleet.newBuilder()
        .setPacked(zlib(fleet.toByteArray()))
        .setPackedSize(fleet.getSerializedSize());
  }

  private static Command.Builder apply(ApplyFleet.Builder command) {
    return Command.newBuilder().setApplyFleet(command);
  }

  private static Fleet renamed() {
    Fleet.Builder spec = SPEC.toBuilder();
    spec.getMachinesBuilder(0).setRack("r9");
    return spec.build();
  }

  @Test
  void itIsAppliedAsIfItWereNot() {
    fleet.sends(apply(packed(renamed())));
    FleetScenario plain = FleetScenario.expected();
    plain.sends(apply(ApplyFleet.newBuilder().setFleet(renamed())));
    assertThat(fleet.show("web-01").getRack()).isEqualTo("r9");
    assertThat(fleet.state.fleet()).isEqualTo(plain.state.fleet());
    assertThat(fleet.show("web-01")).isEqualTo(plain.show("web-01"));
  }

  @Test
  void whatIsDamagedOrLiesAboutItsSizeChangesNothing() {
    ByteString good = zlib(renamed().toByteArray());
    int size = renamed().getSerializedSize();
    byte[] other = new byte[size];
    Arrays.fill(other, (byte) 0xff);
    refused(ApplyFleet.newBuilder().setPacked(good).setPackedSize(size - 1), "goes on after");
    refused(ApplyFleet.newBuilder().setPacked(good).setPackedSize(size + 1), "ends after");
    refused(ApplyFleet.newBuilder().setPacked(good).setPackedSize(-1), "at most 268435456");
    refused(ApplyFleet.newBuilder().setPacked(good).setPackedSize(PackedFleet.MOST + 1), "at most");
    refused(
        ApplyFleet.newBuilder().setPacked(good.substring(0, good.size() / 2)).setPackedSize(size),
        "ends after");
    refused(
        ApplyFleet.newBuilder().setPacked(good.substring(5)).setPackedSize(size), "cannot be read");
    refused(ApplyFleet.newBuilder().setPacked(zlib(other)).setPackedSize(size), "cannot be read");
    assertThat(fleet.show("web-01").getRack()).isEqualTo("r1");
  }

  /** Two bytes of what is unpacked, and hundreds of the heap, for each. */
  @Test
  void morePartsThanAFleetCanHaveAreNotEvenRead() {
    for (int field : new int[] {Fleet.MACHINES_FIELD_NUMBER, Fleet.UNITS_FIELD_NUMBER}) {
      int count = PackedFleet.MOST_MACHINES + 1;
      byte[] empty = new byte[2 * count];
      for (int i = 0; i < count; i++) {
        empty[2 * i] = (byte) (field << 3 | 2);
      }
      refused(
          ApplyFleet.newBuilder().setPacked(zlib(empty)).setPackedSize(empty.length), "more than");
    }
  }

  @Test
  void aRefusalSaysTheFirstThousandOfWhatIsWrong() {
    Fleet.Builder many = SPEC.toBuilder();
    for (int i = 0; i < 3 * Problems.MOST; i++) {
      many.addMachines(
          SPEC.getMachines(0).toBuilder().setName("x-" + i).setMac("m" + i).setType("none"));
    }
    String said = fleet.isRefused(apply(packed(many.build()))).getMessage();
    assertThat(said.lines()).hasSizeBetween(Problems.MOST, Problems.MOST + 2);
    assertThat(said).contains("and ").endsWith(" more");
  }

  private void refused(ApplyFleet.Builder command, String why) {
    Refusal refusal = fleet.isRefused(apply(command));
    assertThat(refusal.getMessage()).startsWith("the packed fleet cannot be read: ").contains(why);
  }

  /** Part by part or in one piece: the same fleet, whatever is in it and in whatever order. */
  @Test
  void itIsReadAsItWouldBeInOnePiece() throws Exception {
    Fleet.Builder mixed = SPEC.toBuilder().setName("").clearMachines();
    ByteString.Output bytes = ByteString.newOutput();
    for (InventoryMachine each : SPEC.getMachinesList()) {
      Fleet.newBuilder().addMachines(each).build().writeTo(bytes);
      mixed.build().writeTo(bytes);
      mixed.clear().setName("later-" + each.getName());
    }
    mixed.setUnknownFields(
        UnknownFieldSet.newBuilder()
            .addField(4000, UnknownFieldSet.Field.newBuilder().addVarint(7).build())
            .build());
    mixed.build().writeTo(bytes);
    byte[] all = bytes.toByteString().toByteArray();
    assertThat(PackedFleet.unpack(zlib(all), all.length)).isEqualTo(Fleet.parseFrom(all));
  }

  @Test
  void beforeTheLevelThatKnowsItNothingIsApplied() {
    FleetScenario old = FleetScenario.bornAt(0);
    assertThat(old.isRefused(apply(packed(renamed()))).getMessage())
        .contains("needs feature level 2");
  }

  @Test
  void theTrailKeepsTheFirstOfManyDifferences() {
    Fleet.Builder large = SPEC.toBuilder();
    for (int i = 0; i < 1500; i++) {
      large.addMachines(
          InventoryMachine.newBuilder()
              .setName("new-%04d".formatted(i))
              .setType(SPEC.getTypes(0).getName())
              .setScaleUnit(SPEC.getUnits(0).getName()));
    }
    assertThat(fleet.apply(large.build()))
        .hasSize(1001)
        .endsWith("and 500 more")
        .contains("add machine/new-0000");
    assertThat(List.copyOf(fleet.state.audit()).getLast().getEvidenceList())
        .endsWith("and 500 more");
  }
}
