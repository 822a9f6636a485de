package org.apache.mesos;

import java.util.Collection;
import java.util.List;
import org.apache.mesos.Protos.CommandInfo;
import org.apache.mesos.Protos.ExecutorID;
import org.apache.mesos.Protos.FrameworkID;
import org.apache.mesos.Protos.FrameworkInfo;
import org.apache.mesos.Protos.MasterInfo;
import org.apache.mesos.Protos.Offer;
import org.apache.mesos.Protos.OfferID;
import org.apache.mesos.Protos.SlaveID;
import org.apache.mesos.Protos.TaskID;
import org.apache.mesos.Protos.TaskInfo;
import org.apache.mesos.Protos.TaskState;
import org.apache.mesos.Protos.TaskStatus;

/** A framework that uses what all versions of Mesos' classes have; {@link FlavoursTest} runs it. */
final class OldFramework implements Scheduler {

  private OldFramework() {}

  /**
   * Launches a task and ends with it.
   *
   * @param arguments the master
   */
  @SuppressWarnings("SystemOut") // a program
  public static void main(String... arguments) {
    MesosNativeLibrary.load();
    MesosSchedulerDriver driver =
        new MesosSchedulerDriver(
            new OldFramework(),
            FrameworkInfo.newBuilder().setUser("").setName("old").build(),
            arguments[0]);
    System.out.println("run " + driver.run());
  }

  @Override
  public void registered(SchedulerDriver driver, FrameworkID id, MasterInfo master) {}

  @Override
  public void reregistered(SchedulerDriver driver, MasterInfo master) {}

  @Override
  public void resourceOffers(SchedulerDriver driver, List<Offer> offers) {
    Collection<OfferID> ids = List.of(offers.get(0).getId());
    TaskInfo task =
        TaskInfo.newBuilder()
            .setName("task")
            .setTaskId(TaskID.newBuilder().setValue("t1"))
            .setSlaveId(offers.get(0).getSlaveId())
            .addAllResources(offers.get(0).getResourcesList())
            .setCommand(CommandInfo.newBuilder().setValue("true"))
            .build();
    driver.launchTasks(ids, List.of(task));
  }

  @Override
  public void offerRescinded(SchedulerDriver driver, OfferID offer) {}

  @Override
  public void statusUpdate(SchedulerDriver driver, TaskStatus status) {
    if (status.getState() == TaskState.TASK_FINISHED) {
      driver.stop();
    }
  }

  @Override
  public void frameworkMessage(
      SchedulerDriver driver, ExecutorID executor, SlaveID agent, byte[] data) {}

  @Override
  public void disconnected(SchedulerDriver driver) {}

  @Override
  public void slaveLost(SchedulerDriver driver, SlaveID agent) {}

  @Override
  public void executorLost(
      SchedulerDriver driver, ExecutorID executor, SlaveID agent, int status) {}

  @Override
  @SuppressWarnings("SystemOut")
  public void error(SchedulerDriver driver, String message) {
    System.out.println("error " + message);
  }
}
