package org.apache.mesos;

import io.pilothouse.driver.ExecutorListener;
import java.io.IOException;
import org.apache.mesos.Protos.ExecutorInfo;
import org.apache.mesos.Protos.FrameworkInfo;
import org.apache.mesos.Protos.SlaveInfo;
import org.apache.mesos.Protos.TaskID;
import org.apache.mesos.Protos.TaskInfo;

/** Tells a framework's Executor, with the classes that the framework brings. */
final class ExecutorTeller implements ExecutorListener {
  private final ExecutorDriver driver;
  private final Executor executor;

  ExecutorTeller(ExecutorDriver driver, Executor executor) {
    this.driver = driver;
    this.executor = executor;
  }

  @Override
  public void registered(byte[] info, byte[] framework, byte[] agent) throws IOException {
    executor.registered(
        driver,
        ExecutorInfo.parseFrom(info),
        FrameworkInfo.parseFrom(framework),
        SlaveInfo.parseFrom(agent));
  }

  @Override
  public void reregistered(byte[] agent) throws IOException {
    executor.reregistered(driver, SlaveInfo.parseFrom(agent));
  }

  @Override
  public void disconnected() {
    executor.disconnected(driver);
  }

  @Override
  public void launch(byte[] task) throws IOException {
    executor.launchTask(driver, TaskInfo.parseFrom(task));
  }

  @Override
  public void kill(byte[] task) throws IOException {
    executor.killTask(driver, TaskID.parseFrom(task));
  }

  @Override
  public void message(byte[] data) {
    executor.frameworkMessage(driver, data);
  }

  @Override
  public void shutdown() {
    executor.shutdown(driver);
  }

  @Override
  public void error(String text) {
    executor.error(driver, text);
  }
}
