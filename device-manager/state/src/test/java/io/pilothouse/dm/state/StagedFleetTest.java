package io.pilothouse.dm.state;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.pilothouse.api.log.v1.ApplyFleet;
import io.pilothouse.api.log.v1.Command;
import io.pilothouse.api.log.v1.DecideOrder;
import io.pilothouse.api.log.v1.Refusal;
import io.pilothouse.api.log.v1.Reply;
import io.pilothouse.api.log.v1.Request;
import io.pilothouse.api.log.v1.StageFleet;
import io.pilothouse.api.v1.Access;
import io.pilothouse.api.v1.AccessRole;
import io.pilothouse.api.v1.ApprovalPolicy;
import io.pilothouse.api.v1.Fleet;
import io.pilothouse.api.v1.Limit;
import io.pilothouse.api.v1.Order;
import io.pilothouse.api.v1.OrderKind;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** A fleet in parts: all of it is applied by one entry, or nothing is. */
class StagedFleetTest {
  private static final Fleet SPEC = QuickFleet.spec();
  private static final Duration KEPT = Duration.ofMillis(StagedFleet.KEPT_MS);
  private static final int PART = 100;

  private final FleetScenario fleet = FleetScenario.expected();

  /** A fleet on its way: its parts, and the apply that takes them. */
  private record Sent(List<Command.Builder> parts, ApplyFleet.Builder apply) {
    static Sent of(Fleet fleet) {
      ApplyFleet packed = PackedFleetTest.packed(fleet).build();
      ByteString bytes = packed.getPacked();
      ByteString sha256 = sha256(bytes);
      List<Command.Builder> parts = new ArrayList<>();
      for (int from = 0; from < bytes.size(); from += PART) {
        parts.add(
            part(sha256, parts.size(), bytes.substring(from, Math.min(from + PART, bytes.size()))));
      }
      assertThat(parts).hasSizeGreaterThan(2);
      return new Sent(
          parts,
          ApplyFleet.newBuilder()
              .setStagedSha256(sha256)
              .setStagedParts(parts.size())
              .setPackedSize(packed.getPackedSize()));
    }

    Command.Builder command() {
      return Command.newBuilder().setApplyFleet(apply);
    }
  }

  private static ByteString sha256(ByteString bytes) {
    return ByteString.copyFrom(StateDigest.sha256().digest(bytes.toByteArray()));
  }

  private static Command.Builder part(ByteString sha256, int number, ByteString bytes) {
    return Command.newBuilder()
        .setStageFleet(StageFleet.newBuilder().setSha256(sha256).setPart(number).setBytes(bytes));
  }

  private static Fleet inRack(String rack) {
    Fleet.Builder spec = SPEC.toBuilder();
    spec.getMachinesBuilder(0).setRack(rack);
    return spec.build();
  }

  private String rack() {
    return fleet.show("web-01").getRack();
  }

  @Test
  void itIsAppliedAsIfItHadComeInOnePiece() {
    Sent sent = Sent.of(inRack("r9"));
    sent.parts().forEach(fleet::sends);
    assertThat(rack()).as("parts change nothing").isEqualTo("r1");
    assertThat(fleet.state.audit().stream().filter(each -> each.getKind().equals("FLEET")))
        .hasSize(1);

    List<String> lines = fleet.sends(sent.command()).getLinesList();

    assertThat(lines).containsExactly("change machine/web-01: rack: r1 -> r9");
    assertThat(rack()).isEqualTo("r9");
    assertThat(fleet.state.fleetParts()).as("nothing is left").isEmpty();
  }

  @Test
  void partsMayComeTwiceAndInAnyOrder() {
    Sent sent = Sent.of(inRack("r9"));
    sent.parts().reversed().forEach(fleet::sends);
    fleet.sends(sent.parts().get(1));
    fleet.sends(sent.command());
    assertThat(rack()).isEqualTo("r9");
  }

  @Test
  void aMissingPartChangesNothingAndIsNamed() {
    Sent sent = Sent.of(inRack("r9"));
    IntStream.range(0, sent.parts().size())
        .filter(each -> each != 1)
        .forEach(each -> fleet.sends(sent.parts().get(each)));

    Refusal refusal = fleet.isRefused(sent.command());

    assertThat(refusal.getCode()).isEqualTo(Refusal.Code.PRECONDITION);
    assertThat(refusal.getMessage())
        .startsWith(
            "of the fleet's parts 0 to %s these are not there: 1;"
                .formatted(sent.parts().size() - 1));
    assertThat(refusal.getRemedy()).isEqualTo("apply it again");
    fleet.sends(sent.parts().get(1));
    fleet.sends(sent.command());
    assertThat(rack()).as("and then it is").isEqualTo("r9");
  }

  @Test
  void anotherFleetsPartsTakeThePlaceOfThese() {
    Sent first = Sent.of(inRack("r8"));
    Sent second = Sent.of(inRack("r9"));
    first.parts().forEach(fleet::sends);
    fleet.sends(second.parts().getFirst());
    assertThat(fleet.state.fleetParts()).hasSize(1);

    assertThat(fleet.isRefused(first.command()).getMessage()).contains("another large fleet");

    second.parts().forEach(fleet::sends);
    fleet.sends(second.command());
    assertThat(rack()).isEqualTo("r9");
  }

  @Test
  void partsThatAreNotWhatTheirDigestSaysAreRefused() {
    Sent sent = Sent.of(inRack("r9"));
    sent.parts().forEach(fleet::sends);
    ByteString other = ByteString.copyFrom(new byte[PART]);
    fleet.sends(part(sent.apply().getStagedSha256(), 0, other));
    assertThat(fleet.isRefused(sent.command()).getMessage())
        .isEqualTo("the fleet's parts are not what their digest says");
  }

  @Test
  void whatNoApplyTakesExpires() {
    Sent sent = Sent.of(inRack("r9"));
    sent.parts().forEach(fleet::sends);
    fleet.passes(KEPT.minusMillis(1));
    assertThat(fleet.state.fleetParts()).hasSize(sent.parts().size());
    fleet.sends(sent.parts().getFirst());
    fleet.passes(Duration.ofMillis(2));
    assertThat(fleet.state.fleetParts()).as("what came again is kept on").hasSize(1);
    assertThat(fleet.isRefused(sent.command()).getMessage()).contains("expired after 10m");
    fleet.passes(KEPT);
    assertThat(fleet.state.fleetParts()).isEmpty();
  }

  @Test
  void aPartNeedNotComeAgainWhileItIsThereForLongEnough() {
    StageFleet part = Sent.of(inRack("r9")).parts().getFirst().getStageFleet();
    long now = fleet.now().toEpochMilli();
    assertThat(StagedFleet.has(fleet.state, part, now)).isFalse();
    fleet.sends(Command.newBuilder().setStageFleet(part));
    assertThat(StagedFleet.has(fleet.state, part, now)).isTrue();
    assertThat(StagedFleet.has(fleet.state, part, now + StagedFleet.KEPT_MS / 2)).isFalse();
    StageFleet other = part.toBuilder().setBytes(ByteString.copyFromUtf8("x")).build();
    assertThat(StagedFleet.has(fleet.state, other, now)).isFalse();
  }

  @Test
  void nothingIsTakenOfWhatIsOutOfBounds() {
    ByteString sha256 = sha256(ByteString.EMPTY);
    ByteString some = ByteString.copyFromUtf8("some");
    ByteString large = ByteString.copyFrom(new byte[StagedFleet.MOST_PART_BYTES + 1]);
    refused(part(ByteString.EMPTY, 0, some), "has 0 bytes; expected the 32");
    refused(part(sha256.concat(some), 0, some), "has 36 bytes");
    refused(part(sha256, StagedFleet.MOST_PARTS, some), "part 22 of a staged fleet; expected 0 to");
    refused(part(sha256, -1, some), "part 4294967295 of");
    refused(part(sha256, 0, ByteString.EMPTY), "has 0 bytes; expected 1 to");
    refused(part(sha256, 0, large), "has 3145729 bytes");
    ApplyFleet.Builder apply = ApplyFleet.newBuilder().setStagedSha256(sha256);
    refused(apply(apply), "a staged fleet of 0 parts");
    refused(apply(apply.setStagedParts(-1)), "a staged fleet of 4294967295 parts");
    refused(apply(apply.setStagedParts(23)), "a staged fleet of 23 parts");
    fleet.sends(part(sha256, 0, large.substring(1)));
  }

  private static Command.Builder apply(ApplyFleet.Builder apply) {
    return Command.newBuilder().setApplyFleet(apply);
  }

  private void refused(Command.Builder command, String why) {
    Refusal refusal = fleet.isRefused(command);
    assertThat(refusal.getMessage()).contains(why);
    assertThat(refusal.getCode()).isEqualTo(Refusal.Code.INVALID);
  }

  @Test
  void whatWasPlannedAtAnotherRevisionIsRefusedAndItsPartsMayBeUsedOnce() {
    Sent sent = Sent.of(inRack("r9"));
    sent.parts().forEach(fleet::sends);
    long planned = fleet.state.meta().getFleetRevision();
    sent.apply().setIfRevision(planned + 1);
    assertThat(fleet.isRefused(sent.command()).getMessage()).contains("has moved on");
    sent.apply().setIfRevision(planned);
    fleet.sends(sent.command());
    assertThat(fleet.isRefused(sent.command()).getMessage()).contains("are not there");
  }

  @Test
  void aRepeatedApplyHasItsFirstAnswerThoughThePartsAreGone() {
    Sent sent = Sent.of(inRack("r9"));
    sent.parts().forEach(fleet::sends);
    Request request =
        FleetScenario.request(sent.command(), "operator/alice", "why")
            .setClientId("cli-1")
            .setSequence(1)
            .build();
    Reply first = fleet.commit(List.of(request)).getFirst();
    assertThat(first.hasRefusal()).isFalse();
    assertThat(fleet.commit(List.of(request)).getFirst()).isEqualTo(first);
  }

  @Test
  void whoMayNotApplyMayNotStage() {
    fleet.apply(
        SPEC.toBuilder()
            .addAccess(
                Access.newBuilder()
                    .setName("operators")
                    .addPrincipals("operator/alice")
                    .addRoles(AccessRole.ROLE_OPERATOR))
            .build());
    Command.Builder part = Sent.of(inRack("r9")).parts().getFirst();
    Reply reply =
        fleet.commit(List.of(FleetScenario.request(part, "operator/eve", "").build())).getFirst();
    assertThat(reply.getRefusal().getCode()).isEqualTo(Refusal.Code.NOT_ALLOWED);
    assertThat(fleet.state.fleetParts()).isEmpty();
  }

  @Test
  void beforeItsLevelNothingIsStaged() {
    FleetScenario old = FleetScenario.bornAt(0);
    Sent sent = Sent.of(inRack("r9"));
    assertThat(old.isRefused(sent.parts().getFirst()).getMessage())
        .isEqualTo("STAGE_FLEET needs feature level 3, and 1 is in force");
    assertThat(old.isRefused(sent.command()).getMessage()).contains("needs feature level 3");
  }

  private static Fleet twoEyes(String rack) {
    return inRack(rack).toBuilder()
        .setApprovals(
            ApprovalPolicy.newBuilder()
                .setBlastRadius(Limit.newBuilder().setAbsolute(1))
                .addSecondPersonFor(OrderKind.ORDER_APPLY))
        .build();
  }

  @Test
  void anOrderThatWaitsForASecondPersonOutlivesTheParts() {
    fleet.apply(twoEyes("r1"));
    Fleet.Builder wide = twoEyes("r1").toBuilder();
    wide.getMachinesBuilderList().forEach(each -> each.setFeed("feed-9"));
    Sent sent = Sent.of(wide.build());
    sent.parts().forEach(fleet::sends);

    String id = fleet.sends(sent.command()).getOrder();

    assertThat(fleet.state.fleetParts()).as("they are in the order").isEmpty();
    fleet.passes(KEPT.plusMinutes(1));
    fleet.sends(
        "operator/bob", Command.newBuilder().setDecideOrder(DecideOrder.newBuilder().setOrder(id)));
    assertThat(fleet.state.order(id).orElseThrow().getState()).isEqualTo(Order.State.DONE);
    assertThat(fleet.show("web-01").getFeed()).isEqualTo("feed-9");
  }
}
