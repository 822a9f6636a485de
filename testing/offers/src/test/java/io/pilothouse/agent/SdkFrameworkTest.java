package io.pilothouse.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pilothouse.framework.EndedException;
import io.pilothouse.framework.Framework;
import io.pilothouse.framework.FrameworkHandler;
import io.pilothouse.framework.FrameworkOptions;
import io.pilothouse.framework.RefusedException;
import io.pilothouse.framework.Tasks;
import io.pilothouse.mesos.v1.FrameworkInfo;
import io.pilothouse.mesos.v1.Offer;
import io.pilothouse.mesos.v1.TaskStatus;
import io.pilothouse.mesos.v1.scheduler.Event;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A framework on the SDK (api/framework) runs commands on the fleet, through a restart. */
@Timeout(180)
class SdkFrameworkTest {
  private static final FrameworkInfo INFO =
      FrameworkInfo.newBuilder().setUser("").setName("sdk").setFailoverTimeout(60).build();

  @TempDir private static Path dir;
  private static OfferedSite site;

  @BeforeAll
  static void start() throws Exception {
    site = new OfferedSite(dir);
  }

  @AfterAll
  static void stop() throws Exception {
    if (site != null) {
      site.close();
    }
  }

  private static FrameworkOptions options(String secret) throws Exception {
    // the first does not listen
    return FrameworkOptions.of(List.of(OfferedFleet.free().toString(), site.api), INFO)
        .credentials(OfferedSite.PRINCIPAL, secret);
  }

  /** Launches what waits, and writes down the rest. */
  private static final class Launcher implements FrameworkHandler {
    final Deque<String> commands = new ArrayDeque<>();
    final BlockingQueue<String> told = new LinkedBlockingQueue<>();

    void launches(Framework framework, String line) {
      synchronized (commands) {
        commands.add(line);
      }
      framework.revive();
    }

    @Override
    public void offers(Framework framework, List<Offer> offers) {
      for (Offer offer : offers) {
        String line;
        synchronized (commands) {
          line = commands.poll();
        }
        if (line == null) {
          framework.decline(offer, 600);
        } else {
          String id = line.substring(0, line.indexOf(' '));
          String command = line.substring(line.indexOf(' ') + 1);
          framework.launch(offer, Tasks.command(offer, id, command, 0.5, 64));
        }
      }
    }

    @Override
    public void update(Framework framework, TaskStatus status) {
      told.add(status.getTaskId().getValue() + " " + status.getState());
    }

    @Override
    public void subscribed(Framework framework, Event.Subscribed subscribed) {
      told.add("subscribed " + subscribed.getFrameworkId().getValue());
    }

    @Override
    public void disconnected(Framework framework, String why) {
      told.add("disconnected");
    }

    /** Waits for it; what is said before, such as STARTING, is passed over. */
    void says(String line) throws InterruptedException {
      long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
      String last = "nothing";
      while (!last.equals(line)) {
        String next = told.poll(end - System.nanoTime(), TimeUnit.NANOSECONDS);
        assertThat(next).as("'%s' within 60 s; the last was '%s'", line, last).isNotNull();
        last = next;
      }
    }
  }

  @Test
  void itRunsCommandsAndComesBackWithItsIdWhenTheSchedulerRestarts() throws Exception {
    Launcher launcher = new Launcher();
    BlockingQueue<String> kept = new LinkedBlockingQueue<>();
    try (Framework framework =
        Framework.start(
            options(OfferedSite.SECRET).keepingId(id -> kept.add(id.getValue())), launcher)) {
      String id = kept.poll(60, TimeUnit.SECONDS);
      launcher.says("subscribed " + id);

      launcher.launches(framework, "t1 echo hi");
      launcher.says("t1 TASK_FINISHED");
      assertThat(site.output(id, "t1")).isEqualTo("hi\n");

      launcher.launches(framework, "t2 while [ ! -e go ]; do sleep 0.05; done; echo went");
      launcher.says("t2 TASK_RUNNING");
      site.restartsScheduler();
      launcher.says("disconnected");
      launcher.says("subscribed " + id);
      Files.createFile(site.sandbox(id, "t2").resolve("go"));
      launcher.says("t2 TASK_FINISHED");
      assertThat(site.output(id, "t2")).isEqualTo("went\n");

      launcher.launches(framework, "t3 echo after");
      launcher.says("t3 TASK_FINISHED");
      framework.teardown();
      framework.join();
      site.hasForgotten(id);
    }
  }

  @Test
  void aWrongSecretIsToldAsSuch() throws Exception {
    try (Framework framework = Framework.start(options("guess"), new Launcher())) {
      assertThatThrownBy(framework::join)
          .isInstanceOf(EndedException.class)
          .hasCauseInstanceOf(RefusedException.class)
          .hasMessageContaining("status 401");
    }
  }
}
