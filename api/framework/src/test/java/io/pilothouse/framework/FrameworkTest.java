package io.pilothouse.framework;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.google.protobuf.ByteString;
import io.pilothouse.framework.testing.FakeMaster;
import io.pilothouse.mesos.v1.AgentID;
import io.pilothouse.mesos.v1.ExecutorID;
import io.pilothouse.mesos.v1.FrameworkInfo;
import io.pilothouse.mesos.v1.Offer;
import io.pilothouse.mesos.v1.TaskID;
import io.pilothouse.mesos.v1.TaskState;
import io.pilothouse.mesos.v1.TaskStatus;
import io.pilothouse.mesos.v1.scheduler.Call;
import io.pilothouse.mesos.v1.scheduler.Event;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ForkJoinPool;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(120)
class FrameworkTest {
  private static final FrameworkInfo INFO =
      FrameworkInfo.newBuilder().setUser("").setName("test").setFailoverTimeout(60).build();
  private static final TaskID TASK = TaskID.newBuilder().setValue("t1").build();
  private static final AgentID AGENT = AgentID.newBuilder().setValue("a1").build();

  private final List<AutoCloseable> open = new ArrayList<>();
  private final FakeMaster master = master(Duration.ofSeconds(15));
  private final Diary diary = new Diary();

  @AfterEach
  void close() throws Exception {
    for (AutoCloseable each : open.reversed()) {
      each.close();
    }
  }

  private FakeMaster master(Duration heartbeat) {
    FakeMaster started = FakeMaster.start(heartbeat);
    open.add(started);
    return started;
  }

  private static FrameworkOptions options(FakeMaster... masters) {
    List<String> addresses = new ArrayList<>();
    for (FakeMaster each : masters) {
      addresses.add(each.address());
    }
    return FrameworkOptions.of(addresses, INFO)
        .timing(
            new FrameworkOptions.Timing(
                Duration.ofMillis(5), Duration.ofMillis(50), Duration.ofSeconds(30)));
  }

  private Framework start(FrameworkOptions options) {
    Framework framework = Framework.start(options, diary);
    open.add(framework);
    return framework;
  }

  private Framework subscribed(FrameworkOptions options) throws Exception {
    Framework framework = start(options);
    diary.says("subscribed framework-");
    var unused = master.next(Call.Type.SUBSCRIBE);
    return framework;
  }

  @Test
  void whatTheSchedulerSaysIsDeliveredInOrder() throws Exception {
    subscribed(options(master));
    Offer offer = master.offer("m1", 2, 64);

    master.offers(offer);
    master.rescinds(offer.getId());
    master.send(
        Event.newBuilder()
            .setType(Event.Type.MESSAGE)
            .setMessage(
                Event.Message.newBuilder()
                    .setAgentId(AGENT)
                    .setExecutorId(ExecutorID.newBuilder().setValue("e1"))
                    .setData(ByteString.copyFromUtf8("hello")))
            .build());
    master.send(
        Event.newBuilder()
            .setType(Event.Type.FAILURE)
            .setFailure(Event.Failure.newBuilder().setAgentId(AGENT))
            .build());

    diary.says("offers [m1]");
    diary.says("rescinded " + offer.getId().getValue());
    diary.says("message hello");
    diary.says("failure a1");
  }

  @Test
  void callsReachTheSchedulerWithTheFrameworksId() throws Exception {
    Framework framework = subscribed(options(master));
    Offer offer = master.offer("m1", 2, 64);

    framework.launch(offer, Tasks.command(offer, "t1", "true", 1, 32));
    framework.decline(offer, 7);
    framework.kill(TASK);
    framework.suppress("a", "b");
    framework.revive();
    framework.reconcile(List.of(TASK));

    Call accept = master.next(Call.Type.ACCEPT);
    assertThat(accept.getFrameworkId()).isEqualTo(framework.id().orElseThrow());
    assertThat(accept.getAccept().getOfferIdsList()).containsExactly(offer.getId());
    assertThat(accept.getAccept().getOperations(0).getLaunch().getTaskInfos(0).getAgentId())
        .isEqualTo(offer.getAgentId());
    assertThat(master.next(Call.Type.DECLINE).getDecline().getFilters().getRefuseSeconds())
        .isEqualTo(7);
    assertThat(master.next(Call.Type.KILL).getKill().getTaskId()).isEqualTo(TASK);
    assertThat(master.next(Call.Type.SUPPRESS).getSuppress().getRolesList())
        .containsExactly("a", "b");
    assertThat(master.next(Call.Type.REVIVE).getRevive().getRolesList()).isEmpty();
    assertThat(master.next(Call.Type.RECONCILE).getReconcile().getTasks(0).getTaskId())
        .isEqualTo(TASK);
  }

  @Test
  void aDroppedStreamIsSubscribedAgainWithTheSameId() throws Exception {
    List<String> kept = new ArrayList<>();
    Framework framework = subscribed(options(master).keepingId(id -> kept.add(id.getValue())));
    String id = framework.id().orElseThrow().getValue();

    master.dropsStream();

    diary.says("disconnected ");
    Call again = master.next(Call.Type.SUBSCRIBE);
    diary.says("subscribed " + id);
    assertThat(again.getFrameworkId().getValue()).isEqualTo(id);
    assertThat(again.getSubscribe().getFrameworkInfo().getId().getValue()).isEqualTo(id);
    assertThat(kept).containsExactly(id);
    framework.revive();
    assertThat(master.next(Call.Type.REVIVE).getFrameworkId().getValue()).isEqualTo(id);
  }

  @Test
  void aStreamThatMakesNoSenseIsLeft() throws Exception {
    subscribed(options(master));

    master.sendRaw("nonsense\n".getBytes(StandardCharsets.US_ASCII));

    diary.says("disconnected byte 0x6e in a record's length");
    diary.says("subscribed ");
  }

  @Test
  void missedHeartbeatsEndAStream() throws Exception {
    FakeMaster quick = master(Duration.ofMillis(100));
    start(options(quick));
    diary.says("subscribed ");

    quick.stopsHeartbeats();

    diary.says("disconnected nothing came for 250 ms, not even a heartbeat");
    diary.says("subscribed ");
  }

  @Test
  void aStandbyIsFollowedToTheLeader() throws Exception {
    FakeMaster standby = master(Duration.ofSeconds(15));
    standby.standsBehind(master);
    master.asksFor("batch", "secret");
    standby.asksFor("batch", "secret");

    Framework framework = subscribed(options(standby).credentials("batch", "secret"));

    framework.revive();
    assertThat(master.heard(Call.Type.REVIVE)).hasSize(1);
  }

  @Test
  void standbysThatPointAtEachOtherAreAskedAgainLater() throws Exception {
    FakeMaster one = master(Duration.ofSeconds(15));
    FakeMaster other = master(Duration.ofSeconds(15));
    one.standsBehind(other);
    other.standsBehind(one);

    subscribed(options(one, other, master));
  }

  @Test
  void whoDoesNotLeadOrDoesNotListenIsPassedOver() throws Exception {
    FakeMaster gone = FakeMaster.start();
    gone.close();
    FakeMaster follower = master(Duration.ofSeconds(15));
    follower.refuses(503, "No leader elected");

    subscribed(options(gone, follower, master));
  }

  @Test
  void itAsksUntilSomebodyLeads() throws Exception {
    FakeMaster late = master(Duration.ofSeconds(15));
    late.refuses(503, "Master has not finished recovery");
    Framework framework = start(options(late));

    assertThatThrownBy(framework::revive)
        .isInstanceOf(NotConnectedException.class)
        .hasMessageContaining("REVIVE: not subscribed now with any of")
        .hasMessageContaining(late.address());
    late.serves();

    diary.says("subscribed ");
    framework.revive();
  }

  @Test
  void anUpdateIsAcknowledgedWhenTheHandlerHasTakenIt() throws Exception {
    subscribed(options(master));

    TaskStatus status = master.updates(TASK, AGENT, TaskState.TASK_RUNNING);

    Call.Acknowledge acknowledge = master.next(Call.Type.ACKNOWLEDGE).getAcknowledge();
    diary.says("update t1 TASK_RUNNING");
    assertThat(acknowledge.getUuid()).isEqualTo(status.getUuid());
    assertThat(acknowledge.getTaskId()).isEqualTo(TASK);
    assertThat(acknowledge.getAgentId()).isEqualTo(AGENT);
  }

  @Test
  void anUpdateThatTheHandlerFailedOnIsNotAcknowledged() throws Exception {
    subscribed(options(master));
    diary.throwing.set(1);

    TaskStatus failed = master.updates(TASK, AGENT, TaskState.TASK_RUNNING);
    TaskStatus taken = master.updates(TASK, AGENT, TaskState.TASK_FINISHED);

    // events are in order: what is acknowledged first says that the other was not
    assertThat(master.next(Call.Type.ACKNOWLEDGE).getAcknowledge().getUuid())
        .isEqualTo(taken.getUuid())
        .isNotEqualTo(failed.getUuid());
    diary.says("update t1 TASK_RUNNING");
    diary.says("update t1 TASK_FINISHED");
  }

  @Test
  void whoAcknowledgesByHandIsNotForestalled() throws Exception {
    Framework framework = subscribed(options(master).acknowledgingByHand());
    TaskStatus first = master.updates(TASK, AGENT, TaskState.TASK_RUNNING);
    TaskStatus second = master.updates(TASK, AGENT, TaskState.TASK_FINISHED);
    diary.says("update t1 TASK_RUNNING");
    diary.says("update t1 TASK_FINISHED");

    framework.acknowledge(second);
    framework.acknowledge(first.toBuilder().clearUuid().build());

    assertThat(master.heard(Call.Type.ACKNOWLEDGE))
        .extracting(each -> each.getAcknowledge().getUuid())
        .containsExactly(second.getUuid());
  }

  @Test
  void anErrorEndsIt() throws Exception {
    Framework framework = subscribed(options(master));

    master.error("Framework failed over");

    assertThatThrownBy(framework::join)
        .isInstanceOf(EndedException.class)
        .hasMessageContaining("ended the framework: Framework failed over");
    diary.says("error the scheduler at " + master.address());
    diary.saysNothingMore();
    assertThat(master.heard(Call.Type.SUBSCRIBE)).isEmpty();
    assertThatThrownBy(framework::revive)
        .isInstanceOf(NotConnectedException.class)
        .hasMessage("REVIVE: the framework has ended");
  }

  @Test
  void aWrongSecretEndsIt() throws Exception {
    master.asksFor("batch", "secret");
    Framework framework = start(options(master).credentials("batch", "guess"));

    EndedException ended = catchThrowableOfType(EndedException.class, framework::join);

    assertThat(ended)
        .hasMessageContaining("refuses the subscription: status 401: give credentials(…)")
        .hasMessageNotContaining("guess");
    assertThat(ended.getCause()).isInstanceOf(RefusedException.class);
    diary.says("error ");
    diary.saysNothingMore();
  }

  @Test
  void aRefusedCallSaysHow() throws Exception {
    Framework framework = subscribed(options(master));
    master.refusesCalls(400, "Failed to validate scheduler::Call: no");

    RefusedException refused =
        catchThrowableOfType(RefusedException.class, () -> framework.kill(TASK));

    assertThat(refused.status()).isEqualTo(400);
    assertThat(refused.text()).isEqualTo("Failed to validate scheduler::Call: no");
    assertThat(refused).hasMessageContaining("KILL to " + master.address());
    assertThat(framework.isConnected()).isTrue();
  }

  @Test
  void anIdThatCannotBeStoredEndsIt() throws Exception {
    Framework framework =
        start(
            options(master)
                .keepingId(
                    id -> {
                      throw new IllegalStateException("read-only disk");
                    }));

    assertThatThrownBy(framework::join)
        .isInstanceOf(EndedException.class)
        .hasMessageContaining("could not be stored")
        .hasMessageContaining("read-only disk");
    var unused = master.next(Call.Type.TEARDOWN); // nobody could find it again
  }

  @Test
  void anUpdateOfItselfIsBroughtByTheNextSubscription() throws Exception {
    Framework framework = subscribed(options(master));
    String id = framework.id().orElseThrow().getValue();

    framework.update(INFO.toBuilder().setName("renamed").build());

    Call update = master.next(Call.Type.UPDATE_FRAMEWORK);
    assertThat(update.getUpdateFramework().getFrameworkInfo().getId().getValue()).isEqualTo(id);
    master.refusesCalls(400, "Updating 'FrameworkInfo.user' is unsupported");
    assertThatThrownBy(() -> framework.update(INFO.toBuilder().setName("other").build()))
        .isInstanceOf(RefusedException.class);
    assertThatThrownBy(() -> framework.update(INFO.toBuilder().clearFailoverTimeout().build()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("failover_timeout is not set");
    master.serves();
    master.dropsStream();

    Call again = master.next(Call.Type.SUBSCRIBE);
    assertThat(again.getSubscribe().getFrameworkInfo())
        .as("what was taken, not what was refused")
        .isEqualTo(update.getUpdateFramework().getFrameworkInfo());
    assertThat(framework.id().orElseThrow().getValue()).isEqualTo(id);
  }

  @Test
  void whoFallsSilentIsNotAskedFirstAgain() throws Exception {
    FakeMaster quick = master(Duration.ofMillis(100));
    start(options(quick, master));
    diary.says("subscribed ");
    var unused = quick.next(Call.Type.SUBSCRIBE);

    quick.stopsHeartbeats();

    diary.says("disconnected nothing came for 250 ms, not even a heartbeat");
    var unusedToo = master.next(Call.Type.SUBSCRIBE);
    assertThat(quick.heard(Call.Type.SUBSCRIBE)).isEmpty();
  }

  @Test
  void oneThatRefusesWhatAnotherTakesDoesNotEndIt() throws Exception {
    FakeMaster wrong = master(Duration.ofSeconds(15));
    wrong.refuses(401, "");

    subscribed(options(wrong, master));
  }

  @Test
  void whenNobodyElseAnswersItIsAskedAgainAFewTimesAndThenBelieved() throws Exception {
    FakeMaster gone = FakeMaster.start();
    gone.close();
    master.refuses(401, "");

    assertThatThrownBy(start(options(gone, master))::join).isInstanceOf(EndedException.class);
  }

  @Test
  void allThatRefuseItEndIt() throws Exception {
    FakeMaster wrong = master(Duration.ofSeconds(15));
    wrong.refuses(403, "no");
    master.refuses(401, "");

    assertThatThrownBy(start(options(wrong, master))::join).isInstanceOf(EndedException.class);
  }

  @Test
  void aCallWaitsForNoThreadOfTheCommonPool() throws Exception {
    Framework framework = subscribed(options(master));
    CountDownLatch over = new CountDownLatch(1);
    ForkJoinPool pool = ForkJoinPool.commonPool();
    for (int i = 0; i < 2 * Math.max(1, pool.getParallelism()); i++) {
      pool.execute(
          () -> {
            try {
              over.await();
            } catch (InterruptedException e) {
              Thread.currentThread().interrupt();
            }
          });
    }
    try {
      framework.revive(); // else it would be an UnansweredException, after 30 s
    } finally {
      over.countDown();
    }
    assertThat(master.heard(Call.Type.REVIVE)).hasSize(1);
  }

  @Test
  void teardownEndsItWithoutAnError() throws Exception {
    Framework framework = subscribed(options(master));

    framework.teardown();

    framework.join();
    assertThat(master.heard(Call.Type.TEARDOWN)).hasSize(1);
    diary.saysNothingMore();
    framework.teardown();
  }

  @Test
  void aTeardownThatIsRefusedLeavesItAsItWas() throws Exception {
    Framework framework = subscribed(options(master));
    master.refusesCalls(503, "No leader elected");

    assertThatThrownBy(framework::teardown).isInstanceOf(RefusedException.class);

    master.serves();
    master.dropsStream();
    diary.says("disconnected ");
    diary.says("subscribed ");
  }

  @Test
  void itIsClosedWhileItWaitsForAScheduler() throws Exception {
    FakeMaster follower = master(Duration.ofSeconds(15));
    follower.refuses(503, "No leader elected");
    Framework framework = start(options(follower));

    framework.close();

    framework.join();
    diary.saysNothingMore();
  }

  @Test
  void anIdOfAnEarlierRunIsBroughtBack() throws Exception {
    Framework earlier = subscribed(options(master));
    String id = earlier.id().orElseThrow().getValue();
    earlier.close();
    FrameworkInfo info = INFO.toBuilder().setId(earlier.id().orElseThrow()).build();

    Framework later = start(FrameworkOptions.of(List.of(master.address()), info));

    diary.says("subscribed " + id);
    later.teardown();
    Framework tooLate = start(FrameworkOptions.of(List.of(master.address()), info));
    assertThatThrownBy(tooLate::join).hasMessageContaining("Framework has been removed");
  }
}
