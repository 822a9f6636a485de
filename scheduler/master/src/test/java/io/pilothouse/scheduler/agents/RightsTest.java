package io.pilothouse.scheduler.agents;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.pilothouse.api.v1.AccessObjection;
import io.pilothouse.api.v1.CheckAccessReply;
import io.pilothouse.client.DmException;
import io.pilothouse.client.UnreachableException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

/**
 * What the Device Manager said of who may what, for how long, and what counts when it is silent.
 */
class RightsTest {
  private static final String ANN = "operator/ann";
  private static final CheckAccessReply ALL = CheckAccessReply.getDefaultInstance();
  private static final CheckAccessReply NOTHING =
      CheckAccessReply.newBuilder()
          .setRead(objection("viewer"))
          .setOperate(objection("operator"))
          .build();

  private final List<String> asked = new ArrayList<>();
  private Function<String, CheckAccessReply> says = principal -> ALL;
  private long nanos = Long.MAX_VALUE - 1_000; // it passes zero at any time
  private final Rights rights =
      new Rights(
          principal -> {
            asked.add(principal);
            return says.apply(principal);
          },
          () -> nanos);

  private static AccessObjection objection(String role) {
    return AccessObjection.newBuilder()
        .setMessage("operator/ann lacks the role " + role)
        .setRemedy("add it in access.yaml")
        .build();
  }

  private void passes(Duration time) {
    nanos += time.toNanos();
  }

  private void isSilent() {
    says =
        principal -> {
          throw new UnreachableException("no replica answers");
        };
  }

  private static void refused(ThrowingCallable call, Status.Code code, String text) {
    assertThatThrownBy(call)
        .isInstanceOfSatisfying(
            StatusRuntimeException.class, e -> assertThat(e.getStatus().getCode()).isEqualTo(code))
        .hasMessageContaining(text);
  }

  @Test
  void forALookAnAnswerOfSecondsAgoWillDo() {
    rights.mayLook(ANN);
    passes(Duration.ofSeconds(4));
    rights.mayLook(ANN);
    assertThat(asked).hasSize(1);
    says = principal -> NOTHING;
    passes(Duration.ofSeconds(2));
    refused(
        () -> rights.mayLook(ANN),
        Status.Code.PERMISSION_DENIED,
        "operator/ann lacks the role viewer: add it in access.yaml");
    refused(() -> rights.mayLook(ANN), Status.Code.PERMISSION_DENIED, "viewer");
    assertThat(asked).hasSize(2);
  }

  @Test
  void anOrderIsAskedForEachTime() {
    rights.mayLook(ANN);
    rights.mayOrder(ANN);
    says = principal -> NOTHING;
    refused(() -> rights.mayOrder(ANN), Status.Code.PERMISSION_DENIED, "the role operator");
    assertThat(asked).hasSize(3);
    refused(() -> rights.mayLook(ANN), Status.Code.PERMISSION_DENIED, "the role viewer");
    assertThat(asked).as("what it said of the order counts for the look").hasSize(3);
  }

  @Test
  void whileItIsSilentThoseWhoWereKnownMayLookAndNobodyMayOrder() {
    rights.mayLook(ANN);
    isSilent();
    passes(Duration.ofSeconds(6));
    rights.mayLook(ANN);
    rights.mayLook(ANN);
    assertThat(asked).as("it is not waited for each time").hasSize(2);
    refused(
        () -> rights.mayOrder(ANN),
        Status.Code.UNAVAILABLE,
        "whether operator/ann may do this is for the Device Manager to say, and it cannot be"
            + " asked: no replica answers");
    refused(
        () -> rights.mayLook("operator/bob"),
        Status.Code.UNAVAILABLE,
        "whether operator/bob may look is for the Device Manager to say");
    passes(Duration.ofMinutes(10));
    refused(() -> rights.mayLook(ANN), Status.Code.UNAVAILABLE, "operator/ann may look");
    says = principal -> ALL;
    rights.mayLook(ANN);
    rights.mayOrder(ANN);
  }

  @Test
  void whoWasKeptOutStaysOutWhileItIsSilent() {
    says = principal -> NOTHING;
    refused(() -> rights.mayLook(ANN), Status.Code.PERMISSION_DENIED, "viewer");
    isSilent();
    passes(Duration.ofMinutes(1));
    refused(() -> rights.mayLook(ANN), Status.Code.PERMISSION_DENIED, "viewer");
  }

  @Test
  void oneThatDoesNotKnowTheQuestionHasNotAllowedAnything() {
    says =
        principal -> {
          throw new DmException("UNIMPLEMENTED", "no such method: CheckAccess", "");
        };
    refused(() -> rights.mayLook(ANN), Status.Code.UNAVAILABLE, "no such method: CheckAccess");
  }

  @Test
  void onlySoManyAreRemembered() {
    for (int i = 0; i <= 1_000; i++) {
      rights.mayLook("operator/o" + i);
    }
    rights.mayLook("operator/o1000");
    assertThat(asked).hasSize(1_001);
    rights.mayLook("operator/o0");
    assertThat(asked).hasSize(1_002);
  }
}
