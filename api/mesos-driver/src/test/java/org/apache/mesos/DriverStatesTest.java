package org.apache.mesos;

import static org.assertj.core.api.Assertions.assertThat;

import io.pilothouse.driver.Message;
import io.pilothouse.mesos.RecordIo;
import io.pilothouse.mesos.v1.TaskState;
import io.pilothouse.mesos.v1.scheduler.Call;
import java.util.List;
import org.apache.mesos.Protos.FrameworkID;
import org.apache.mesos.Protos.FrameworkInfo;
import org.apache.mesos.Protos.Status;
import org.junit.jupiter.api.Test;

/** When a driver runs, and how it ends: as Mesos' own. */
@SuppressWarnings("deprecation") // old frameworks call those, too
class DriverStatesTest extends DriverTests {
  @Test
  void aDriverThatDoesNotRunSaysSoAndDoesNothing() throws Exception {
    MesosSchedulerDriver driver = driver();
    assertThat(driver.killTask(TASK)).isEqualTo(Status.DRIVER_NOT_STARTED);
    assertThat(driver.stop()).isEqualTo(Status.DRIVER_NOT_STARTED);
    assertThat(driver.abort()).isEqualTo(Status.DRIVER_NOT_STARTED);
    assertThat(driver.join()).isEqualTo(Status.DRIVER_NOT_STARTED);

    registered(driver);
    assertThat(driver.start()).as("a second time").isEqualTo(Status.DRIVER_RUNNING);
    assertThat(driver.stop()).isEqualTo(Status.DRIVER_STOPPED);

    assertThat(driver.stop()).isEqualTo(Status.DRIVER_STOPPED);
    assertThat(driver.abort()).isEqualTo(Status.DRIVER_STOPPED);
    assertThat(driver.join()).isEqualTo(Status.DRIVER_STOPPED);
    assertThat(driver.start()).isEqualTo(Status.DRIVER_STOPPED);
    assertThat(driver.run()).isEqualTo(Status.DRIVER_STOPPED);
    assertThat(driver.reviveOffers()).isEqualTo(Status.DRIVER_STOPPED);
    assertThat(driver.launchTasks(List.of(), List.of(INFO_OF_TASK)))
        .isEqualTo(Status.DRIVER_STOPPED);
    assertThat(master.heard(Call.Type.KILL)).isEmpty();
    assertThat(master.heard(Call.Type.REVIVE)).isEmpty();
    assertThat(master.heard(Call.Type.ACCEPT)).isEmpty();
    assertThat(notes.lines).isEmpty();
  }

  @Test
  void stopEndsTheFramework() throws Exception {
    MesosSchedulerDriver driver = registered();

    assertThat(driver.stop()).isEqualTo(Status.DRIVER_STOPPED);

    assertThat(master.heard(Call.Type.TEARDOWN)).hasSize(1);
    assertThat(notes.lines).as("not told as disconnected").isEmpty();
  }

  @Test
  void stopForAFailOverLeavesTheFrameworkAndItsTasks() throws Exception {
    MesosSchedulerDriver driver = driver();
    driver.start();
    String id = notes.next().split(" ", -1)[1];

    assertThat(driver.stop(true)).isEqualTo(Status.DRIVER_STOPPED);

    FrameworkInfo again = INFO.toBuilder().setId(FrameworkID.newBuilder().setValue(id)).build();
    MesosSchedulerDriver successor = driver(master.address(), again, true);
    successor.start();
    notes.says("registered " + id + " at port " + port());
    assertThat(master.heard(Call.Type.TEARDOWN)).isEmpty();
    successor.stop();
  }

  @Test
  void runReturnsWhenACallbackStopsIt() throws Exception {
    MesosSchedulerDriver driver = driver();
    notes.onUpdate = (of, status) -> of.stop();
    Thread scheduler =
        new Thread(
            () -> {
              try {
                var unused = master.next(Call.Type.SUBSCRIBE);
                updates(TaskState.TASK_FINISHED);
              } catch (InterruptedException e) {
                throw new IllegalStateException(e);
              }
            });
    scheduler.start();

    assertThat(driver.run()).isEqualTo(Status.DRIVER_STOPPED);

    scheduler.join();
    assertThat(master.heard(Call.Type.TEARDOWN)).hasSize(1);
    assertThat(master.heard(Call.Type.ACKNOWLEDGE)).isEmpty();
  }

  @Test
  void anAbortedDriverTellsNothingMoreAndCanStillBeStopped() throws Exception {
    MesosSchedulerDriver driver = registered();

    assertThat(driver.abort()).isEqualTo(Status.DRIVER_ABORTED);

    assertThat(driver.join()).isEqualTo(Status.DRIVER_ABORTED);
    assertThat(driver.reviveOffers()).isEqualTo(Status.DRIVER_ABORTED);
    assertThat(master.heard(Call.Type.SUPPRESS)).as("no more offers").hasSize(1);
    updates(TaskState.TASK_RUNNING);
    assertThat(driver.stop()).as("as Mesos' driver").isEqualTo(Status.DRIVER_ABORTED);
    assertThat(master.heard(Call.Type.TEARDOWN)).hasSize(1);
    assertThat(master.heard(Call.Type.ACKNOWLEDGE)).isEmpty();
    assertThat(notes.lines).isEmpty();
  }

  @Test
  void aCallbackThatThrowsAbortsTheDriver() throws Exception {
    MesosSchedulerDriver driver = registered();
    notes.onUpdate =
        (of, status) -> {
          throw new IllegalStateException("the disk is full");
        };

    updates(TaskState.TASK_RUNNING);

    assertThat(driver.join()).isEqualTo(Status.DRIVER_ABORTED);
    notes.says("update t1 TASK_RUNNING");
    assertThat(master.heard(Call.Type.ACKNOWLEDGE)).as("it comes again").isEmpty();
    driver.stop();
    assertThat(notes.lines).isEmpty();
  }

  @Test
  void anErrorOfTheSchedulerAbortsTheDriver() throws Exception {
    MesosSchedulerDriver driver = registered();

    master.error("Framework failed over");

    notes.says("error Framework failed over");
    assertThat(driver.join()).isEqualTo(Status.DRIVER_ABORTED);
    assertThat(master.heard(Call.Type.SUBSCRIBE)).as("it does not come back").isEmpty();
    assertThat(driver.stop()).isEqualTo(Status.DRIVER_ABORTED);
    assertThat(notes.lines).isEmpty();
  }

  @Test
  void whatCannotBeReadIsAnError() throws Exception {
    MesosSchedulerDriver driver = registered();
    byte[] nonsense = {(byte) 0xff};

    master.sendRaw(
        RecordIo.frame(
            new Message().number(1, 2).message(3, new Message().bytes(1, nonsense)).toBytes()));

    assertThat(notes.next()).startsWith("error what resourceOffers would tell cannot be read: ");
    assertThat(driver.join()).isEqualTo(Status.DRIVER_ABORTED);
  }

  @Test
  void aThreadThatWasInterruptedCanStop() throws Exception {
    MesosSchedulerDriver driver = registered();

    Thread.currentThread().interrupt();
    driver.stop();

    assertThat(Thread.interrupted()).isTrue();
    assertThat(master.heard(Call.Type.TEARDOWN)).hasSize(1);
  }

  @Test
  void aStoppedDriverThatNeverFoundASchedulerEnds() {
    master.refuses(503, "No leader elected");
    MesosSchedulerDriver driver = driver();
    driver.start();

    assertThat(driver.stop()).isEqualTo(Status.DRIVER_STOPPED);

    assertThat(driver.join()).isEqualTo(Status.DRIVER_STOPPED);
    assertThat(notes.lines).isEmpty();
  }
}
