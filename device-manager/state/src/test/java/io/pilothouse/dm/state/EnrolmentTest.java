package io.pilothouse.dm.state;

import static org.assertj.core.api.Assertions.assertThat;

import io.pilothouse.api.log.v1.Command;
import io.pilothouse.api.log.v1.DecommissionMachine;
import io.pilothouse.api.log.v1.OpenEnrolment;
import io.pilothouse.api.log.v1.RedeemEnrolment;
import io.pilothouse.api.log.v1.Refusal;
import io.pilothouse.api.log.v1.Reply;
import io.pilothouse.api.v1.Access;
import io.pilothouse.api.v1.AccessRole;
import io.pilothouse.api.v1.AuditRecord;
import io.pilothouse.api.v1.Enrolment;
import io.pilothouse.api.v1.HealthCode;
import io.pilothouse.api.v1.Provisioning.Step;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** A token counts once: for its machine, its install, in its time, and for one key. */
class EnrolmentTest {
  private static final String ISSUER = "satellite/provisioning-1";
  private static final String TOKEN = "a".repeat(64);
  private static final String NEWER = "b".repeat(64);
  private static final String KEY = "1".repeat(64);
  private static final String OTHER_KEY = "2".repeat(64);

  private final FleetScenario fleet = FleetScenario.expected();
  private final FakeMachine web01 = fleet.machine("web-01");

  private static Command.Builder operators(String machine, String token) {
    return Command.newBuilder()
        .setOpenEnrolment(OpenEnrolment.newBuilder().setMachine(machine).setTokenSha256(token));
  }

  private Command.Builder services(String token) {
    return Command.newBuilder()
        .setOpenEnrolment(
            OpenEnrolment.newBuilder()
                .setMachine("web-01")
                .setTokenSha256(token)
                .setLeaseToken(fleet.lease("provisioning", "provisioning-1"))
                .setInstall(web01.provisioning().getToken()));
  }

  private static Command.Builder shows(String machine, String token, String key) {
    return Command.newBuilder()
        .setRedeemEnrolment(
            RedeemEnrolment.newBuilder()
                .setMachine(machine)
                .setTokenSha256(token)
                .setKeySha256(key));
  }

  private Optional<Refusal> redeems(String token, String key) {
    Reply reply =
        fleet
            .commit(List.of(FleetScenario.request(shows("web-01", token, key), ISSUER, "").build()))
            .get(0);
    return reply.hasRefusal() ? Optional.of(reply.getRefusal()) : Optional.empty();
  }

  private String refusal(String token, String key) {
    return redeems(token, key).orElseThrow().getMessage();
  }

  private Enrolment enrolment() {
    return fleet.show("web-01").getEnrolment();
  }

  private List<String> trail() {
    return fleet.history("web-01", "ENROLMENT").stream().map(AuditRecord::getText).toList();
  }

  private List<String> codes() {
    return StatusView.of(fleet.state, fleet.now()).getCodesList().stream()
        .map(HealthCode::getCode)
        .toList();
  }

  @Test
  void aMachineThatIsInstalledGetsACertificateForItsKeyOnce() {
    web01.isDiscovered();
    fleet.sends(ISSUER, services(TOKEN));
    web01.isPowered();

    assertThat(redeems(TOKEN, KEY)).isEmpty();

    assertThat(enrolment().getKeySha256()).isEqualTo(KEY);
    assertThat(enrolment().getRedeemedBy()).isEqualTo(ISSUER);
    assertThat(trail()).hasSize(2).last().asString().endsWith("public key of SHA-256 " + KEY);
    assertThat(codes()).doesNotContain("ENROLMENT_REFUSED");
  }

  @Test
  void whenTheAnswerWasLostTheSameKeyGetsTheSameResult() {
    fleet.sends(operators("web-01", TOKEN));
    assertThat(redeems(TOKEN, KEY)).isEmpty();
    Enrolment before = enrolment();
    fleet.passes(Duration.ofMinutes(1));

    assertThat(redeems(TOKEN, KEY)).isEmpty();

    assertThat(enrolment()).isEqualTo(before);
    assertThat(trail()).hasSize(2);
  }

  @Test
  void aTokenThatWasUsedIsRefusedToAnotherKeyAndAnOperatorSeesIt() {
    fleet.sends(operators("web-01", TOKEN));
    assertThat(redeems(TOKEN, KEY)).isEmpty();

    Refusal refusal = redeems(TOKEN, OTHER_KEY).orElseThrow();

    assertThat(refusal.getCode()).isEqualTo(Refusal.Code.NOT_ALLOWED);
    assertThat(refusal.getMessage()).contains("was used at", "for another key");
    assertThat(refusal.getRemedy()).contains("pilot pki revoke machine/web-01");
    assertThat(enrolment().getKeySha256()).isEqualTo(KEY);
    assertThat(trail()).last().asString().startsWith("refused: the token of web-01 was used");
    assertThat(codes()).contains("ENROLMENT_REFUSED");

    fleet.passes(Duration.ofMinutes(61));
    assertThat(codes()).doesNotContain("ENROLMENT_REFUSED");
  }

  @Test
  void whoTriesAllDayFillsNoTrail() {
    fleet.sends(operators("web-01", TOKEN));
    for (int i = 0; i < 90; i++) {
      assertThat(refusal(NEWER, KEY)).isEqualTo("the token is none that counts for web-01");
      fleet.passes(Duration.ofSeconds(1));
    }
    assertThat(fleet.show("web-01").getEnrolmentRefusals().getCount()).isEqualTo(2);
    assertThat(trail()).hasSize(3);
  }

  @Test
  void whoTriesJunkDoesNotHideThatATokenWasUsedForAnotherKey() {
    fleet.sends(operators("web-01", TOKEN));
    assertThat(redeems(TOKEN, KEY)).isEmpty();
    assertThat(refusal(NEWER, KEY)).contains("none that counts");
    fleet.passes(Duration.ofSeconds(1));

    assertThat(refusal(TOKEN, OTHER_KEY)).contains("for another key");
    assertThat(trail()).last().asString().contains("for another key");

    for (int i = 0; i < 3; i++) {
      fleet.passes(Duration.ofSeconds(61));
      assertThat(refusal(NEWER, KEY)).contains("none that counts");
    }
    assertThat(fleet.show("web-01").getEnrolmentRefusals().getLast()).contains("none that counts");
    assertThat(told()).contains("for another key");
    assertThat(refusal("c".repeat(64), KEY)).contains("none that counts");
    assertThat(trail()).as("of each kind one a minute").hasSize(2 + 2 + 3);
  }

  private String told() {
    return StatusView.of(fleet.state, fleet.now()).getCodesList().stream()
        .filter(each -> each.getCode().equals("ENROLMENT_REFUSED"))
        .findFirst()
        .orElseThrow()
        .getText();
  }

  @Test
  void anExpiredTokenIsRefusedEvenToItsKey() {
    fleet.sends(operators("web-01", TOKEN));
    assertThat(redeems(TOKEN, KEY)).isEmpty();
    fleet.passes(Duration.ofMinutes(30));
    assertThat(refusal(TOKEN, KEY)).contains("expired at", "and it is");
  }

  @Test
  void aNewTokenTakesBackTheUnusedOneBefore() {
    fleet.sends(operators("web-01", TOKEN));
    fleet.sends(operators("web-01", NEWER));
    assertThat(trail()).last().asString().endsWith("the unused one before counts no more");
    assertThat(refusal(TOKEN, KEY)).isEqualTo("the token is none that counts for web-01");
    assertThat(redeems(NEWER, KEY)).isEmpty();
  }

  @Test
  void theSameTokenOnceMoreChangesNothing() {
    fleet.sends(operators("web-01", TOKEN));
    assertThat(redeems(TOKEN, KEY)).isEmpty();
    fleet.sends(operators("web-01", TOKEN)); // a retry that comes late
    assertThat(refusal(TOKEN, OTHER_KEY)).contains("for another key");
  }

  @Test
  void anotherMachinesTokenIsNone() {
    fleet.sends(operators("web-02", TOKEN));
    assertThat(refusal(TOKEN, KEY)).isEqualTo("the token is none that counts for web-01");
  }

  @Test
  void aTokenOfAnInstallEndsWithIt() {
    web01.isDiscovered();
    fleet.sends(ISSUER, services(TOKEN));
    web01.isInstalled();
    assertThat(refusal(TOKEN, KEY)).isEqualTo("the token of web-01 is of an install that is over");
  }

  @Test
  void aTokenOfAnInstallThatWasTriedAgainIsTooOld() {
    web01.isDiscovered();
    fleet.sends(ISSUER, services(TOKEN));
    web01.isPowered();
    fleet.passes(QuickFleet.STEP);
    fleet.passes(QuickFleet.RETRY);
    assertThat(web01.provisioning().getStep()).isEqualTo(Step.POWERING);
    assertThat(refusal(TOKEN, KEY)).contains("an install that is over");

    fleet.sends(ISSUER, services(NEWER));
    assertThat(redeems(NEWER, KEY)).isEmpty();
  }

  @Test
  void aPersonsTokenOutlivesTheInstall() {
    fleet.sends(operators("web-01", TOKEN));
    web01.isDiscovered().isInstalled();
    assertThat(redeems(TOKEN, KEY)).isEmpty();
  }

  @Test
  void aServiceMakesOneOnlyForWhatItIsAboutToBoot() {
    web01.isDiscovered();
    Command.Builder stale = services(TOKEN);
    stale.getOpenEnrolmentBuilder().setInstall(99);
    assertThat(fleet.isRefused(stale).getCode()).isEqualTo(Refusal.Code.STALE_TOKEN);

    Command.Builder withoutLease = services(TOKEN);
    withoutLease.getOpenEnrolmentBuilder().setLeaseToken(99);
    assertThat(fleet.isRefused(withoutLease).getCode()).isEqualTo(Refusal.Code.STALE_TOKEN);

    web01.isPowered();
    assertThat(fleet.isRefused(services(TOKEN)).getMessage())
        .isEqualTo("web-01 is at BOOTING, not POWERING: its installer has its token already");
  }

  @Test
  void whatIsNoMachineOrNoMoreGetsNone() {
    assertThat(fleet.isRefused(operators("web-99", TOKEN)).getCode())
        .isEqualTo(Refusal.Code.NOT_FOUND);
    assertThat(fleet.isRefused(shows("web-99", TOKEN, KEY)).getCode())
        .isEqualTo(Refusal.Code.NOT_FOUND);

    fleet.sends(operators("web-04", TOKEN));
    fleet.sends(
        Command.newBuilder()
            .setDecommissionMachine(DecommissionMachine.newBuilder().setMachine("web-04")));
    assertThat(fleet.isRefused(operators("web-04", NEWER)).getMessage())
        .isEqualTo("web-04 is decommissioned: it gets no certificate");
    assertThat(fleet.isRefused(shows("web-04", TOKEN, KEY)).getCode())
        .isEqualTo(Refusal.Code.PRECONDITION);
  }

  @Test
  void nonsenseIsRefused() {
    for (String wrong : List.of("", "A".repeat(64), "a".repeat(63), "a".repeat(5000))) {
      assertThat(fleet.isRefused(operators("web-01", wrong)).getCode())
          .isEqualTo(Refusal.Code.INVALID);
      assertThat(fleet.isRefused(shows("web-01", TOKEN, wrong)).getMessage()).hasSizeLessThan(200);
    }
    for (long millis : List.of(-1L, 59_999L, 86_400_001L, Long.MAX_VALUE)) {
      Command.Builder wrong = operators("web-01", TOKEN);
      wrong.getOpenEnrolmentBuilder().setValidMs(millis);
      assertThat(fleet.isRefused(wrong).getMessage()).contains("expected a minute to a day");
    }
  }

  @Test
  void itTakesTheNewLevel() {
    FleetScenario old = FleetScenario.bornAt(2);
    assertThat(old.isRefused(operators("web-01", TOKEN)).getMessage())
        .isEqualTo("OPEN_ENROLMENT needs feature level 3, and 2 is in force");
    assertThat(old.isRefused(shows("web-01", TOKEN, KEY)).getMessage())
        .isEqualTo("REDEEM_ENROLMENT needs feature level 3, and 2 is in force");
  }

  @Test
  void whoMayMakeOneAndWhoMayRedeemIt() {
    fleet.apply(
        QuickFleet.spec().toBuilder()
            .addAccess(
                Access.newBuilder()
                    .setName("a")
                    .addPrincipals("operator/alice")
                    .addRoles(AccessRole.ROLE_OPERATOR))
            .addAccess(
                Access.newBuilder()
                    .setName("b")
                    .addPrincipals("satellite/repair-1")
                    .addRoles(AccessRole.ROLE_SATELLITE)
                    .addLeases("repair"))
            .build());
    fleet.sends("operator/alice", operators("web-01", TOKEN));
    for (String other : List.of("operator/bob", ISSUER)) {
      assertThat(Authorization.objection(fleet.state, other, operators("web-01", NEWER).build()))
          .isPresent();
    }
    for (String other : List.of("operator/alice", "machine/web-01", "satellite/repair-1")) {
      assertThat(Authorization.objection(fleet.state, other, shows("web-01", TOKEN, KEY).build()))
          .as(other)
          .isPresent();
    }
  }
}
