package io.pilothouse.framework;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pilothouse.framework.testing.FakeMaster;
import io.pilothouse.mesos.v1.ExecutorID;
import io.pilothouse.mesos.v1.ExecutorInfo;
import io.pilothouse.mesos.v1.Filters;
import io.pilothouse.mesos.v1.FrameworkInfo;
import io.pilothouse.mesos.v1.Offer;
import io.pilothouse.mesos.v1.TaskID;
import io.pilothouse.mesos.v1.TaskInfo;
import io.pilothouse.mesos.v1.TaskState;
import io.pilothouse.mesos.v1.TaskStatus;
import io.pilothouse.mesos.v1.scheduler.Call;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Of every task that was launched an update comes. */
@Timeout(120)
class DoubtsTest {
  private static final long PATIENCE = TimeUnit.SECONDS.toNanos(30);

  private final FakeMaster master = FakeMaster.start(Duration.ofMillis(50));
  private final Diary diary = new Diary();
  private final Doubts doubts = new Doubts(PATIENCE);
  private final Offer offer;
  private final Framework framework;

  DoubtsTest() throws Exception {
    framework = framework(Duration.ofSeconds(30));
    offer = master.offer("m1", 2, 64);
  }

  private Framework framework(Duration patience) throws Exception {
    FrameworkInfo info =
        FrameworkInfo.newBuilder().setUser("").setName("test").setFailoverTimeout(60).build();
    Framework started =
        Framework.start(
            FrameworkOptions.of(List.of(master.address()), info)
                .timing(
                    new FrameworkOptions.Timing(
                        Duration.ofMillis(5), Duration.ofMillis(50), patience)),
            diary);
    diary.says("subscribed");
    return started;
  }

  @AfterEach
  void close() {
    framework.close();
    master.close();
  }

  private TaskInfo task(String id) {
    return Tasks.command(offer, id, "true", 1, 32);
  }

  private static TaskID id(String of) {
    return TaskID.newBuilder().setValue(of).build();
  }

  /** With the agent, so that an answer need not wait until all are back. */
  private Call.Reconcile.Task question(String task) {
    return Call.Reconcile.Task.newBuilder()
        .setTaskId(id(task))
        .setAgentId(offer.getAgentId())
        .build();
  }

  private List<String> asked() throws InterruptedException {
    return master.next(Call.Type.RECONCILE).getReconcile().getTasksList().stream()
        .map(each -> each.getTaskId().getValue())
        .toList();
  }

  @Test
  void afterABreakAllThatMayRunIsAskedFor() throws Exception {
    framework.launch(offer, task("runs"), task("ended"), task("silent"));
    var unused = master.updates(id("runs"), offer.getAgentId(), TaskState.TASK_RUNNING);
    var unusedToo = master.updates(id("ended"), offer.getAgentId(), TaskState.TASK_FINISHED);
    diary.says("update runs");
    diary.says("update ended");

    master.dropsStream();

    assertThat(asked()).containsExactly("runs", "silent");
  }

  @Test
  void anUpdateThatTheHandlerCouldNotTakeIsNoAnswer() throws Exception {
    framework.launch(offer, task("t1"));
    diary.throwing.set(1);
    var unused = master.updates(id("t1"), offer.getAgentId(), TaskState.TASK_FINISHED);
    diary.says("update t1");

    master.dropsStream();

    assertThat(asked()).containsExactly("t1");
  }

  @Test
  void aLaunchThatWasRefusedOrHasNoAnswerIsAskedForWithAHeartbeat() throws Exception {
    framework.close();
    try (Framework hasty = framework(Duration.ofMillis(300))) {
      master.refusesCalls(400, "too large");
      assertThatThrownBy(() -> hasty.launch(offer, task("refused")))
          .isInstanceOf(RefusedException.class);
      master.serves();

      assertThat(asked()).containsExactly("refused");
      // and again, until there is an answer
      assertThat(asked()).containsExactly("refused");
    }
  }

  @Test
  void whatWasLaunchedWithoutASubscriptionIsAskedForWithTheNext() throws Exception {
    master.refuses(503, "No leader elected");
    master.dropsStream();
    diary.says("disconnected");
    assertThatThrownBy(() -> framework.launch(offer, task("t1")))
        .isInstanceOf(NotConnectedException.class);

    master.serves();

    diary.says("subscribed");
    assertThat(asked()).containsExactly("t1");
  }

  @Test
  void noTasksAreADecline() throws Exception {
    framework.launch(offer);

    assertThat(master.next(Call.Type.ACCEPT).getAccept())
        .isEqualTo(
            Call.Accept.newBuilder()
                .addOfferIds(offer.getId())
                .setFilters(Filters.getDefaultInstance())
                .build());
  }

  private static Call.Accept accept(Offer.Operation.Builder... operations) {
    Call.Accept.Builder accept = Call.Accept.newBuilder();
    Stream.of(operations).forEach(accept::addOperations);
    return accept.build();
  }

  @Test
  void groupsCountAndOtherOperationsDoNot() {
    Offer.Operation.Builder group =
        Offer.Operation.newBuilder().setType(Offer.Operation.Type.LAUNCH_GROUP);
    group
        .getLaunchGroupBuilder()
        .setExecutor(
            ExecutorInfo.newBuilder().setExecutorId(ExecutorID.newBuilder().setValue("e")));
    group.getLaunchGroupBuilder().getTaskGroupBuilder().addTasks(task("a")).addTasks(task("b"));

    doubts.launching(
        accept(group, Offer.Operation.newBuilder().setType(Offer.Operation.Type.RESERVE)), 0);

    assertThat(doubts.toAsk(PATIENCE)).isEmpty();
    assertThat(doubts.toAsk(PATIENCE + 1)).containsExactly(question("a"), question("b"));
    assertThat(doubts.toAsk(PATIENCE + 2)).isEmpty();
    assertThat(doubts.toAsk(2 * PATIENCE + 2)).hasSize(2);
  }

  @Test
  void oneWhoseFateNobodyKnowsIsNotAskedForAgain() {
    Offer.Operation.Builder launch =
        Offer.Operation.newBuilder().setType(Offer.Operation.Type.LAUNCH);
    launch.getLaunchBuilder().addTaskInfos(task("a")).addTaskInfos(task("b"));
    doubts.launching(accept(launch), 0);

    doubts.told(status("a", TaskState.TASK_UNKNOWN));
    doubts.told(status("b", TaskState.TASK_UNREACHABLE));
    doubts.subscribed();

    assertThat(doubts.toAsk(1)).containsExactly(question("b"));
  }

  @Test
  void veryManyAreAskedForInSeveralCalls() {
    Offer.Operation.Builder launch =
        Offer.Operation.newBuilder().setType(Offer.Operation.Type.LAUNCH);
    for (int i = 0; i < 10_001; i++) {
      launch.getLaunchBuilder().addTaskInfos(task("t" + i));
    }
    doubts.launching(accept(launch), 0);
    doubts.subscribed();

    assertThat(doubts.toAsk(1)).hasSize(10_000);
    assertThat(doubts.toAsk(1)).containsExactly(question("t10000"));
    assertThat(doubts.toAsk(1)).isEmpty();
  }

  private static TaskStatus status(String task, TaskState state) {
    return TaskStatus.newBuilder().setTaskId(id(task)).setState(state).build();
  }
}
