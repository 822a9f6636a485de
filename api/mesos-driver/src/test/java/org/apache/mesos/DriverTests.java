package org.apache.mesos;

import static org.assertj.core.api.Assertions.assertThat;

import io.pilothouse.driver.Settings;
import io.pilothouse.framework.testing.FakeMaster;
import io.pilothouse.mesos.v1.AgentID;
import io.pilothouse.mesos.v1.TaskState;
import io.pilothouse.mesos.v1.scheduler.Call;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.apache.mesos.Protos.FrameworkInfo;
import org.apache.mesos.Protos.SlaveID;
import org.apache.mesos.Protos.Status;
import org.apache.mesos.Protos.TaskID;
import org.apache.mesos.Protos.TaskInfo;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Timeout;

/**
 * A driver of a framework that writes down what it is told, beside a scheduler that does as a test
 * says.
 */
@Timeout(120)
abstract class DriverTests {
  static final FrameworkInfo INFO = FrameworkInfo.newBuilder().setUser("").setName("old").build();
  static final TaskID TASK = TaskID.newBuilder().setValue("t1").build();
  static final SlaveID AGENT = SlaveID.newBuilder().setValue("a1").build();
  static final TaskInfo INFO_OF_TASK =
      TaskInfo.newBuilder().setName("t1").setTaskId(TASK).setSlaveId(AGENT).build();
  static final Settings.Timing QUICK =
      new Settings.Timing(Duration.ofMillis(5), Duration.ofMillis(50), Duration.ofSeconds(30));

  final FakeMaster master = FakeMaster.start(Duration.ofMillis(200));
  final Notes notes = new Notes();

  @AfterEach
  void close() {
    master.close();
  }

  final MesosSchedulerDriver driver(String where, FrameworkInfo info, boolean implicit) {
    return new MesosSchedulerDriver(
        notes, info, List.of(), where, implicit, Optional.empty(), QUICK);
  }

  final MesosSchedulerDriver driver() {
    return driver(master.address(), INFO, true);
  }

  final String port() {
    return master.address().substring(master.address().indexOf(':') + 1);
  }

  /** Started and registered; its SUBSCRIBE is taken. */
  final MesosSchedulerDriver registered(MesosSchedulerDriver driver) throws Exception {
    assertThat(driver.start()).isEqualTo(Status.DRIVER_RUNNING);
    assertThat(notes.next()).startsWith("registered ");
    var unused = master.next(Call.Type.SUBSCRIBE);
    return driver;
  }

  final MesosSchedulerDriver registered() throws Exception {
    return registered(driver());
  }

  final io.pilothouse.mesos.v1.TaskStatus updates(TaskState state) {
    return master.updates(
        io.pilothouse.mesos.v1.TaskID.newBuilder().setValue("t1").build(),
        AgentID.newBuilder().setValue("a1").build(),
        state);
  }
}
