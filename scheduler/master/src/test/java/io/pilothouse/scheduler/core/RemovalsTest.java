package io.pilothouse.scheduler.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.pilothouse.api.v1.OfferAgent;
import io.pilothouse.api.v1.ReadOffersReply;
import io.pilothouse.mesos.v1.TaskState;
import io.pilothouse.mesos.v1.TaskStatus;
import io.pilothouse.mesos.v1.scheduler.Event;
import io.pilothouse.scheduler.core.Stage.FakeAgent;
import io.pilothouse.scheduler.core.Stage.FakeFramework;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Many agents that are heard no more at once. */
class RemovalsTest {
  private static final int AGENTS = Removals.ALWAYS + 20;

  private static void pass(Stage stage, long seconds) {
    for (long i = 0; i < seconds; i += 5) {
      stage.pass(5_000);
    }
  }

  private static long unreachable(FakeFramework framework) {
    return framework.statuses().stream()
        .filter(each -> each.getState() == TaskState.TASK_UNREACHABLE)
        .count();
  }

  @Test
  void someAreGivenUpTheOthersAreKeptAndNothingOfThemIsOffered() {
    Stage stage = new Stage();
    FakeFramework framework =
        stage.framework("'failover_timeout':100000,'capabilities':[{'type':'PARTITION_AWARE'}]");
    List<FakeAgent> agents = new ArrayList<>();
    for (int i = 0; i < AGENTS; i++) {
      agents.add(stage.agent("m" + i, "cpus:2;mem:100"));
    }
    stage.pass(1_000);
    for (var offer : List.copyOf(framework.offers())) {
      framework.launch(
          offer, "t-" + offer.getHostname(), "cpus:1;mem:50", "'command':{'value':'true'}");
    }
    pass(stage, 90);
    assertThat(unreachable(framework)).isEqualTo(Removals.ALWAYS);
    int offers = framework.offers().size();
    pass(stage, 60);
    assertThat(unreachable(framework)).as("the others wait").isEqualTo(Removals.ALWAYS);
    assertThat(framework.offers()).as("and are not offered").hasSize(offers);
    assertThat(stage.core.picture().tasks().getTasksCount()).isEqualTo(20);

    FakeAgent back = agents.get(AGENTS - 1);
    back.runs(framework, "t-" + back.machine, TaskState.TASK_RUNNING, "cpus:1;mem:50");
    back.register();
    for (long i = 0; i < 650; i += 5) {
      back.pong();
      stage.pass(5_000);
    }
    assertThat(unreachable(framework)).as("their turn has come").isEqualTo(AGENTS - 1);
    assertThat(framework.statuses())
        .filteredOn(each -> each.getTaskId().getValue().equals("t-" + back.machine))
        .extracting(TaskStatus::getState)
        .doesNotContain(TaskState.TASK_UNREACHABLE);
  }

  @Test
  void ofThoseThatDoNotComeBackToANewLeaderNoMoreAreGivenUp() {
    ReadOffersReply.Builder remembered = ReadOffersReply.newBuilder();
    for (int i = 0; i < AGENTS; i++) {
      remembered.addAgents(OfferAgent.newBuilder().setMachine("m" + i).setId("a" + i));
    }
    Stage stage = new Stage(options -> options, remembered.build());
    FakeFramework framework = stage.framework("'failover_timeout':100000");
    pass(stage, 660);
    assertThat(lost(framework)).isEqualTo(Removals.ALWAYS);
    pass(stage, 600);
    assertThat(lost(framework)).isEqualTo(AGENTS);
  }

  private static long lost(FakeFramework framework) {
    return framework.events().stream().filter(each -> each.getType() == Event.Type.FAILURE).count();
  }
}
