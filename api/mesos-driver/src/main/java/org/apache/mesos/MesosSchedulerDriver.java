package org.apache.mesos;

import io.pilothouse.driver.Call;
import io.pilothouse.driver.Driver;
import io.pilothouse.driver.Self;
import io.pilothouse.driver.Settings;
import io.pilothouse.driver.Task;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import org.apache.mesos.Protos.Credential;
import org.apache.mesos.Protos.ExecutorID;
import org.apache.mesos.Protos.Filters;
import org.apache.mesos.Protos.FrameworkInfo;
import org.apache.mesos.Protos.Offer;
import org.apache.mesos.Protos.OfferID;
import org.apache.mesos.Protos.Request;
import org.apache.mesos.Protos.SlaveID;
import org.apache.mesos.Protos.Status;
import org.apache.mesos.Protos.TaskID;
import org.apache.mesos.Protos.TaskInfo;
import org.apache.mesos.Protos.TaskStatus;
import org.apache.mesos.scheduler.Protos.OfferConstraints;
import org.jspecify.annotations.Nullable;

/**
 * The driver of Mesos' own name, in Java alone: it speaks the v1 HTTP API with Pilothouse's
 * scheduler. A framework that was written for Mesos' class, which loads libmesos, runs unchanged
 * with this one before it on its class path.
 *
 * <p>What differs from Mesos' class: a call returns when the scheduler has taken it, or has not
 * answered for 30 s, and not before; a Credential is sent as HTTP Basic.
 *
 * <p>Generated messages are used by nothing but {@code toByteArray}, {@code parseFrom} and getters
 * of strings: these are alike in all versions, and name no class of Protocol Buffers.
 */
@SuppressWarnings("deprecation") // what old frameworks call
public class MesosSchedulerDriver implements SchedulerDriver {
  private static final byte[] NONE = {};

  private final Driver driver;

  /** With {@code master} as {@code host:port} or {@code https://host:port}, one or several. */
  public MesosSchedulerDriver(Scheduler scheduler, FrameworkInfo framework, String master) {
    this(scheduler, framework, List.of(), master, true, Optional.empty(), Settings.Timing.USUAL);
  }

  /** With a principal and its secret, as in the scheduler's {@code --framework-credentials}. */
  public MesosSchedulerDriver(
      Scheduler scheduler, FrameworkInfo framework, String master, Credential credential) {
    this(scheduler, framework, master, true, credential);
  }

  /**
   * As the shorter ones.
   *
   * @param implicitAcknowledgements whether an update is acknowledged when {@code statusUpdate} has
   *     returned; else the framework does by {@link #acknowledgeStatusUpdate}
   */
  public MesosSchedulerDriver(
      Scheduler scheduler,
      FrameworkInfo framework,
      String master,
      boolean implicitAcknowledgements) {
    this(scheduler, framework, List.of(), master, implicitAcknowledgements);
  }

  /** All of it. */
  public MesosSchedulerDriver(
      Scheduler scheduler,
      FrameworkInfo framework,
      String master,
      boolean implicitAcknowledgements,
      Credential credential) {
    this(scheduler, framework, List.of(), master, implicitAcknowledgements, credential);
  }

  /** With roles for which it wants no offers yet. */
  public MesosSchedulerDriver(
      Scheduler scheduler,
      FrameworkInfo framework,
      Collection<String> suppressedRoles,
      String master,
      boolean implicitAcknowledgements) {
    this(
        scheduler,
        framework,
        suppressedRoles,
        master,
        implicitAcknowledgements,
        Optional.empty(),
        Settings.Timing.USUAL);
  }

  /** With roles for which it wants no offers yet. */
  public MesosSchedulerDriver(
      Scheduler scheduler,
      FrameworkInfo framework,
      Collection<String> suppressedRoles,
      String master,
      boolean implicitAcknowledgements,
      Credential credential) {
    this(
        scheduler,
        framework,
        suppressedRoles,
        master,
        implicitAcknowledgements,
        Optional.of(Settings.authorization(credential.toByteArray())),
        Settings.Timing.USUAL);
  }

  MesosSchedulerDriver(
      Scheduler scheduler,
      FrameworkInfo framework,
      Collection<String> suppressedRoles,
      String master,
      boolean implicitAcknowledgements,
      Optional<String> authorization,
      Settings.Timing timing) {
    driver =
        new Driver(
            new Settings(master, authorization, implicitAcknowledgements, timing),
            self(framework, suppressedRoles, NONE),
            new SchedulerListener(this, scheduler));
  }

  private static Self self(FrameworkInfo framework, Collection<String> roles, byte[] constraints) {
    String host;
    try {
      host = InetAddress.getLocalHost().getHostName();
    } catch (UnknownHostException e) {
      host = ""; // it is only shown
    }
    return Self.of(
        framework.toByteArray(), roles, constraints, System.getProperty("user.name", ""), host);
  }

  @Override
  public Status start() {
    return Statuses.of(driver.start());
  }

  @Override
  public Status stop(boolean failover) {
    return Statuses.of(driver.stop(failover));
  }

  @Override
  public Status stop() {
    return stop(false);
  }

  @Override
  public Status abort() {
    return Statuses.of(driver.abort());
  }

  @Override
  public Status join() {
    return Statuses.of(driver.join());
  }

  @Override
  public Status run() {
    Status started = start();
    return started == Status.DRIVER_RUNNING ? join() : started;
  }

  @Override
  public Status requestResources(Collection<Request> requests) {
    List<byte[]> all = new ArrayList<>();
    requests.forEach(each -> all.add(each.toByteArray()));
    return Statuses.of(driver.call(Call.request(all)));
  }

  @Override
  public Status launchTasks(
      Collection<OfferID> offers, Collection<TaskInfo> tasks, Filters filters) {
    List<byte[]> all = new ArrayList<>();
    tasks.forEach(each -> all.add(each.toByteArray()));
    return accept(offers, List.of(Call.launch(all)), filters);
  }

  @Override
  public Status launchTasks(Collection<OfferID> offers, Collection<TaskInfo> tasks) {
    return launchTasks(offers, tasks, Filters.getDefaultInstance());
  }

  @Override
  public Status launchTasks(OfferID offer, Collection<TaskInfo> tasks, Filters filters) {
    return launchTasks(List.of(offer), tasks, filters);
  }

  @Override
  public Status launchTasks(OfferID offer, Collection<TaskInfo> tasks) {
    return launchTasks(List.of(offer), tasks);
  }

  @Override
  public Status acceptOffers(
      Collection<OfferID> offers, Collection<Offer.Operation> operations, Filters filters) {
    return accept(offers, Operations.bytes(operations), filters);
  }

  private Status accept(Collection<OfferID> offers, List<byte[]> operations, Filters filters) {
    return Statuses.of(driver.accept(Call.accept(ids(offers), operations, filters.toByteArray())));
  }

  /** Apart, as the class is not there before Mesos 0.23. */
  private static final class Operations {
    static List<byte[]> bytes(Collection<Offer.Operation> operations) {
      List<byte[]> all = new ArrayList<>();
      for (Offer.Operation each : operations) {
        all.add(each.toByteArray());
      }
      return all;
    }
  }

  private static List<byte[]> ids(Collection<OfferID> offers) {
    List<byte[]> all = new ArrayList<>();
    offers.forEach(each -> all.add(each.toByteArray()));
    return all;
  }

  @Override
  public Status killTask(TaskID task) {
    return Statuses.of(driver.call(Call.kill(task.toByteArray())));
  }

  @Override
  public Status declineOffer(OfferID offer, Filters filters) {
    return Statuses.of(driver.call(Call.decline(ids(List.of(offer)), filters.toByteArray())));
  }

  @Override
  public Status declineOffer(OfferID offer) {
    return declineOffer(offer, Filters.getDefaultInstance());
  }

  @Override
  public Status reviveOffers() {
    return reviveOffers(List.of());
  }

  @Override
  public Status reviveOffers(Collection<String> roles) {
    return Statuses.of(driver.call(Call.revive(roles)));
  }

  @Override
  public Status suppressOffers() {
    return suppressOffers(List.of());
  }

  @Override
  public Status suppressOffers(Collection<String> roles) {
    return Statuses.of(driver.call(Call.suppress(roles)));
  }

  /**
   * Acknowledges an update.
   *
   * @throws IllegalStateException the driver acknowledges by itself
   */
  @Override
  public Status acknowledgeStatusUpdate(TaskStatus status) {
    return Statuses.of(driver.acknowledge(status.toByteArray()));
  }

  @Override
  public Status sendFrameworkMessage(ExecutorID executor, SlaveID agent, byte[] data) {
    return Statuses.of(
        driver.call(Call.message(agent.toByteArray(), executor.toByteArray(), data.clone())));
  }

  @Override
  public Status reconcileTasks(Collection<TaskStatus> statuses) {
    List<Task> tasks = new ArrayList<>();
    statuses.forEach(
        each ->
            tasks.add(
                new Task(
                    each.getTaskId().toByteArray(),
                    each.hasSlaveId() ? each.getSlaveId().toByteArray() : NONE)));
    return Statuses.of(driver.call(Call.reconcile(tasks)));
  }

  @Override
  public Status updateFramework(FrameworkInfo framework, Collection<String> suppressedRoles) {
    return Statuses.of(driver.update(self(framework, suppressedRoles, NONE)));
  }

  @Override
  public Status updateFramework(
      FrameworkInfo framework,
      Collection<String> suppressedRoles,
      @Nullable OfferConstraints constraints) {
    byte[] bytes = constraints == null ? NONE : constraints.toByteArray();
    return Statuses.of(driver.update(self(framework, suppressedRoles, bytes)));
  }
}
