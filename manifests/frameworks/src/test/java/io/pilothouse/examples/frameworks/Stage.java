package io.pilothouse.examples.frameworks;

import io.pilothouse.framework.Framework;
import io.pilothouse.framework.FrameworkHandler;
import io.pilothouse.framework.FrameworkOptions;
import io.pilothouse.framework.testing.FakeMaster;
import io.pilothouse.mesos.v1.AgentID;
import io.pilothouse.mesos.v1.Offer;
import io.pilothouse.mesos.v1.TaskInfo;
import io.pilothouse.mesos.v1.TaskState;
import io.pilothouse.mesos.v1.scheduler.Call;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;

/** A framework, a scheduler that does as the test says, and a clock that the test moves. */
public final class Stage implements AutoCloseable, InstantSource {
  public static final Site SITE = new Site(List.of("unused:1"), "*", "");

  public final FakeMaster master = FakeMaster.start();
  public final Framework framework;
  private volatile Instant now = Instant.EPOCH;

  /** Makes the handler, which may look at the clock. */
  public interface Maker {
    FrameworkHandler handler(InstantSource clock);
  }

  public Stage(Maker maker) throws InterruptedException {
    Site site = new Site(List.of(master.address()), "*", "");
    FrameworkOptions options =
        site.options("test")
            .timing(
                new FrameworkOptions.Timing(
                    Duration.ofMillis(5), Duration.ofMillis(50), Duration.ofSeconds(30)));
    framework = Framework.start(options, maker.handler(this));
    subscribes();
  }

  public void subscribes() throws InterruptedException {
    var unused = master.next(Call.Type.SUBSCRIBE);
    while (!framework.isConnected()) {
      Thread.onSpinWait(); // SUBSCRIBED is on its way
    }
  }

  @Override
  public Instant instant() {
    return now;
  }

  public void passes(Duration time) {
    now = now.plus(time);
  }

  /** What is launched next, all of one call. */
  public List<TaskInfo> launched() throws InterruptedException {
    List<TaskInfo> all = new ArrayList<>();
    master
        .next(Call.Type.ACCEPT)
        .getAccept()
        .getOperationsList()
        .forEach(each -> all.addAll(each.getLaunch().getTaskInfosList()));
    return all;
  }

  /** Whatever was said before has been answered when this returns. */
  public void answersAll() throws InterruptedException {
    // nothing fits into it, so it is declined
    Offer small = master.offer("too-small", 0.1, 1);
    master.offers(small);
    while (!master.next(Call.Type.DECLINE).getDecline().getOfferIdsList().contains(small.getId())) {
      // a decline of something before
    }
  }

  public void says(TaskInfo task, TaskState state) {
    var unused = master.updates(task.getTaskId(), task.getAgentId(), state);
  }

  public void says(String task, TaskState state) {
    var unused =
        master.updates(
            io.pilothouse.mesos.v1.TaskID.newBuilder().setValue(task).build(),
            AgentID.newBuilder().setValue("agent-of-m1").build(),
            state);
  }

  @Override
  public void close() {
    framework.close();
    master.close();
  }
}
