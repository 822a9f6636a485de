package org.apache.mesos;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import io.pilothouse.framework.testing.FakeMaster;
import io.pilothouse.mesos.v1.AgentID;
import io.pilothouse.mesos.v1.Offer;
import io.pilothouse.mesos.v1.TaskState;
import io.pilothouse.mesos.v1.scheduler.Call;
import io.pilothouse.mesos.v1.scheduler.Event;
import java.util.List;
import org.apache.mesos.Protos.Credential;
import org.apache.mesos.Protos.ExecutorID;
import org.apache.mesos.Protos.Filters;
import org.apache.mesos.Protos.FrameworkInfo;
import org.apache.mesos.Protos.OfferID;
import org.apache.mesos.Protos.Request;
import org.apache.mesos.Protos.Status;
import org.apache.mesos.Protos.TaskStatus;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a framework of old is told by the driver, and what reaches the scheduler. */
@SuppressWarnings("deprecation") // old frameworks call those, too
class MesosSchedulerDriverTest extends DriverTests {
  @Test
  void theFrameworkIsToldWhoItIsAndComesBackWithItsId() throws Exception {
    MesosSchedulerDriver driver = driver();
    driver.start();
    Call first = master.next(Call.Type.SUBSCRIBE);
    String line = notes.next();
    assertThat(line).matches("registered framework-\\d+ at port " + port());
    String id = line.split(" ", -1)[1];

    master.dropsStream();

    notes.says("disconnected");
    notes.says("reregistered at port " + port());
    Call again = master.next(Call.Type.SUBSCRIBE);
    assertThat(first.getSubscribe().getFrameworkInfo().getUser())
        .as("the process's user, as libmesos has it")
        .isEqualTo(System.getProperty("user.name"));
    assertThat(first.hasFrameworkId()).isFalse();
    assertThat(again.getFrameworkId().getValue()).isEqualTo(id);
    assertThat(again.getSubscribe().getFrameworkInfo().getId().getValue()).isEqualTo(id);
    driver.stop();
  }

  @Test
  void whatTheSchedulerSaysIsToldInOrderOnOneThread() throws Exception {
    MesosSchedulerDriver driver = registered();
    Offer offer = master.offer("m1", 2, 64);
    AgentID agent = AgentID.newBuilder().setValue("a1").build();
    io.pilothouse.mesos.v1.ExecutorID executor =
        io.pilothouse.mesos.v1.ExecutorID.newBuilder().setValue("e1").build();

    master.offers(offer, master.offer("m2", 1, 32));
    master.rescinds(offer.getId());
    master.send(
        Event.newBuilder()
            .setType(Event.Type.MESSAGE)
            .setMessage(
                Event.Message.newBuilder()
                    .setAgentId(agent)
                    .setExecutorId(executor)
                    .setData(ByteString.copyFromUtf8("hello")))
            .build());
    master.send(
        Event.newBuilder()
            .setType(Event.Type.FAILURE)
            .setFailure(
                Event.Failure.newBuilder().setAgentId(agent).setExecutorId(executor).setStatus(9))
            .build());
    master.send(
        Event.newBuilder()
            .setType(Event.Type.FAILURE)
            .setFailure(Event.Failure.newBuilder().setAgentId(agent))
            .build());

    notes.says("offers [m1, m2]");
    notes.says("rescinded " + offer.getId().getValue());
    notes.says("message hello of e1 on a1");
    notes.says("executor lost e1 on a1: 9");
    notes.says("slave lost a1");
    assertThat(notes.threads).containsExactly("mesos-scheduler-driver");
    driver.stop();
  }

  @Test
  void callsReachTheScheduler() throws Exception {
    MesosSchedulerDriver driver = registered();
    OfferID one = OfferID.newBuilder().setValue("o1").build();
    OfferID two = OfferID.newBuilder().setValue("o2").build();
    Filters filters = Filters.newBuilder().setRefuseSeconds(7).build();

    assertThat(driver.launchTasks(List.of(one, two), List.of(INFO_OF_TASK), filters))
        .isEqualTo(Status.DRIVER_RUNNING);
    driver.launchTasks(one, List.of(INFO_OF_TASK));
    driver.acceptOffers(
        List.of(two),
        List.of(
            Protos.Offer.Operation.newBuilder()
                .setType(Protos.Offer.Operation.Type.RESERVE)
                .setReserve(Protos.Offer.Operation.Reserve.newBuilder())
                .build()),
        filters);
    driver.declineOffer(one, filters);
    driver.declineOffer(two);
    driver.killTask(TASK);
    driver.suppressOffers();
    driver.suppressOffers(List.of("a", "b"));
    driver.reviveOffers();
    driver.reviveOffers(List.of("a"));
    driver.reconcileTasks(
        List.of(
            TaskStatus.newBuilder()
                .setTaskId(TASK)
                .setSlaveId(AGENT)
                .setState(Protos.TaskState.TASK_RUNNING)
                .build()));
    driver.sendFrameworkMessage(
        ExecutorID.newBuilder().setValue("e1").build(), AGENT, new byte[] {1, 2});
    driver.requestResources(List.of(Request.newBuilder().setSlaveId(AGENT).build()));

    Call.Accept launch = master.next(Call.Type.ACCEPT).getAccept();
    assertThat(launch.getOfferIdsList())
        .extracting(each -> each.getValue())
        .containsExactly("o1", "o2");
    assertThat(launch.getFilters().getRefuseSeconds()).isEqualTo(7);
    assertThat(launch.getOperations(0).getLaunch().getTaskInfos(0).getTaskId().getValue())
        .isEqualTo("t1");
    assertThat(launch.getOperations(0).getLaunch().getTaskInfos(0).getAgentId().getValue())
        .isEqualTo("a1");
    Call.Accept single = master.next(Call.Type.ACCEPT).getAccept();
    assertThat(single.getOfferIdsList()).hasSize(1);
    assertThat(single.getFilters().hasRefuseSeconds()).isFalse();
    assertThat(master.next(Call.Type.ACCEPT).getAccept().getOperations(0).getType())
        .isEqualTo(Offer.Operation.Type.RESERVE);
    assertThat(master.next(Call.Type.DECLINE).getDecline().getFilters().getRefuseSeconds())
        .isEqualTo(7);
    assertThat(master.next(Call.Type.DECLINE).getDecline().getOfferIds(0).getValue())
        .isEqualTo("o2");
    assertThat(master.next(Call.Type.KILL).getKill().getTaskId().getValue()).isEqualTo("t1");
    assertThat(master.next(Call.Type.SUPPRESS).getSuppress().getRolesList()).isEmpty();
    assertThat(master.next(Call.Type.SUPPRESS).getSuppress().getRolesList())
        .containsExactly("a", "b");
    assertThat(master.next(Call.Type.REVIVE).getRevive().getRolesList()).isEmpty();
    assertThat(master.next(Call.Type.REVIVE).getRevive().getRolesList()).containsExactly("a");
    Call.Reconcile.Task asked = master.next(Call.Type.RECONCILE).getReconcile().getTasks(0);
    assertThat(asked.getTaskId().getValue() + asked.getAgentId().getValue()).isEqualTo("t1a1");
    Call.Message message = master.next(Call.Type.MESSAGE).getMessage();
    assertThat(message.getExecutorId().getValue() + message.getAgentId().getValue())
        .isEqualTo("e1a1");
    assertThat(message.getData().toByteArray()).containsExactly(1, 2);
    assertThat(master.next(Call.Type.REQUEST).getRequest().getRequests(0).getAgentId().getValue())
        .isEqualTo("a1");
    driver.stop();
  }

  @Test
  void whatAFrameworkSaysOfItselfLaterIsSaidAgainWhenItComesBack() throws Exception {
    MesosSchedulerDriver driver = registered();
    FrameworkInfo renamed = INFO.toBuilder().setName("renamed").build();

    driver.updateFramework(renamed, List.of("idle"));

    Call.UpdateFramework update = master.next(Call.Type.UPDATE_FRAMEWORK).getUpdateFramework();
    assertThat(update.getFrameworkInfo().getName()).isEqualTo("renamed");
    assertThat(update.getFrameworkInfo().hasId()).isTrue();
    assertThat(update.getSuppressedRolesList()).containsExactly("idle");
    master.dropsStream();
    Call.Subscribe again = master.next(Call.Type.SUBSCRIBE).getSubscribe();
    assertThat(again.getFrameworkInfo().getName()).isEqualTo("renamed");
    assertThat(again.getSuppressedRolesList()).containsExactly("idle");
    driver.stop();
  }

  @Test
  void anUpdateIsAcknowledgedWhenTheCallbackHasReturned() throws Exception {
    MesosSchedulerDriver driver = registered();
    notes.onUpdate =
        (of, status) -> assertThat(master.heard(Call.Type.ACKNOWLEDGE)).as("too early").isEmpty();

    var status = updates(TaskState.TASK_RUNNING);

    Call.Acknowledge acknowledge = master.next(Call.Type.ACKNOWLEDGE).getAcknowledge();
    notes.says("update t1 TASK_RUNNING");
    assertThat(acknowledge.getUuid()).isEqualTo(status.getUuid());
    assertThat(acknowledge.getTaskId().getValue()).isEqualTo("t1");
    assertThat(acknowledge.getAgentId().getValue()).isEqualTo("a1");
    assertThatThrownBy(() -> driver.acknowledgeStatusUpdate(notes.statuses.take()))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("implicitAcknowledgements false");
    driver.stop();
  }

  @Test
  void whoAcknowledgesItselfIsNotForestalled() throws Exception {
    MesosSchedulerDriver driver = registered(driver(master.address(), INFO, false));
    updates(TaskState.TASK_RUNNING);
    var second = updates(TaskState.TASK_FINISHED);
    notes.says("update t1 TASK_RUNNING");
    notes.says("update t1 TASK_FINISHED");
    var unused = notes.statuses.take();
    TaskStatus finished = notes.statuses.take();

    driver.acknowledgeStatusUpdate(finished);
    driver.acknowledgeStatusUpdate(finished.toBuilder().clearUuid().build());

    assertThat(master.heard(Call.Type.ACKNOWLEDGE))
        .extracting(each -> each.getAcknowledge().getUuid())
        .containsExactly(second.getUuid());
    driver.stop();
  }

  @ParameterizedTest
  @CsvSource({
    "zk://h:2181/mesos, no ZooKeeper",
    "mesos://zk://h:2181/mesos, no ZooKeeper",
    "zk://user:hush@h:2181/mesos, no ZooKeeper",
    "file:///etc/mesos/zk, are not read",
    "local, no scheduler within",
    "h, the port is not within",
    "'', Expected authority",
    "'h:1,,h:2', Expected authority",
    "http://u:hush@h:80, apart from it",
  })
  void aBadMasterIsAnError(String bad, String why) throws Exception {
    MesosSchedulerDriver driver = driver(bad, INFO, true);

    assertThat(driver.run()).isEqualTo(Status.DRIVER_ABORTED);

    assertThat(notes.next())
        .startsWith("error bad master '")
        .contains(why)
        .contains("expected host:port or https://host:port")
        .doesNotContain("hush");
    assertThat(driver.start()).isEqualTo(Status.DRIVER_ABORTED);
  }

  @Test
  void ofSeveralMastersTheOneThatLeadsIsFound() throws Exception {
    FakeMaster gone = FakeMaster.start();
    gone.close();
    FakeMaster standby = FakeMaster.start();
    standby.standsBehind(master);

    MesosSchedulerDriver driver =
        registered(
            driver("mesos://" + gone.address() + ", http://" + standby.address(), INFO, true));

    driver.stop();
    assertThat(master.heard(Call.Type.TEARDOWN)).hasSize(1);
    standby.close();
  }

  @Test
  void aCredentialIsAskedFor() throws Exception {
    master.asksFor("batch", "s3cret");
    Credential right = Credential.newBuilder().setPrincipal("batch").setSecret("s3cret").build();
    Credential wrong = right.toBuilder().setSecret("guess").build();

    MesosSchedulerDriver refused = new MesosSchedulerDriver(notes, INFO, master.address(), wrong);
    assertThat(refused.run()).isEqualTo(Status.DRIVER_ABORTED);
    assertThat(notes.next())
        .startsWith("error the scheduler at " + master.address())
        .contains("status 401")
        .contains("--framework-credentials")
        .doesNotContain("guess");

    registered(new MesosSchedulerDriver(notes, INFO, master.address(), true, right)).stop();
    assertThatThrownBy(
            () ->
                new MesosSchedulerDriver(
                    notes, INFO, "h:1", right.toBuilder().setPrincipal("a:b").build()))
        .hasMessageContaining("Credential.principal 'a:b'");
  }

  @Test
  void tasksThatAreLaunchedWithoutAConnectionAreLost() throws Exception {
    MesosSchedulerDriver driver = registered();
    master.refuses(503, "No leader elected");
    master.dropsStream();
    notes.says("disconnected");

    assertThat(driver.launchTasks(List.of(), List.of(INFO_OF_TASK)))
        .isEqualTo(Status.DRIVER_RUNNING);

    notes.says("update t1 TASK_LOST");
    TaskStatus lost = notes.statuses.take();
    assertThat(lost.getSlaveId()).isEqualTo(AGENT);
    assertThat(lost.getSource()).isEqualTo(TaskStatus.Source.SOURCE_MASTER);
    assertThat(lost.getReason()).isEqualTo(TaskStatus.Reason.REASON_MASTER_DISCONNECTED);
    assertThat(lost.getMessage()).isEqualTo("Master disconnected");
    assertThat(driver.killTask(TASK))
        .as("dropped, as by Mesos' driver")
        .isEqualTo(Status.DRIVER_RUNNING);
    driver.stop();
  }

  @Test
  void tasksOfALaunchThatIsRefusedAreLost() throws Exception {
    MesosSchedulerDriver driver = registered();
    master.refusesCalls(400, "Failed to validate scheduler::Call: no");

    driver.launchTasks(List.of(), List.of(INFO_OF_TASK));

    notes.says("update t1 TASK_LOST");
    TaskStatus lost = notes.statuses.take();
    assertThat(lost.getMessage()).isEqualTo("status 400: Failed to validate scheduler::Call: no");
    assertThat(lost.hasReason()).isFalse();
    driver.stop();
  }

  @Test
  void afterALaunchWithoutAnAnswerTheSchedulerIsAsked() throws Exception {
    MesosSchedulerDriver driver = registered();
    master.answersNoCalls();

    driver.launchTasks(List.of(), List.of(INFO_OF_TASK));
    master.serves();

    Call.Reconcile.Task asked = master.next(Call.Type.RECONCILE).getReconcile().getTasks(0);
    assertThat(asked.getTaskId().getValue() + asked.getAgentId().getValue()).isEqualTo("t1a1");
    assertThat(notes.lines).as("nobody knows yet").isEmpty();
    driver.stop();
  }

  @Test
  void thereIsNoLibraryToLoad() {
    MesosNativeLibrary.load();
    MesosNativeLibrary.load("/usr/lib/libmesos.so");

    MesosNativeLibrary.Version version = MesosNativeLibrary.version();

    assertThat(version).hasToString(MesosNativeLibrary.VERSION);
    assertThat(version.before(new MesosNativeLibrary.Version(0, 22, 1))).isFalse();
    assertThat(version.after(new MesosNativeLibrary.Version(1, 10))).isTrue();
    assertThat(version).isEqualTo(new MesosNativeLibrary.Version(1, 11));
  }
}
