package io.pilothouse.examples.batch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pilothouse.examples.frameworks.Stage;
import io.pilothouse.framework.Tasks;
import io.pilothouse.mesos.v1.Image;
import io.pilothouse.mesos.v1.Offer;
import io.pilothouse.mesos.v1.TaskInfo;
import io.pilothouse.mesos.v1.TaskState;
import io.pilothouse.mesos.v1.TaskStatus;
import io.pilothouse.mesos.v1.scheduler.Call;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(120)
class BatchTest {
  private final BlockingQueue<Report> reports = new LinkedBlockingQueue<>();
  private @Nullable Batch made;
  private final Stage stage = new Stage(clock -> made = new Batch(Stage.SITE, reports::add, clock));

  BatchTest() throws InterruptedException {}

  @AfterEach
  void close() {
    stage.close();
  }

  private Batch batch() {
    return java.util.Objects.requireNonNull(made);
  }

  private void submits(String name, int tasks) {
    batch().submit(stage.framework, new Job(name, tasks, "true", 1, 32));
  }

  private Report report() throws InterruptedException {
    return java.util.Objects.requireNonNull(reports.poll(60, TimeUnit.SECONDS), "a report");
  }

  private static List<String> ids(List<TaskInfo> tasks) {
    return tasks.stream().map(each -> each.getTaskId().getValue()).toList();
  }

  private static String number(TaskInfo task) {
    return task.getCommand().getEnvironment().getVariablesList().stream()
        .filter(each -> each.getName().equals("TASK"))
        .map(each -> each.getValue())
        .findFirst()
        .orElseThrow();
  }

  @Test
  void itTakesOfEachOfferWhatThereIsToDoAndThenWantsNoMore() throws Exception {
    submits("a", 2);
    submits("b", 2);
    stage.passes(Duration.ofSeconds(5));

    stage.master.offers(stage.master.offer("m1", 3, 512));
    List<TaskInfo> first = stage.launched();
    assertThat(ids(first)).containsExactly("a.1.1", "a.2.1", "b.1.1");
    stage.master.offers(stage.master.offer("m2", 8, 512));
    List<TaskInfo> second = stage.launched();
    assertThat(ids(second)).containsExactly("b.2.1");
    assertThat(number(second.getFirst())).isEqualTo("2");
    var unused = stage.master.next(Call.Type.SUPPRESS);

    stage.passes(Duration.ofSeconds(2));
    first.forEach(each -> stage.says(each, TaskState.TASK_FINISHED));
    Report a = report();
    assertThat(a.job().name()).isEqualTo("a");
    assertThat(a.waited()).isEqualTo(Duration.ofSeconds(5));
    assertThat(a.ran()).isEqualTo(Duration.ofSeconds(2));
    assertThat(a.failed()).isFalse();
    stage.says(second.getFirst(), TaskState.TASK_FINISHED);
    assertThat(report().job().name()).isEqualTo("b");
    assertThat(batch().isIdle()).isTrue();
  }

  @Test
  void withNothingToDoItWantsNoOffersAndWithWorkItWantsThemAgain() throws Exception {
    batch().tick(stage.framework);
    var unused = stage.master.next(Call.Type.SUPPRESS);

    submits("a", 1);

    var unusedToo = stage.master.next(Call.Type.REVIVE);
    batch().tick(stage.framework);
    assertThat(stage.master.heard(Call.Type.SUPPRESS)).isEmpty();
  }

  @Test
  void aTaskThatIsLostIsRunAgainUnderAnotherId() throws Exception {
    submits("a", 1);
    stage.master.offers(stage.master.offer("m1", 1, 512));
    TaskInfo first = stage.launched().getFirst();
    var unused = stage.master.next(Call.Type.SUPPRESS);

    stage.says(first, TaskState.TASK_LOST);

    var unusedToo = stage.master.next(Call.Type.REVIVE);
    stage.master.offers(stage.master.offer("m2", 1, 512));
    TaskInfo second = stage.launched().getFirst();
    assertThat(second.getTaskId().getValue()).isEqualTo("a.1.2");
    assertThat(number(second)).isEqualTo(number(first));
    stage.says(second, TaskState.TASK_FINISHED);
    Report report = report();
    assertThat(report.retried()).isEqualTo(1);
    assertThat(report.failed()).isFalse();
  }

  @Test
  void anAttemptThatWasTakenForLostAndIsBackIsKilled() throws Exception {
    submits("a", 1);
    stage.master.offers(stage.master.offer("m1", 1, 512));
    TaskInfo first = stage.launched().getFirst();
    stage.says(first, TaskState.TASK_LOST);

    stage.says(first, TaskState.TASK_RUNNING);

    assertThat(stage.master.next(Call.Type.KILL).getKill().getTaskId())
        .isEqualTo(first.getTaskId());
  }

  @Test
  void aJobWhoseTaskFailsTooOftenIsGivenUpAndItsOtherTasksAreKilled() throws Exception {
    submits("a", 2);
    stage.master.offers(stage.master.offer("m1", 2, 512));
    List<TaskInfo> tasks = new ArrayList<>(stage.launched());
    TaskInfo healthy = tasks.get(1);
    TaskInfo bad = tasks.get(0);
    for (int tries = 1; tries < JobQueue.MOST_TRIES; tries++) {
      stage.says(bad, TaskState.TASK_FAILED);
      stage.master.offers(stage.master.offer("m1", 1, 512));
      bad = stage.launched().getFirst();
    }

    stage.says(bad, TaskState.TASK_FAILED);

    assertThat(stage.master.next(Call.Type.KILL).getKill().getTaskId())
        .isEqualTo(healthy.getTaskId());
    assertThat(reports).isEmpty();
    stage.says(healthy, TaskState.TASK_KILLED);
    Report report = report();
    assertThat(report.failed()).isTrue();
    assertThat(report.retried()).isEqualTo(JobQueue.MOST_TRIES - 1);
  }

  @Test
  void onWhatOthersDoNotUseItRunsAgainHoweverOftenTheyWantItBack() throws Exception {
    BlockingQueue<Report> done = new LinkedBlockingQueue<>();
    Batch[] borrowing = new Batch[1];
    try (Stage other =
        new Stage(
            clock -> borrowing[0] = new Batch(Stage.SITE, done::add, clock, new Terms(true, "")))) {
      borrowing[0].submit(other.framework, new Job("a", 1, "true", 1, 32));
      for (int tries = 0; tries < 2 * JobQueue.MOST_TRIES; tries++) {
        Offer own = other.master.offer("m1", 8, 512);
        Offer lent = own.toBuilder().addResources(Tasks.revocable("cpus", 1)).build();
        other.master.offers(lent);
        TaskInfo task = other.launched().getFirst();
        assertThat(task.getResourcesList())
            .containsExactly(Tasks.revocable("cpus", 1), Tasks.scalar("mem", 32));
        var unused =
            other.master.updates(
                TaskStatus.newBuilder()
                    .setTaskId(task.getTaskId())
                    .setAgentId(task.getAgentId())
                    .setState(TaskState.TASK_KILLED)
                    .setReason(TaskStatus.Reason.REASON_CONTAINER_PREEMPTED));
      }
      assertThat(done).isEmpty();
    }
  }

  @Test
  void theSameEndToldTwiceCountsOnce() throws Exception {
    submits("a", 2);
    stage.master.offers(stage.master.offer("m1", 2, 512));
    List<TaskInfo> tasks = stage.launched();

    stage.says(tasks.get(0), TaskState.TASK_FINISHED);
    stage.says(tasks.get(0), TaskState.TASK_FINISHED);
    stage.answersAll();

    assertThat(reports).isEmpty();
    stage.says(tasks.get(1), TaskState.TASK_FINISHED);
    assertThat(report().retried()).isZero();
  }

  @Test
  void itsTasksRunInContainersIfAskedTo() {
    Offer offer = stage.master.offer("m1", 1, 512);
    TaskInfo task = Tasks.command(offer, "t1", "true", 1, 32);

    assertThat(Terms.USUAL.of(task)).isEqualTo(task);
    assertThat(new Terms(false, "app:v1").of(task).getContainer().getMesos().getImage())
        .isEqualTo(
            Image.newBuilder()
                .setType(Image.Type.DOCKER)
                .setDocker(Image.Docker.newBuilder().setName("app:v1"))
                .build());
  }

  @Test
  void aNameIsNotUsedTwice() {
    submits("a", 1);

    assertThatThrownBy(() -> submits("a", 1)).hasMessageContaining("there was a job a before");
  }
}
