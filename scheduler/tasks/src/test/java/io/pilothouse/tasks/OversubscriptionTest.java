package io.pilothouse.tasks;

import static org.assertj.core.api.Assertions.assertThat;

import io.pilothouse.api.v1.AgentMessage;
import io.pilothouse.api.v1.OfferPolicy;
import io.pilothouse.api.v1.OfferedResource;
import io.pilothouse.mesos.MediaType;
import io.pilothouse.mesos.v1.AgentInfo;
import io.pilothouse.mesos.v1.ExecutorInfo;
import io.pilothouse.mesos.v1.Resource;
import io.pilothouse.mesos.v1.TaskState;
import io.pilothouse.mesos.v1.TaskStatus;
import io.pilothouse.mesos.v1.TaskStatus.Reason;
import io.pilothouse.mesos.v1.Value;
import io.pilothouse.mesos.v1.executor.Event;
import io.pilothouse.processes.Cgroups;
import io.pilothouse.tasks.lending.LenderQos;
import io.pilothouse.tasks.lending.Lending;
import io.pilothouse.tasks.lending.SlackEstimator;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What tasks have and do not use is lent, and taken back when they use it. */
@Timeout(60)
class OversubscriptionTest {
  private static final String IDLES = "while [ ! -e go ]; do sleep 0.1; done; ";

  /** On a machine that has other things to do, too. */
  private static final String BURNS =
      "for i in 1 2 3; do (while :; do :; done) & done; while :; do :; done";

  private static final OfferPolicy POLICY =
      OfferPolicy.newBuilder()
          .addResources(OfferedResource.newBuilder().setName("cpus").setMilli(2000))
          .addOversubscribe(OfferedResource.newBuilder().setName("cpus").setMilli(1200))
          .build();

  @TempDir private Path dir;
  private final String groups = "pilothouse-test-" + UUID.randomUUID();
  private Desk desk;

  @BeforeEach
  void start() throws Exception {
    desk = new Desk(dir);
  }

  @AfterEach
  void stop() throws Exception {
    desk.close();
    desk.cgroups.retain(Set.of());
  }

  /** With control groups, and as fast as a test likes it. How busy the machine is, is not asked. */
  private void measures() throws Exception {
    desk.cgroups = Cgroups.find(Cgroups.MOUNTS, groups + "/m");
    desk.lending =
        new Lending(
            new SlackEstimator(new SlackEstimator.Care(Duration.ofSeconds(1), 0.95, 0.2)),
            new LenderQos(new LenderQos.Bounds(Duration.ofMillis(500), 3, 2, 1, 1e6)),
            Duration.ofMillis(50),
            Duration.ZERO);
    restarts();
  }

  private void restarts() throws Exception {
    desk.said.clear();
    desk.restartsAgent();
    desk.tasks.follow(POLICY);
  }

  private static Resource.Builder cpus(double amount) {
    return Resource.newBuilder()
        .setName("cpus")
        .setType(Value.Type.SCALAR)
        .setScalar(Value.Scalar.newBuilder().setValue(amount));
  }

  private static Resource.Builder lent(double amount) {
    return cpus(amount).setRevocable(Resource.RevocableInfo.getDefaultInstance());
  }

  /** As a scheduler has it; -1 before it was told anything. */
  private double told() {
    double last = -1;
    for (AgentMessage each : desk.said) {
      if (each.hasOversubscribed()) {
        last = amount(each.getOversubscribed().getResourcesList());
      }
    }
    return last;
  }

  private static double amount(List<Resource> resources) {
    assertThat(resources).allMatch(Resource::hasRevocable);
    return resources.stream().mapToDouble(each -> each.getScalar().getValue()).sum();
  }

  private List<Resource> registered() {
    return desk.tasks
        .register(AgentInfo.newBuilder().setHostname("web-01").build(), "b", "v")
        .getOversubscribedList();
  }

  /** In the kernel's numbers: 10 of 1024, or 1 of 100. */
  private String weight(String task) throws IOException {
    String container = desk.sandbox(task).getFileName().toString();
    Path first = Path.of("/sys/fs/cgroup/cpu", groups, "m", container, "cpu.shares");
    Path second = Path.of("/sys/fs/cgroup", groups, "m", container, "cpu.weight");
    return Files.readString(Files.exists(first) ? first : second).strip();
  }

  @Test
  void withoutControlGroupsNothingIsLentAndThePageSaysWhy() throws Exception {
    desk.tasks.follow(POLICY);
    desk.launches(Desk.task("t1", IDLES).addResources(cpus(2)));
    desk.until("t1", TaskState.TASK_RUNNING);
    for (int i = 0; i < 5; i++) {
      desk.round();
    }
    assertThat(told()).isLessThanOrEqualTo(0);
    assertThat(registered()).isEmpty();
    assertThat(desk.tasks.describe().get("lent"))
        .isEqualTo(
            Map.of(
                "cpus",
                0.0,
                "nothing_because",
                "without control groups of processors nobody's use is known (cpus not enforced: a"
                    + " machine without)"));
  }

  @Test
  void whereTheTypeDoesNotSaySoNothingOfItIsThere() throws Exception {
    desk.tasks.follow(POLICY.toBuilder().clearOversubscribe().build());
    desk.round();
    assertThat(desk.tasks.describe()).doesNotContainKey("lent");
  }

  @Test
  @Tag("system")
  void whatATaskDoesNotUseIsLentAndTakenBackWhenItDoesAcrossAgents() throws Exception {
    measures();
    desk.launches(Desk.task("t1", IDLES + BURNS).addResources(cpus(2)));
    desk.until("t1", TaskState.TASK_RUNNING);
    desk.await(() -> told() >= 1);
    assertThat(amount(registered())).isBetween(1.0, 1.2);
    desk.launches(Desk.task("r1", BURNS).addResources(lent(1.2)));
    desk.until("r1", TaskState.TASK_RUNNING);
    assertThat(weight("t1")).isIn("2048", "200");
    assertThat(weight("r1")).isIn("10", "1");

    restarts();
    assertThat(registered()).as("it has to look anew").isEmpty();
    desk.await(() -> told() >= 1);
    assertThat(weight("r1")).isIn("10", "1");

    Files.createFile(desk.sandbox("t1").resolve("go"));

    TaskStatus end = desk.until("r1", TaskState.TASK_KILLED);
    assertThat(end.getReason()).isEqualTo(Reason.REASON_CONTAINER_PREEMPTED);
    assertThat(end.getMessage())
        .startsWith("revoked: of 2.0 processors that tasks may have here, ")
        .contains("are used by those that they belong to, and 1.2 were lent: Command terminated");
    desk.await(() -> told() < 1);
    assertThat(desk.states()).doesNotContain("t1 FAILED", "t1 KILLED");
  }

  @Test
  @Tag("system")
  void anExecutorOnWhatIsLentGoesWithItsTasks() throws Exception {
    measures();
    ExecutorInfo.Builder info = Desk.executor("e").addResources(lent(0.2));
    desk.launches(Desk.inExecutor("r1", info).addResources(lent(1.7)));
    try (PlayedExecutor executor = PlayedExecutor.of(desk, "e", MediaType.JSON)) {
      executor.subscribes();
      executor.hears(Event.Type.SUBSCRIBED);
      executor.hears(Event.Type.LAUNCH);
      executor.tells("r1", TaskState.TASK_RUNNING);
      desk.until("r1", TaskState.TASK_RUNNING);

      desk.launches(Desk.task("t1", BURNS).addResources(cpus(2)));

      TaskStatus end = desk.until("r1", TaskState.TASK_KILLED);
      assertThat(end.getReason()).isEqualTo(Reason.REASON_CONTAINER_PREEMPTED);
      executor.hears(Event.Type.ACKNOWLEDGED);
      executor.hears(Event.Type.KILL);
      executor.hears(Event.Type.SHUTDOWN);
    }
  }

  @Test
  @Tag("system")
  void aTaskOnWhatIsLentHasNoMoreThanThatWhateverLimitItNames() throws Exception {
    measures();
    desk.launches(
        Desk.task("r1", IDLES)
            .addResources(lent(0.5))
            .putLimits(
                "cpus", Value.Scalar.newBuilder().setValue(Double.POSITIVE_INFINITY).build()));
    desk.until("r1", TaskState.TASK_RUNNING);
    assertThat(weight("r1")).isIn("10", "1");
  }

  @Test
  @Tag("system")
  void oneThatTakesLongToEndHasTenSeconds() throws Exception {
    measures();
    desk.launches(Desk.task("t1", IDLES + BURNS).addResources(cpus(2)));
    var slow =
        Desk.task("r1", "trap '' TERM; : > deaf; while :; do sleep 0.1; done")
            .addResources(lent(1.9));
    slow.getKillPolicyBuilder().setGracePeriod(Desk.duration(Duration.ofHours(1)));
    desk.launches(slow);
    desk.until("t1", TaskState.TASK_RUNNING);
    desk.until("r1", TaskState.TASK_RUNNING);
    Path deaf = desk.sandbox("r1").resolve("deaf");
    desk.await(() -> Files.exists(deaf));
    Files.createFile(desk.sandbox("t1").resolve("go"));
    TaskStatus end = desk.until("r1", TaskState.TASK_KILLED);
    assertThat(end.getMessage()).endsWith("Command terminated with signal Killed");
  }
}
