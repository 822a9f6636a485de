package io.pilothouse.dm.state;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pilothouse.api.log.v1.Command;
import io.pilothouse.api.log.v1.Entry;
import io.pilothouse.api.log.v1.HoldMachine;
import io.pilothouse.api.log.v1.Refusal;
import io.pilothouse.api.log.v1.Reply;
import io.pilothouse.api.log.v1.Request;
import io.pilothouse.api.log.v1.SetFeatureLevel;
import io.pilothouse.api.log.v1.Tick;
import io.pilothouse.api.v1.Access;
import io.pilothouse.api.v1.AccessRole;
import io.pilothouse.api.v1.AuditRecord;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Rules of a new release come into force when an operator says so, and not before. */
class FeatureLevelTest {
  private static final String LONG = "x".repeat(2001);

  private final FleetScenario old = FleetScenario.bornAt(0);

  private static Command.Builder level(int level) {
    return Command.newBuilder().setSetFeatureLevel(SetFeatureLevel.newBuilder().setLevel(level));
  }

  private static Request.Builder hold(String reason) {
    return FleetScenario.request(
        Command.newBuilder().setHoldMachine(HoldMachine.newBuilder().setMachine("web-03")),
        "operator/alice",
        reason);
  }

  private static Reply decides(FleetScenario fleet, Request.Builder request) {
    return fleet.commit(List.of(request.build())).get(0);
  }

  @Test
  void aClusterFromBeforeThereWereLevelsIsAtTheFirst() {
    assertThat(old.state.meta().getFeatureLevel()).isZero();
    assertThat(FeatureLevel.of(old.state)).isEqualTo(1);
  }

  @Test
  void aNewClusterBeginsWithTheNewestRules() {
    FleetScenario fleet = FleetScenario.expected();
    assertThat(FeatureLevel.of(fleet.state)).isEqualTo(Levels.BUILD.max());
    assertThat(fleet.state.meta().getNow()).isPositive();
  }

  @Test
  void aLaterEntryDoesNotSayHowItBegan() {
    Entry late = Entry.newBuilder().setAt(old.now().toEpochMilli() + 1).setBornAtLevel(2).build();
    new Apply().apply(old.state, late, old.log.size() + 1);
    assertThat(FeatureLevel.of(old.state)).isEqualTo(1);
  }

  @Test
  void raisingItIsOnTheRecordAndDoneOnce() {
    old.sends(level(2));
    assertThat(FeatureLevel.of(old.state)).isEqualTo(2);
    assertThat(old.state.audit())
        .filteredOn(each -> each.getSubject().equals("dm/feature-level"))
        .extracting(AuditRecord::getPrincipal, AuditRecord::getFrom, AuditRecord::getTo)
        .containsExactly(org.assertj.core.groups.Tuple.tuple("operator/alice", "1", "2"));

    int records = old.state.audit().size();
    old.sends(level(2));
    assertThat(old.state.audit()).hasSize(records);
  }

  @Test
  void itNeverGoesBackAndIsNoNonsense() {
    old.sends(level(2));
    assertThat(old.isRefused(level(1)).getMessage())
        .isEqualTo("feature level 2 is in force and never goes back, here to 1");
    for (int wrong : List.of(0, -1, 1001)) {
      assertThat(old.isRefused(level(wrong)).getCode()).isEqualTo(Refusal.Code.INVALID);
    }
  }

  @Test
  void itTakesAnOperator() {
    old.apply(
        QuickFleet.spec().toBuilder()
            .addAccess(
                Access.newBuilder()
                    .setName("operators")
                    .addPrincipals("operator/alice")
                    .addRoles(AccessRole.ROLE_OPERATOR))
            .build());
    Reply refused = decides(old, FleetScenario.request(level(2), "operator/vera", "curious"));
    assertThat(refused.getRefusal().getCode()).isEqualTo(Refusal.Code.NOT_ALLOWED);
    assertThat(refused.getRefusal().getMessage()).contains("operator/vera lacks the role operator");
  }

  @Test
  void aReasonOfAnyLengthIsTakenByTheOldRulesAndNotByTheNew() {
    assertThat(decides(old, hold(LONG)).hasRefusal()).isFalse();
    assertThat(old.show("web-03").getHold().getReason()).isEqualTo(LONG);

    old.sends(level(2));

    Refusal refusal = decides(old, hold(LONG)).getRefusal();
    assertThat(refusal.getCode()).isEqualTo(Refusal.Code.INVALID);
    assertThat(refusal.getMessage())
        .isEqualTo("the reason has 2001 characters; expected at most 2000");
    assertThat(decides(old, hold(LONG.substring(1))).hasRefusal()).isFalse();
  }

  @Test
  void whatIsTooLongIsNotRememberedInAnyWay() {
    FleetScenario fleet = FleetScenario.inService();
    int sessions = fleet.state.sessions().size();
    Reply reply = decides(fleet, hold("short").setClientId(LONG).setSequence(1));
    assertThat(reply.getRefusal().getMessage()).startsWith("the client id has 2001 characters");
    assertThat(decides(fleet, hold("short").setRequestId(LONG)).hasRefusal()).isTrue();
    assertThat(fleet.state.sessions()).hasSize(sessions);
    assertThat(fleet.show("web-03").hasHold()).isFalse();
  }

  @Test
  void aCommandOfALaterLevelIsRefusedWithWhatToDo() {
    Refusal refusal =
        FeatureLevel.objection(0, Command.newBuilder().setTick(Tick.newBuilder()).build())
            .orElseThrow();
    assertThat(refusal.getMessage()).isEqualTo("TICK needs feature level 1, and 0 is in force");
    assertThat(refusal.getRemedy()).contains("pilot dm finalise");
    assertThat(FeatureLevel.objection(1, level(9).build())).isEmpty();
  }

  @Test
  void aBuildSaysWhichLevelsAreNotForIt() {
    Levels levels = new Levels(2, 3);
    assertThat(levels.objection(2)).isEmpty();
    assertThat(levels.objection(3)).isEmpty();
    assertThat(levels.objection(4).orElseThrow())
        .contains("feature level 4 is in force, and this build applies levels 2 to 3");
    assertThat(levels.objection(1).orElseThrow()).contains("pilot dm finalise");
    assertThatThrownBy(() -> new Levels(3, 2)).isInstanceOf(IllegalArgumentException.class);
  }
}
