package io.pilothouse.framework;

import static org.assertj.core.api.Assertions.assertThat;

import io.pilothouse.framework.testing.FakeMaster;
import io.pilothouse.mesos.v1.Offer;
import io.pilothouse.mesos.v1.TaskInfo;
import io.pilothouse.mesos.v1.TaskState;
import io.pilothouse.mesos.v1.scheduler.Call;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The framework of docs/start/offers.md. */
@Timeout(120)
class DocumentedFrameworkTest {

  @Test
  void thePageHasItAsItIsCompiledHere() throws Exception {
    String page = Files.readString(Path.of("../../docs/start/offers.md"));
    String source = Files.readString(Path.of("src/test/java/io/pilothouse/framework/Once.java"));
    // without its package and imports
    String shown = source.substring(source.indexOf("/** Runs"));
    assertThat(page).contains("```java\n" + shown + "```\n");
  }

  @Test
  void itRunsItsCommandAgainWhenItFailedAndIsDoneWhenItFinished() throws Exception {
    try (FakeMaster master = FakeMaster.start()) {
      Thread main = Thread.ofPlatform().start(() -> run(master.address()));
      var unused = master.next(Call.Type.SUBSCRIBE);
      Offer offer = master.offer("m1", 2, 512);

      master.offers(master.offer("small", 0.5, 512), offer);
      assertThat(master.next(Call.Type.DECLINE).getDecline().getOfferIdsCount()).isEqualTo(1);
      TaskInfo first = launched(master);
      master.updates(first.getTaskId(), first.getAgentId(), TaskState.TASK_LOST);
      var unusedToo = master.next(Call.Type.REVIVE);
      master.offers(master.offer("m2", 2, 512));
      TaskInfo second = launched(master);
      assertThat(second.getTaskId()).isNotEqualTo(first.getTaskId());
      master.updates(second.getTaskId(), second.getAgentId(), TaskState.TASK_FINISHED);

      var unusedThree = master.next(Call.Type.TEARDOWN);
      main.join();
    }
  }

  private static void run(String scheduler) {
    try {
      Once.main(scheduler);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static TaskInfo launched(FakeMaster master) throws InterruptedException {
    return master.next(Call.Type.ACCEPT).getAccept().getOperations(0).getLaunch().getTaskInfos(0);
  }
}
