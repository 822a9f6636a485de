package io.pilothouse.dm.server;

import static io.pilothouse.dm.server.EdgeHarness.refusal;
import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.Status;
import io.pilothouse.api.log.v1.ApplyFleet;
import io.pilothouse.api.log.v1.Command;
import io.pilothouse.api.v1.Access;
import io.pilothouse.api.v1.AccessRole;
import io.pilothouse.api.v1.CheckAccessReply;
import io.pilothouse.api.v1.CheckAccessRequest;
import io.pilothouse.api.v1.Fleet;
import io.pilothouse.api.v1.SatelliteGrpc;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a satellite is told of those who ask it. */
class AccessChecksTest {
  private final EdgeHarness dm = new EdgeHarness();

  @AfterEach
  void close() {
    dm.close();
  }

  private CheckAccessReply check(String principal) {
    return dm.satellite("scheduler-1")
        .checkAccess(CheckAccessRequest.newBuilder().setPrincipal(principal).build());
  }

  private static Access access(String who, AccessRole role) {
    return Access.newBuilder().setName(who).addPrincipals("operator/" + who).addRoles(role).build();
  }

  private void isClosed() {
    Fleet fleet =
        TestFleet.spec().toBuilder()
            .addAccess(access("anna", AccessRole.ROLE_APPROVER))
            .addAccess(access("setup", AccessRole.ROLE_OPERATOR))
            .addAccess(access("vera", AccessRole.ROLE_VIEWER))
            .addAccess(
                Access.newBuilder()
                    .setName("z-satellites")
                    .addPrincipals("satellite/scheduler-*")
                    .addRoles(AccessRole.ROLE_SATELLITE))
            .build();
    dm.fleet.decide(Command.newBuilder().setApplyFleet(ApplyFleet.newBuilder().setFleet(fleet)));
  }

  @Test
  void inAnOpenFleetEveryOperatorMayDoAll() {
    dm.fleet.apply();
    CheckAccessReply reply = check("operator/anybody");
    assertThat(reply.hasRead()).isFalse();
    assertThat(reply.hasOperate()).isFalse();
    assertThat(reply.getRevision()).isPositive();
  }

  @Test
  void elseHisRolesDecide() {
    isClosed();
    assertThat(check("operator/setup").hasRead()).isFalse();
    assertThat(check("operator/setup").hasOperate()).isFalse();
    for (String looks : new String[] {"operator/vera", "operator/anna"}) {
      assertThat(check(looks).hasRead()).isFalse();
      assertThat(check(looks).getOperate().getMessage()).contains("lacks the role operator");
    }
    CheckAccessReply nobody = check("operator/mallory");
    assertThat(nobody.getRead().getMessage())
        .isEqualTo("operator/mallory lacks the role viewer; it has no role");
    assertThat(nobody.getRead().getRemedy())
        .isEqualTo("add it in access.yaml, and have an operator (operator/setup) apply it");
    assertThat(nobody.hasOperate()).isTrue();
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "vera", "operator/", "machine/web-01", "framework/batch", "dm"})
  void onlyOfOperatorsIsAnythingSaid(String principal) {
    dm.fleet.apply();
    assertThat(refusal(() -> check(principal)).getStatus().getCode())
        .isEqualTo(Status.Code.INVALID_ARGUMENT);
  }

  @Test
  void onlySatellitesAsk() {
    isClosed();
    CheckAccessRequest request =
        CheckAccessRequest.newBuilder().setPrincipal("operator/vera").build();
    for (String who : new String[] {"operator/setup", "machine/web-01", "satellite/repair-1"}) {
      assertThat(
              refusal(() -> SatelliteGrpc.newBlockingStub(dm.as(who, "")).checkAccess(request))
                  .getStatus()
                  .getCode())
          .isEqualTo(Status.Code.PERMISSION_DENIED);
    }
  }
}
