package org.apache.mesos;

import io.pilothouse.driver.Listener;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.apache.mesos.Protos.ExecutorID;
import org.apache.mesos.Protos.FrameworkID;
import org.apache.mesos.Protos.MasterInfo;
import org.apache.mesos.Protos.Offer;
import org.apache.mesos.Protos.OfferID;
import org.apache.mesos.Protos.SlaveID;
import org.apache.mesos.Protos.TaskStatus;

/** Tells a framework's Scheduler, with the classes that the framework brings. */
final class SchedulerListener implements Listener {
  private final SchedulerDriver driver;
  private final Scheduler scheduler;

  SchedulerListener(SchedulerDriver driver, Scheduler scheduler) {
    this.driver = driver;
    this.scheduler = scheduler;
  }

  @Override
  public void registered(byte[] framework, byte[] master) throws IOException {
    scheduler.registered(driver, FrameworkID.parseFrom(framework), MasterInfo.parseFrom(master));
  }

  @Override
  public void reregistered(byte[] master) throws IOException {
    scheduler.reregistered(driver, MasterInfo.parseFrom(master));
  }

  @Override
  public void disconnected() {
    scheduler.disconnected(driver);
  }

  @Override
  public void offers(List<byte[]> offers) throws IOException {
    List<Offer> all = new ArrayList<>();
    for (byte[] each : offers) {
      all.add(Offer.parseFrom(each));
    }
    scheduler.resourceOffers(driver, all);
  }

  @Override
  public void rescinded(byte[] offer) throws IOException {
    scheduler.offerRescinded(driver, OfferID.parseFrom(offer));
  }

  @Override
  public void update(byte[] status) throws IOException {
    scheduler.statusUpdate(driver, TaskStatus.parseFrom(status));
  }

  @Override
  public void message(byte[] executor, byte[] agent, byte[] data) throws IOException {
    scheduler.frameworkMessage(
        driver, ExecutorID.parseFrom(executor), SlaveID.parseFrom(agent), data);
  }

  @Override
  public void agentLost(byte[] agent) throws IOException {
    scheduler.slaveLost(driver, SlaveID.parseFrom(agent));
  }

  @Override
  public void executorLost(byte[] executor, byte[] agent, int status) throws IOException {
    scheduler.executorLost(
        driver, ExecutorID.parseFrom(executor), SlaveID.parseFrom(agent), status);
  }

  @Override
  public void error(String text) {
    scheduler.error(driver, text);
  }
}
