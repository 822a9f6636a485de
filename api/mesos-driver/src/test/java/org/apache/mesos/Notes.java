package org.apache.mesos;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import org.apache.mesos.Protos.ExecutorID;
import org.apache.mesos.Protos.FrameworkID;
import org.apache.mesos.Protos.MasterInfo;
import org.apache.mesos.Protos.Offer;
import org.apache.mesos.Protos.OfferID;
import org.apache.mesos.Protos.SlaveID;
import org.apache.mesos.Protos.TaskStatus;

/** A framework of old that writes down what it is told, and on which threads. */
final class Notes implements Scheduler {
  final BlockingQueue<String> lines = new LinkedBlockingQueue<>();
  final Set<String> threads = ConcurrentHashMap.newKeySet();
  final BlockingQueue<TaskStatus> statuses = new LinkedBlockingQueue<>();

  /** What it does when it is told of an update. */
  volatile BiConsumer<SchedulerDriver, TaskStatus> onUpdate = (driver, status) -> {};

  private void note(String line) {
    threads.add(Thread.currentThread().getName());
    lines.add(line);
  }

  /** Waits for the next thing that it is told, and returns it. */
  String next() throws InterruptedException {
    String line = lines.poll(30, TimeUnit.SECONDS);
    assertThat(line).as("something is told within 30 s").isNotNull();
    return line;
  }

  void says(String line) throws InterruptedException {
    assertThat(next()).isEqualTo(line);
  }

  @Override
  public void registered(SchedulerDriver driver, FrameworkID id, MasterInfo master) {
    note("registered " + id.getValue() + " at port " + master.getPort());
  }

  @Override
  public void reregistered(SchedulerDriver driver, MasterInfo master) {
    note("reregistered at port " + master.getPort());
  }

  @Override
  public void resourceOffers(SchedulerDriver driver, List<Offer> offers) {
    note("offers " + offers.stream().map(each -> each.getHostname()).toList());
  }

  @Override
  public void offerRescinded(SchedulerDriver driver, OfferID offer) {
    note("rescinded " + offer.getValue());
  }

  @Override
  public void statusUpdate(SchedulerDriver driver, TaskStatus status) {
    statuses.add(status);
    note("update " + status.getTaskId().getValue() + " " + status.getState());
    onUpdate.accept(driver, status);
  }

  @Override
  public void frameworkMessage(
      SchedulerDriver driver, ExecutorID executor, SlaveID agent, byte[] data) {
    note(
        "message %s of %s on %s"
            .formatted(
                new String(data, StandardCharsets.UTF_8), executor.getValue(), agent.getValue()));
  }

  @Override
  public void disconnected(SchedulerDriver driver) {
    note("disconnected");
  }

  @Override
  public void slaveLost(SchedulerDriver driver, SlaveID agent) {
    note("slave lost " + agent.getValue());
  }

  @Override
  public void executorLost(SchedulerDriver driver, ExecutorID executor, SlaveID agent, int status) {
    note("executor lost %s on %s: %d".formatted(executor.getValue(), agent.getValue(), status));
  }

  @Override
  public void error(SchedulerDriver driver, String message) {
    note("error " + message);
  }
}
