package io.pilothouse.framework;

import io.pilothouse.mesos.v1.FrameworkInfo;
import io.pilothouse.mesos.v1.Offer;
import io.pilothouse.mesos.v1.TaskState;
import io.pilothouse.mesos.v1.TaskStatus;
import java.util.List;

/** Runs a command once; again, if it did not finish. */
final class Once implements FrameworkHandler {
  private int tries;
  private boolean waiting = true;

  public static void main(String... schedulers) throws InterruptedException {
    FrameworkInfo me =
        FrameworkInfo.newBuilder().setName("once").setUser("").setFailoverTimeout(60).build();
    FrameworkOptions options = FrameworkOptions.of(List.of(schedulers), me);
    try (Framework framework = Framework.start(options, new Once())) {
      framework.join();
    }
  }

  @Override
  public void offers(Framework framework, List<Offer> offers) {
    for (Offer offer : offers) {
      if (waiting && Tasks.amount(offer, "cpus") >= 1) {
        framework.launch(offer, Tasks.command(offer, "once-" + ++tries, "echo hello", 1, 32));
        waiting = false;
      } else {
        framework.decline(offer, 60);
      }
    }
  }

  @Override
  public void update(Framework framework, TaskStatus status) {
    if (status.getState() == TaskState.TASK_FINISHED) {
      framework.teardown();
    } else if (Tasks.isOver(status.getState())) {
      waiting = true;
      framework.revive();
    }
  }
}
