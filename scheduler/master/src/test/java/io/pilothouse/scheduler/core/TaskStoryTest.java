package io.pilothouse.scheduler.core;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import io.pilothouse.api.v1.ExplainTaskRequest;
import io.pilothouse.mesos.v1.TaskState;
import io.pilothouse.scheduler.core.Stage.FakeAgent;
import io.pilothouse.scheduler.core.Stage.FakeFramework;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What happened to a task, and what comes next. */
class TaskStoryTest {
  private final Stage stage = new Stage();
  private final FakeAgent agent = stage.agent("m1", "cpus:4;mem:1024");
  private final FakeFramework framework = stage.framework("'failover_timeout':60");

  @BeforeEach
  void launch() {
    stage.pass(0);
    framework.launch("t1", "cpus:1;mem:32");
  }

  private List<String> lines(String task, String of) {
    return stage
        .core
        .questions(stage.now)
        .explain(ExplainTaskRequest.newBuilder().setTask(task).setFramework(of).build())
        .getLinesList();
  }

  private List<String> lines() {
    return lines("t1", "");
  }

  private static String last(List<String> lines) {
    return lines.get(lines.size() - 1);
  }

  @Test
  void itBeginsWithItsLaunchAndEndsWithWhatComesNext() {
    assertThat(lines()).hasSize(2);
    assertThat(lines().get(0))
        .startsWith("1970-01-01T00:16:40Z: launched by framework " + framework.id + " 'n'")
        .contains("role *", "machine m1 (agent m1-agent)", "cpus:1; mem:32");
    assertThat(last(lines())).isEqualTo("next: its agent makes the sandbox and starts it");
  }

  @Test
  void statusesAreToldInOrderAndTheOneThatIsNotAcknowledged() {
    ByteString uuid = agent.tells(framework, "t1", TaskState.TASK_RUNNING);
    assertThat(lines().get(1)).isEqualTo("TASK_RUNNING");
    assertThat(lines().get(2)).startsWith("TASK_RUNNING is not acknowledged");
    assertThat(last(lines())).contains("until it ends by itself, or its framework kills it");
    framework.acknowledge(agent, "t1", uuid);
    assertThat(lines()).hasSize(3).noneMatch(each -> each.contains("not acknowledged"));
    uuid = agent.tells(framework, "t1", TaskState.TASK_FINISHED);
    assertThat(last(lines())).contains("the framework acknowledges its end");
    framework.acknowledge(agent, "t1", uuid);
    assertThat(lines().subList(1, 3)).containsExactly("TASK_RUNNING", "TASK_FINISHED");
    assertThat(last(lines())).startsWith("next: nothing; it is over");
  }

  @Test
  void aMachineThatIsTakenSaysByWhomUntilWhenAndWhatTheFrameworkAnswered() {
    agent.tells(framework, "t1", TaskState.TASK_RUNNING);
    long at = stage.now + 60_000;
    stage.machine("m1", "cpus:4;mem:1024", false, at);
    assertThat(lines())
        .anyMatch(
            each -> each.startsWith("machine m1 is taken by repair/R-7 at 1970-01-01T00:17:40Z"))
        .anyMatch(each -> each.contains("has not been asked for it yet"));
    assertThat(last(lines()))
        .contains("it is killed at 1970-01-01T00:17:40Z unless it ends before");
    stage.pass(1_000);
    assertThat(lines()).anyMatch(each -> each.contains("(inverse offer) and has not answered"));
    framework.accepted(
        "{'type':'DECLINE_INVERSE_OFFERS','decline_inverse_offers':{'inverse_offer_ids':[{'value':"
            + "'%s'}]}}".formatted(inverseOffer()));
    assertThat(lines()).anyMatch(each -> each.contains("does not agree, which changes nothing"));
    stage.pass(60_000);
    assertThat(lines()).anyMatch(each -> each.startsWith("the deadline has passed"));
    assertThat(last(lines())).isEqualTo("next: its agent tells how it ended");
  }

  private String inverseOffer() {
    return framework.events().stream()
        .flatMap(each -> each.getInverseOffers().getInverseOffersList().stream())
        .reduce((a, b) -> b)
        .orElseThrow()
        .getId()
        .getValue();
  }

  @Test
  void oneWhoseMachineIsAwaySaysSo() {
    agent.detach();
    assertThat(lines()).anyMatch(each -> each.startsWith("machine m1 is not connected"));
    assertThat(last(lines())).contains("connects again and tells what it runs, or is given up");
    stage.pass(40_000);
    stage.pass(76_000);
    assertThat(last(lines())).startsWith("next: when its machine is back");
    assertThat(lines()).anyMatch(each -> each.contains("REASON_AGENT_REMOVED"));
  }

  @Test
  void oneOfAFrameworkThatEndedIsOver() {
    framework.accepted("{'type':'TEARDOWN'}");
    assertThat(lines()).anyMatch(each -> each.contains("REASON_FRAMEWORK_REMOVED"));
    assertThat(last(lines()))
        .startsWith("next: its framework has ended; what it used is free when");
    agent.tells(framework, "t1", TaskState.TASK_KILLED);
    assertThat(last(lines())).isEqualTo("next: nothing; its framework has ended");
  }

  @Test
  void oneThatTwoFrameworksHaveMustBeSaidWhose() {
    FakeAgent second = stage.agent("m2", "cpus:4;mem:1024");
    FakeFramework other = stage.framework("'failover_timeout':60");
    stage.pass(1_000);
    other.launch("t1", "cpus:1;mem:32");
    assertThat(second.heardKinds()).isNotEmpty();
    assertThatThrownBy(() -> lines("t1", ""))
        .hasMessageContaining("2 frameworks have a task 't1'")
        .hasMessageContaining("say whose by the framework's id (pilot: --framework ID)")
        .hasMessageContaining(other.id);
    assertThat(lines("t1", other.id).get(0)).contains(other.id);
    assertThatThrownBy(() -> lines("t2", other.id))
        .hasMessageContaining("has no task 't2' (did you mean 't1'?)");
    assertThatThrownBy(() -> lines("", "")).hasMessageContaining("say its id");
  }
}
