package io.pilothouse.scheduler.core;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.pilothouse.mesos.v1.OperationState;
import io.pilothouse.mesos.v1.OperationStatus;
import io.pilothouse.scheduler.core.Stage.FakeAgent;
import io.pilothouse.scheduler.core.Stage.FakeFramework;
import org.junit.jupiter.api.Test;

/** What becomes of an operation is told until it is acknowledged. */
class OperationStatusesTest extends Reserving {
  // ---- statuses

  @Test
  void aStatusIsToldUntilItIsAcknowledged() {
    agent();
    FakeFramework framework = framework();
    accepts(framework, reserve("r", CPUS));
    stage.pass(9_000);
    assertThat(told(framework)).hasSize(1);
    stage.pass(1_000);
    assertThat(told(framework)).hasSize(2);
    stage.pass(20_000);
    assertThat(told(framework)).hasSize(3);
    assertThat(told(framework)).allMatch(told(framework).getFirst()::equals);
    stage.streamEnds(framework);
    stage.pass(100_000);
    FakeFramework again = framework.again();
    assertThat(told(again)).hasSize(1);
    assertThat(stage.core.picture().operations().getOperations(0).getLatestStatus().getState())
        .isEqualTo(OperationState.OPERATION_FINISHED);
    acknowledges(again, told(again).getFirst());
    acknowledges(again, told(again).getFirst());
    stage.pass(700_000);
    assertThat(told(again)).hasSize(1);
    assertThat(stage.core.picture().operations().getOperationsCount()).isZero();
  }

  @Test
  void anAcknowledgementOfAnotherStatusEndsNothing() {
    agent();
    FakeFramework framework = framework();
    accepts(framework, reserve("r", CPUS));
    OperationStatus status = told(framework).getFirst();
    OperationStatus.Builder wrong = status.toBuilder();
    wrong.getUuidBuilder().setValue(ByteString.copyFromUtf8("another uuid 16."));
    acknowledges(framework, wrong.build());
    acknowledges(
        framework,
        status.toBuilder().setOperationId(wrong.getOperationIdBuilder().setValue("x")).build());
    stage.pass(10_000);
    assertThat(told(framework)).hasSize(2);
  }

  @Test
  void operationsAreReconciled() {
    FakeAgent agent = agent();
    FakeFramework framework = framework();
    accepts(framework, reserve("done", CPUS));
    stage.pass(1_000);
    stage.writesAtOnce = false;
    accepts(framework, reserve("under-way", DISK));
    framework.accepted("{'type':'RECONCILE_OPERATIONS','reconcile_operations':{}}");
    String asked =
        "{'type':'RECONCILE_OPERATIONS','reconcile_operations':{'operations':[{'operation_id':"
            + "{'value':'x'},'agent_id':{'value':'%s'}},{'operation_id':{'value':'y'}}]}}";
    framework.accepted(asked.formatted("m1-agent"));
    assertThat(states(framework).subList(1, 5))
        .containsExactly("done FINISHED", "under-way PENDING", "x UNKNOWN", "y UNKNOWN");
    assertThat(told(framework).getLast().hasUuid()).isFalse();
    agent.detach();
    for (int i = 0; i < 80; i++) {
      stage.pass(1_000);
    }
    framework.accepted(asked.formatted("m1-agent"));
    assertThat(states(framework)).endsWith("x UNREACHABLE", "y UNKNOWN");
    nextLeader();
    FakeFramework again = stage.framework(DB);
    again.id = "db-1";
    again.accepted(asked.formatted("m1-agent"));
    assertThat(states(again)).endsWith("x RECOVERING", "y RECOVERING");
  }

  @Test
  void aThousandStatusesThatNobodyAcknowledgesAreEnough() {
    stage.agent("m1", "cpus:2000;mem:1024");
    FakeFramework framework = framework();
    for (int i = 0; i < 40; i++) {
      String[] operations = new String[30];
      for (int j = 0; j < 30; j++) {
        operations[j] = reserve("r" + i + "-" + j, CPUS);
      }
      accepts(framework, operations);
      stage.pass(1_000);
    }
    assertThat(
            told(framework).stream()
                .filter(each -> each.getState() == OperationState.OPERATION_ERROR))
        .isNotEmpty()
        .allSatisfy(
            each ->
                assertThat(each.getMessage())
                    .containsAnyOf(
                        "has not acknowledged the statuses of", "expected at most 65536"));
    framework.accepted("{'type':'TEARDOWN'}");
    assertThat(Holdings.parse(written().getHeld()).operations())
        .as("nobody is left to be told")
        .isEmpty();
  }

  @Test
  void whatIsReservedOutlivesItsFramework() {
    agent();
    FakeFramework framework = framework();
    accepts(framework, reserve("r", DISK), create("c", VOLUME));
    framework.accepted("{'type':'TEARDOWN'}");
    FakeFramework heir = stage.framework("'role':'db'");
    stage.pass(1_000);
    assertThat(offered(heir).contains(read(VOLUME))).isTrue();
  }
}
