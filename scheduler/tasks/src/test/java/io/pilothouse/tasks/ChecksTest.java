package io.pilothouse.tasks;

import static org.assertj.core.api.Assertions.assertThat;

import io.pilothouse.mesos.v1.AgentInfo;
import io.pilothouse.mesos.v1.CheckInfo;
import io.pilothouse.mesos.v1.CheckStatusInfo;
import io.pilothouse.mesos.v1.CommandInfo;
import io.pilothouse.mesos.v1.HealthCheck;
import io.pilothouse.mesos.v1.TaskInfo;
import io.pilothouse.mesos.v1.TaskState;
import io.pilothouse.mesos.v1.TaskStatus;
import io.pilothouse.mesos.v1.TaskStatus.Reason;
import io.pilothouse.mesos.v1.TaskStatus.Source;
import io.pilothouse.processes.ProcFs;
import io.pilothouse.tasks.fetch.Origin;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** How tasks are, as checks find it, and what that leads to. */
class ChecksTest {
  private static final String FOR_LONG = "exec sleep 600";

  @TempDir private Path disk;
  private Desk desk;

  @BeforeEach
  void open() throws Exception {
    desk = new Desk(disk);
  }

  @AfterEach
  void close() throws Exception {
    desk.close();
  }

  private static HealthCheck.Builder health(int failures) {
    return HealthCheck.newBuilder()
        .setDelaySeconds(0)
        .setIntervalSeconds(0.1)
        .setTimeoutSeconds(20)
        .setGracePeriodSeconds(0)
        .setConsecutiveFailures(failures);
  }

  private static HealthCheck.Builder healthBy(String line, int failures) {
    return health(failures)
        .setType(HealthCheck.Type.COMMAND)
        .setCommand(CommandInfo.newBuilder().setValue(line));
  }

  private static CheckInfo.Builder check(CheckInfo.Type type) {
    return CheckInfo.newBuilder()
        .setType(type)
        .setDelaySeconds(0)
        .setIntervalSeconds(0.1)
        .setTimeoutSeconds(20);
  }

  private static TaskInfo.Builder task(HealthCheck.Builder health) {
    return Desk.task("t1", FOR_LONG).setHealthCheck(health);
  }

  private static TaskInfo.Builder task(CheckInfo.Builder check) {
    return Desk.task("t1", FOR_LONG).setCheck(check);
  }

  private static CheckInfo.Builder byCommand(String line) {
    CheckInfo.Builder check = check(CheckInfo.Type.COMMAND);
    check.getCommandBuilder().setCommand(CommandInfo.newBuilder().setValue(line));
    return check;
  }

  private List<TaskStatus> because(Reason reason) {
    return List.copyOf(desk.heard).stream()
        .filter(each -> each.hasReason() && each.getReason() == reason)
        .toList();
  }

  private List<Boolean> healths() {
    return because(Reason.REASON_TASK_HEALTH_CHECK_STATUS_UPDATED).stream()
        .map(TaskStatus::getHealthy)
        .toList();
  }

  private List<CheckStatusInfo> found() {
    return because(Reason.REASON_TASK_CHECK_STATUS_UPDATED).stream()
        .map(TaskStatus::getCheckStatus)
        .toList();
  }

  private boolean looked(int times) {
    try {
      Path looks = desk.sandbox("t1").resolve("looks");
      return Files.exists(looks) && Files.readAllLines(looks).size() >= times;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  void onlyChangesAreTold() throws Exception {
    desk.launches(task(healthBy("echo look >>looks; test ! -e ill", 1000)));

    desk.await(() -> looked(3));
    Path sandbox = desk.sandbox("t1");
    Files.createFile(sandbox.resolve("ill"));
    desk.await(() -> healths().size() == 2);
    desk.await(() -> looked(8));
    Files.delete(sandbox.resolve("ill"));
    desk.await(() -> healths().size() == 3);

    assertThat(healths()).containsExactly(true, false, true);
    TaskStatus ill = because(Reason.REASON_TASK_HEALTH_CHECK_STATUS_UPDATED).get(1);
    assertThat(ill.getState()).isEqualTo(TaskState.TASK_RUNNING);
    assertThat(ill.getSource()).isEqualTo(Source.SOURCE_EXECUTOR);
    assertThat(ill.getMessage()).isEqualTo("Command exited with status 1");
    assertThat(desk.heard.stream().map(TaskStatus::getUuid).distinct())
        .as("each is a status of its own")
        .hasSameSizeAs(desk.heard);
  }

  @Test
  void oneThatIsIllForLongEnoughIsKilled() throws Exception {
    desk.launches(task(healthBy("echo look >>looks; echo no room; exit 7", 3)));

    TaskStatus end = desk.until("t1", TaskState.TASK_KILLED);

    assertThat(end.getHealthy()).isFalse();
    assertThat(end.hasHealthy()).isTrue();
    assertThat(end.getMessage())
        .isEqualTo(
            "Health check failed 3 times consecutively, at last: Command exited with status 7: no"
                + " room: Command terminated with signal Terminated");
    assertThat(healths()).containsExactly(false);
    assertThat(Files.readAllLines(desk.sandbox("t1").resolve("looks")))
        .hasSizeGreaterThanOrEqualTo(3);
  }

  @Test
  void failuresInTheGracePeriodDoNotCountUntilItHasBeenWell() throws Exception {
    desk.launches(task(healthBy("echo look >>looks; test -e well", 1).setGracePeriodSeconds(3600)));
    desk.await(() -> looked(3));
    assertThat(healths()).isEmpty();
    Path well = Files.createFile(desk.sandbox("t1").resolve("well"));
    desk.await(() -> healths().equals(List.of(true)));

    Files.delete(well);

    desk.until("t1", TaskState.TASK_KILLED);
    assertThat(healths()).containsExactly(true, false);
  }

  @Test
  void aCheckThatHangsIsKilledWithAllThatItStarted() throws Exception {
    String line = "setsid sleep 601 & echo $! >child; exec sleep 602";
    desk.launches(task(healthBy(line, 1).setTimeoutSeconds(1)));

    TaskStatus end = desk.until("t1", TaskState.TASK_KILLED);

    assertThat(end.getMessage()).contains("Command timed out after 1.0 secs");
    long child = Long.parseLong(Files.readString(desk.sandbox("t1").resolve("child")).strip());
    assertThat(ProcFs.stat(child)).isEmpty();
  }

  @Test
  void aCheckRunsAsItsTaskDoesAndAFloodOfItIsNoMatter() throws Exception {
    TaskInfo.Builder task = task(healthBy("head -c 3000000 /dev/zero; pwd >where; env >env", 1));
    desk.launches(task);

    desk.await(() -> healths().equals(List.of(true)));

    Path sandbox = desk.sandbox("t1");
    assertThat(sandbox.resolve("where")).hasContent(sandbox.toString());
    assertThat(Files.readAllLines(sandbox.resolve("env")))
        .contains("MESOS_TASK_ID=t1", "GREETING=machine");
  }

  @Test
  void aCheckTellsWhatItsCommandExitsWithAndKillsNothing() throws Exception {
    desk.launches(task(byCommand("echo look >>looks; exit $(cat code)")));
    desk.until("t1", TaskState.TASK_RUNNING);
    Path code = desk.sandbox("t1").resolve("code");
    for (String each : List.of("0", "3", "0")) {
      int before = found().size();
      Files.writeString(desk.sandbox("t1").resolve("code.new"), each);
      Files.move(desk.sandbox("t1").resolve("code.new"), code, StandardCopyOption.REPLACE_EXISTING);
      desk.await(() -> found().size() > before && exit(found().getLast()).equals(each));
    }

    TaskStatus running =
        desk.heard.stream().filter(s -> s.getState() == TaskState.TASK_RUNNING).findFirst().get();
    assertThat(running.getCheckStatus().getType()).isEqualTo(CheckInfo.Type.COMMAND);
    assertThat(running.getCheckStatus().hasCommand()).isTrue();
    assertThat(running.getCheckStatus().getCommand().hasExitCode()).as("none yet").isFalse();
    assertThat(desk.states()).doesNotContain("t1 KILLED", "t1 FAILED");
  }

  private static String exit(CheckStatusInfo status) {
    return Integer.toString(status.getCommand().getExitCode());
  }

  @Test
  void aCheckThatTimesOutHasFoundNothing() throws Exception {
    desk.launches(task(byCommand("test -e hang && sleep 600; true").setTimeoutSeconds(1)));
    desk.await(() -> found().size() == 1);
    Files.createFile(desk.sandbox("t1").resolve("hang"));

    desk.await(() -> found().size() == 2);

    assertThat(found().get(0).getCommand().hasExitCode()).isTrue();
    assertThat(found().get(1).hasCommand()).isTrue();
    assertThat(found().get(1).getCommand().hasExitCode()).isFalse();
  }

  @Test
  void serversAreLookedAtByHttp() throws Exception {
    try (Origin server = new Origin()) {
      AtomicInteger status = new AtomicInteger(200);
      server.answers("/ok", exchange -> exchange.sendResponseHeaders(status.get(), -1));
      server.redirects("/moved", "/ok");
      CheckInfo.Builder check = check(CheckInfo.Type.HTTP);
      check.getHttpBuilder().setPort(server.port()).setPath("/moved");
      HealthCheck.Builder health = health(2).setType(HealthCheck.Type.HTTP);
      health.getHttpBuilder().setPort(server.port()).setPath("/ok");
      desk.launches(task(check).setHealthCheck(health));
      desk.await(() -> healths().equals(List.of(true)) && found().size() == 1);
      assertThat(found().getFirst().getHttp().getStatusCode()).isEqualTo(200);

      status.set(500);

      TaskStatus end = desk.until("t1", TaskState.TASK_KILLED);
      assertThat(end.getMessage()).contains("Unexpected HTTP response code: 500");
      assertThat(healths()).containsExactly(true, false);
      assertThat(end.getCheckStatus().getType())
          .as("what the other check found is not forgotten")
          .isEqualTo(CheckInfo.Type.HTTP);
    }
  }

  @Test
  void portsAreLookedAtByTcp() throws Exception {
    ServerSocket server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    CheckInfo.Builder check = check(CheckInfo.Type.TCP);
    check.getTcpBuilder().setPort(server.getLocalPort());
    HealthCheck.Builder health = health(1).setType(HealthCheck.Type.TCP);
    health.getTcpBuilder().setPort(server.getLocalPort());
    try (server) {
      desk.launches(task(check).setHealthCheck(health));
      desk.await(() -> healths().equals(List.of(true)) && found().size() == 1);
      assertThat(found().getFirst().getTcp().getSucceeded()).isTrue();
    }

    TaskStatus end = desk.until("t1", TaskState.TASK_KILLED);

    assertThat(end.getMessage()).contains("TCP connection failed: 127.0.0.1:");
  }

  @Test
  void theNextAgentGoesOnLooking() throws Exception {
    desk.launches(task(healthBy("echo look >>looks; test ! -e ill", 2)));
    desk.await(() -> healths().equals(List.of(true)));
    desk.restartsAgent();
    Path looks = desk.sandbox("t1").resolve("looks");
    Files.writeString(looks, "");
    desk.await(() -> looked(3));
    assertThat(healths()).as("nothing new").containsExactly(true);

    Files.createFile(desk.sandbox("t1").resolve("ill"));

    desk.until("t1", TaskState.TASK_KILLED);
    assertThat(healths()).containsExactly(true, false);
  }

  @Test
  void oneThatIsBeingKilledIsLookedAtNoMore() throws Exception {
    TaskInfo.Builder task =
        Desk.task("t1", "trap 'echo asked >asked' TERM; while [ ! -e go ]; do sleep 0.02; done")
            .setHealthCheck(healthBy("test ! -e asked", 1));
    desk.launches(task);
    desk.await(() -> healths().equals(List.of(true)));

    desk.kills("t1", Duration.ofMinutes(5));
    Path sandbox = desk.sandbox("t1");
    desk.await(() -> Files.exists(sandbox.resolve("asked")));
    Files.createFile(sandbox.resolve("go"));

    assertThat(desk.until("t1", TaskState.TASK_KILLED).getMessage()).doesNotContain("Health");
    assertThat(healths()).containsExactly(true);
  }

  private int unacknowledged() {
    return desk.tasks
        .register(AgentInfo.newBuilder().setHostname("m").build(), "b", "v")
        .getTasks(0)
        .getUnacknowledged();
  }

  @Test
  void whatTurnsAndTurnsIsKeptOnceWhileNobodyListensAndTheLastIsTold() throws Exception {
    desk.acknowledges = false;
    String turns =
        "echo look >>looks; test -e still && exit 42; n=$(wc -l <looks); exit $((n % 2))";
    desk.launches(
        task(byCommand(turns)).setHealthCheck(healthBy("test $(wc -l <looks) -lt 3", 1000)));
    desk.await(() -> looked(12));

    assertThat(unacknowledged()).as("STARTING, RUNNING, one of each check").isEqualTo(4);
    Path sandbox = desk.sandbox("t1");
    Files.createFile(sandbox.resolve("still"));
    int looks = Files.readAllLines(sandbox.resolve("looks")).size();
    desk.await(() -> looked(looks + 3));
    assertThat(unacknowledged()).isEqualTo(4);
    desk.acknowledges = true;
    desk.acknowledges(desk.heard.getLast());

    desk.await(() -> !found().isEmpty() && exit(found().getLast()).equals("42"));
    desk.await(() -> !healths().isEmpty() && !healths().getLast());
    assertThat(found()).hasSize(2);
    desk.await(() -> unacknowledged() == 0);
  }

  @Test
  void oneThatIsIllIsKilledThoughNobodyHeardThatItWasWell() throws Exception {
    desk.acknowledges = false;
    desk.launches(task(healthBy("echo look >>looks; test ! -e ill", 1)));
    desk.await(() -> looked(3) && unacknowledged() == 3);

    Files.createFile(desk.sandbox("t1").resolve("ill"));
    desk.await(() -> unacknowledged() == 5);
    desk.acknowledges = true;
    desk.acknowledges(desk.heard.getLast());

    assertThat(desk.until("t1", TaskState.TASK_KILLED).getHealthy()).isFalse();
    assertThat(healths()).containsExactly(true, false);
  }

  @Test
  void whatWasNotToldYetIsSaidWithTheEnd() throws Exception {
    desk.acknowledges = false;
    String line = "while [ ! -e go ]; do sleep 0.02; done";
    HealthCheck.Builder health = healthBy("echo look >>looks; test ! -e ill", 1000);
    desk.launches(Desk.task("t1", line).setHealthCheck(health));
    desk.await(() -> looked(3) && unacknowledged() == 3);
    Path sandbox = desk.sandbox("t1");
    Files.createFile(sandbox.resolve("ill"));
    Files.writeString(sandbox.resolve("looks"), "");
    desk.await(() -> looked(3));
    desk.round();
    Files.createFile(sandbox.resolve("go"));
    desk.await(() -> unacknowledged() == 4);
    desk.acknowledges = true;
    desk.acknowledges(desk.heard.getLast());

    assertThat(desk.until("t1", TaskState.TASK_FINISHED).getHealthy()).isFalse();
    assertThat(healths()).containsExactly(true);
  }
}
