package io.pilothouse.testing.histories;

import static org.assertj.core.api.Assertions.assertThat;

import io.pilothouse.api.v1.AuditRecord;
import io.pilothouse.testing.histories.Operation.Call;
import io.pilothouse.testing.histories.Operation.Outcome;
import java.util.List;
import org.junit.jupiter.api.Test;

class TrailTest {
  private static final AuditRecord A_AT_7 =
      AuditRecord.newBuilder().setKind("OPERATOR").setReason("a").setIndex(7).build();
  private static final AuditRecord A_AT_9 =
      AuditRecord.newBuilder().setKind("OPERATOR").setReason("a").setIndex(9).build();

  @Test
  void whatWasAcknowledgedIsThereOnce() {
    List<Operation> done = List.of(hold(new Outcome.Done(), 2));
    assertThat(Trail.objections(done, List.of(A_AT_7))).isEmpty();
    assertThat(Trail.objections(done, List.of()))
        .singleElement()
        .asString()
        .contains("at 0 entries");
    assertThat(Trail.objections(done, List.of(A_AT_7, A_AT_9))).hasSize(1);
  }

  @Test
  void whatFollowsFromAWriteIsNoSecondWriteButARetryInItsEntryIs() {
    AuditRecord follows = A_AT_7.toBuilder().setKind("CONDITION").setOrdinal(1).build();
    AuditRecord again = A_AT_7.toBuilder().setOrdinal(1).build();
    List<Operation> done = List.of(hold(new Outcome.Done(), 2));
    assertThat(Trail.objections(done, List.of(A_AT_7, follows))).isEmpty();
    assertThat(Trail.objections(done, List.of(A_AT_7, again))).hasSize(1);
  }

  @Test
  void whatWasRefusedIsNotThere() {
    assertThat(Trail.objections(List.of(hold(new Outcome.Refused(), 2)), List.of(A_AT_7)))
        .hasSize(1);
  }

  @Test
  void whatNobodyKnowsIsThereOnceAtMost() {
    List<Operation> unknown = List.of(hold(new Outcome.Unknown(), Operation.NEVER));
    assertThat(Trail.objections(unknown, List.of())).isEmpty();
    assertThat(Trail.objections(unknown, List.of(A_AT_7))).isEmpty();
    assertThat(Trail.objections(unknown, List.of(A_AT_7, A_AT_9))).hasSize(1);
  }

  private static Operation hold(Outcome outcome, long returned) {
    return new Operation(1, "m", new Call.Hold("a"), outcome, 1, returned);
  }
}
