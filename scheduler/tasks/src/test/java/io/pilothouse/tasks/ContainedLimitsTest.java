package io.pilothouse.tasks;

import static org.assertj.core.api.Assertions.assertThat;

import io.pilothouse.mesos.v1.Resource;
import io.pilothouse.mesos.v1.TaskState;
import io.pilothouse.mesos.v1.TaskStatus;
import io.pilothouse.mesos.v1.TaskStatus.Reason;
import io.pilothouse.mesos.v1.Value;
import io.pilothouse.processes.Cgroups;
import java.time.Duration;
import java.util.UUID;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What tasks may use at most holds in containers, too; needs what {@link ContainedTasksTest}. */
@Tag("system")
@Timeout(120)
class ContainedLimitsTest extends ContainedTests {
  private static final int PIDS = 40;

  @BeforeEach
  void onlyRootCanMakeGroups() throws Exception {
    desk.rules = new Rules(PIDS, true, Duration.ofMillis(20));
    desk.cgroups = Cgroups.find(Cgroups.MOUNTS, "pilothouse-test-" + UUID.randomUUID() + "/m");
    desk.restartsAgent();
    assertThat(desk.tasks.describe().get("limits")).as("run by root, with groups").isEqualTo("");
  }

  private static Resource.Builder disk(double megabytes) {
    Resource.Builder resource = Resource.newBuilder().setName("disk").setType(Value.Type.SCALAR);
    resource.getScalarBuilder().setValue(megabytes);
    return resource;
  }

  @Test
  void aTaskThatUsesMoreMemoryThanItHasIsTold() throws Exception {
    desk.launches(task("t1", "head -c 300m /dev/zero | tail").addResources(memory(64)));

    TaskStatus hungry = desk.until("t1", TaskState.TASK_FAILED);

    assertThat(hungry.getReason()).isEqualTo(Reason.REASON_CONTAINER_LIMITATION_MEMORY);
    assertThat(hungry.getMessage())
        .isEqualTo("Memory limit exceeded: Requested: 64MB Maximum Used: 64MB");
    nothingIsLeft();
  }

  @Test
  void whatItWritesOverItsImageCountsAsItsDisk() throws Exception {
    desk.launches(
        task("t1", "head -c 3145728 /dev/zero >/etc/big; while :; do sleep 0.02; done")
            .addResources(disk(2)));

    TaskStatus end = desk.until("t1", TaskState.TASK_FAILED);

    assertThat(end.getReason()).isEqualTo(Reason.REASON_CONTAINER_LIMITATION_DISK);
    assertThat(end.getMessage())
        .startsWith("Disk usage (")
        .endsWith(" exceeds quota (2MB) in %s and over the files of its image".formatted(at("t1")));
    assertThat(end.getLimitation().getResourcesList()).singleElement().isEqualTo(disk(2).build());
    nothingIsLeft();
  }

  @Test
  void whatItWritesInItsSandboxCountsTogetherWithIt() throws Exception {
    String written = "head -c 1572864 /dev/zero >/etc/half; head -c 1572864 /dev/zero >half";
    desk.launches(task("t1", written + "; while :; do sleep 0.02; done").addResources(disk(2)));
    assertThat(desk.until("t1", TaskState.TASK_FAILED).getReason())
        .isEqualTo(Reason.REASON_CONTAINER_LIMITATION_DISK);

    desk.launches(task("t2", written).addResources(disk(8)));
    desk.until("t2", TaskState.TASK_FINISHED);
    nothingIsLeft();
  }

  @Test
  void aForkBombIsItsOwnAffairAndIsTold() throws Exception {
    desk.launches(
        task(
            "bomb",
            "for i in $(seq 200); do sleep 600 2>/dev/null & done; touch up;"
                + " while :; do sleep 0.1; done"));

    assertThat(desk.until("bomb", TaskState.TASK_FAILED).getMessage())
        .startsWith("Command exited with status ")
        .contains("times it was refused another process or thread, having as many as it may");
    nothingIsLeft();
  }

  private String at(String id) throws Exception {
    return desk.sandbox(id).toString();
  }
}
