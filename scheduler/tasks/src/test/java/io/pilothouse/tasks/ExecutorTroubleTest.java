package io.pilothouse.tasks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pilothouse.mesos.MediaType;
import io.pilothouse.mesos.v1.CommandInfo;
import io.pilothouse.mesos.v1.ContainerInfo;
import io.pilothouse.mesos.v1.ExecutorInfo;
import io.pilothouse.mesos.v1.Resource;
import io.pilothouse.mesos.v1.TaskState;
import io.pilothouse.mesos.v1.TaskStatus;
import io.pilothouse.mesos.v1.TaskStatus.Reason;
import io.pilothouse.mesos.v1.Value;
import io.pilothouse.mesos.v1.executor.Event;
import io.pilothouse.processes.Cgroups;
import io.pilothouse.processes.ProcFs;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileAttribute;
import java.time.Duration;
import java.time.Instant;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Executors that do what they should not: bounded, told why, and nobody else is hurt. */
class ExecutorTroubleTest {
  private static final Duration HOUR = Duration.ofHours(1);

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

  private PlayedExecutor launched(ExecutorInfo.Builder info) throws Exception {
    desk.launches(Desk.inExecutor("t1", info));
    PlayedExecutor executor =
        PlayedExecutor.of(desk, info.getExecutorId().getValue(), MediaType.JSON);
    executor.subscribes();
    executor.hears(Event.Type.SUBSCRIBED);
    executor.hears(Event.Type.LAUNCH);
    return executor;
  }

  @Test
  void whatAnExecutorForkedEndsWithIt() throws Exception {
    ExecutorInfo.Builder info = Desk.executor("e");
    info.getCommandBuilder().setValue("setsid sleep 600 & echo $! >left; " + PlayedExecutor.LINE);
    try (PlayedExecutor executor = launched(info)) {
      long left = Long.parseLong(Files.readString(executor.sandbox.resolve("left")).strip());
      assertThat(ProcFs.startTicks(left)).isPresent();

      executor.exits(0);

      assertThat(desk.until("t1", TaskState.TASK_FAILED).getMessage())
          .isEqualTo("Executor exited with status 0");
      desk.await(() -> ProcFs.startTicks(left).isEmpty());
    }
  }

  @Test
  void anExecutorThatHeedsNoShutdownIsKilled() throws Exception {
    ExecutorInfo.Builder info =
        Desk.executor("e").setShutdownGracePeriod(Desk.duration(Duration.ofMillis(100)));
    info.getCommandBuilder().setValue("trap '' TERM; " + PlayedExecutor.LINE);
    try (PlayedExecutor executor = launched(info)) {
      desk.shutsDownExecutor("e");

      executor.hears(Event.Type.SHUTDOWN);
      assertThat(desk.until("t1", TaskState.TASK_FAILED).getMessage())
          .isEqualTo("Executor terminated with signal Killed");
    }
  }

  @Test
  void aTaskThatMustEndEndsEvenIfItsExecutorDoesNothingAboutIt() throws Exception {
    try (PlayedExecutor executor =
        launched(
            Desk.executor("e").setShutdownGracePeriod(Desk.duration(Duration.ofMillis(100))))) {
      executor.tells("t1", TaskState.TASK_RUNNING);

      desk.drains("t1");

      executor.hears(Event.Type.KILL);
      TaskStatus killed = desk.until("t1", TaskState.TASK_KILLED);
      assertThat(killed.getReason()).isEqualTo(Reason.REASON_AGENT_DRAINING);
      assertThat(killed.getMessage()).startsWith("the machine is taken: ");
    }
  }

  @Test
  void anExecutorThatReadsNothingIsCutOffAndEnded() throws Exception {
    desk.times = new ExecutorTimes(HOUR, Duration.ofMillis(200), HOUR);
    desk.restartsAgent();
    desk.launches(Desk.inExecutor("t1", "e"));
    PlayedExecutor executor = PlayedExecutor.of(desk, "e", MediaType.JSON);
    String[] endpoint = executor.environment.get("MESOS_AGENT_ENDPOINT").split(":", -1);
    String body =
        "{\"type\":\"SUBSCRIBE\",\"subscribe\":{},\"framework_id\":{\"value\":\"f-1\"},"
            + "\"executor_id\":{\"value\":\"e\"}}";
    try (Socket socket = new Socket(endpoint[0], Integer.parseInt(endpoint[1]))) {
      socket
          .getOutputStream()
          .write(
              ("POST /api/v1/executor HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n"
                      + "Authorization: Bearer %s\r\nContent-Length: %d\r\n\r\n%s")
                  .formatted(executor.token, body.length(), body)
                  .getBytes(StandardCharsets.UTF_8));
      desk.await(this::isSent);
      String large = "x".repeat(1 << 20);
      for (int i = 0; i < 30; i++) {
        desk.tells("e", large);
      }

      assertThat(desk.until("t1", TaskState.TASK_FAILED).getReason())
          .isEqualTo(Reason.REASON_EXECUTOR_REREGISTRATION_TIMEOUT);
    }
  }

  private boolean isSent() {
    try (Stream<Path> all = Files.walk(disk.resolve("tasks/meta"))) {
      return all.anyMatch(each -> each.endsWith("sent"));
    } catch (IOException e) {
      return false;
    }
  }

  @Test
  void nonsenseOnThePortHurtsNobody() throws Exception {
    try (PlayedExecutor executor = launched(Desk.executor("e"))) {
      String[] endpoint = executor.environment.get("MESOS_AGENT_ENDPOINT").split(":", -1);
      for (String each :
          new String[] {
            "\0\0\0", "GET", "POST /api/v1/executor HTTP/1.1\r\nContent-Length: x\r\n\r\n"
          }) {
        try (Socket socket = new Socket(endpoint[0], Integer.parseInt(endpoint[1]))) {
          socket.getOutputStream().write((each + "\r\n\r\n").getBytes(StandardCharsets.UTF_8));
        }
      }
      executor.tells("t1", TaskState.TASK_FINISHED);
      desk.until("t1", TaskState.TASK_FINISHED);
    }
  }

  @Test
  void bodiesThatDoNotComeToAnEndAreBoundedInAll() throws Exception {
    try (PlayedExecutor executor = launched(Desk.executor("e"))) {
      String[] endpoint = executor.environment.get("MESOS_AGENT_ENDPOINT").split(":", -1);
      byte[] head =
          "POST /api/v1/executor HTTP/1.1\r\nHost: a\r\nContent-Length: 2000000\r\n\r\n"
              .getBytes(StandardCharsets.UTF_8);
      byte[] most = new byte[1_900_000];
      int cut = 0;
      Socket[] sockets = new Socket[6];
      for (int i = 0; i < sockets.length; i++) {
        sockets[i] = new Socket(endpoint[0], Integer.parseInt(endpoint[1]));
        sockets[i].setSoTimeout(300);
        try {
          sockets[i].getOutputStream().write(head);
          sockets[i].getOutputStream().write(most);
          boolean ends = sockets[i].getInputStream().read() < 0;
          cut += ends ? 1 : 0;
        } catch (SocketTimeoutException e) {
          assertThat(e).as("it waits for the rest").isNotNull();
        } catch (IOException e) {
          cut++; // closed while this was sent
        }
      }
      assertThat(cut).isPositive();
      for (Socket each : sockets) {
        each.close();
      }
      executor.tells("t1", TaskState.TASK_FINISHED);
      desk.until("t1", TaskState.TASK_FINISHED);
    }
  }

  @Test
  void whatAnExecutorCannotBeGivenFailsItsTasksInWords() throws Exception {
    ExecutorInfo.Builder uris = Desk.executor("u");
    uris.getCommandBuilder().addUris(CommandInfo.URI.newBuilder().setValue("hdfs://x/y"));
    desk.launches(Desk.inExecutor("t1", uris));
    desk.launches(
        Desk.inExecutor(
            "t2",
            Desk.executor("c")
                .setContainer(
                    ContainerInfo.newBuilder()
                        .setType(ContainerInfo.Type.MESOS)
                        .setHostname("a b"))));
    ExecutorInfo.Builder user = Desk.executor("w");
    user.getCommandBuilder().setUser("no-such-user");
    desk.launches(Desk.inExecutor("t3", user));

    assertThat(desk.until("t1", TaskState.TASK_FAILED).getMessage())
        .isEqualTo(
            "Failed to launch container: Could not fetch 'hdfs://x/y': this agent fetches http,"
                + " https, file and absolute paths, not hdfs");
    assertThat(desk.until("t2", TaskState.TASK_FAILED).getMessage())
        .startsWith("Failed to launch container: ContainerInfo.hostname (a b) is not served by");
    TaskStatus third = desk.until("t3", TaskState.TASK_FAILED);
    assertThat(third.getReason()).isEqualTo(Reason.REASON_CONTAINER_LAUNCH_FAILED);
    assertThat(third.getMessage()).contains("no-such-user");
  }

  @Test
  void aLaunchThatCannotBeWrittenDownIsNotTakenOn() throws Exception {
    Path meta = disk.resolve("tasks/meta");
    Files.delete(meta);
    Files.createFile(meta);

    assertThatThrownBy(() -> desk.launches(Desk.inExecutor("t1", "e")))
        .isInstanceOf(IOException.class);

    assertThat(desk.remembered()).isZero();
    assertThat(disk.resolve("tasks/executors")).isEmptyDirectory();
    Files.delete(meta);
    Files.createDirectory(meta);
    try (PlayedExecutor executor = launched(Desk.executor("e"))) {
      executor.tells("t1", TaskState.TASK_FINISHED);
      desk.until("t1", TaskState.TASK_FINISHED);
    }
  }

  @Test
  void aRefusalThatCannotBeWrittenDownIsToldLater() throws Exception {
    AtomicBoolean full = new AtomicBoolean();
    desk.clock =
        () -> {
          if (full.get()) {
            inTheWay(Files::createFile); // a status is about to be written down
          }
          return Instant.now();
        };
    desk.restartsAgent();
    full.set(true);
    ExecutorInfo.Builder info = Desk.executor("e");
    info.getContainerBuilder().setType(ContainerInfo.Type.MESOS).setHostname("a b");

    desk.launches(Desk.inExecutor("t1", info));
    desk.round();
    assertThat(desk.states()).isEmpty();
    full.set(false);
    inTheWay(Files::createDirectory);

    assertThat(desk.until("t1", TaskState.TASK_FAILED).getReason())
        .isEqualTo(Reason.REASON_CONTAINER_LAUNCH_FAILED);
    desk.await(() -> desk.remembered() == 0);
  }

  private interface Making {
    Path make(Path path, FileAttribute<?>... attributes) throws IOException;
  }

  /** In the place of the only task's statuses. */
  private void inTheWay(Making making) {
    try (Stream<Path> all = Files.list(disk.resolve("tasks/meta"))) {
      Path updates = all.findFirst().orElseThrow().resolve("updates");
      Files.delete(updates);
      making.make(updates);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  void aPortThatSomebodyHasIsWaitedForWhileExecutorsRun() throws Exception {
    try (PlayedExecutor executor = launched(Desk.executor("e"))) {
      executor.tells("t1", TaskState.TASK_RUNNING);
      int port =
          Integer.parseInt(executor.environment.get("MESOS_AGENT_ENDPOINT").replaceAll(".*:", ""));
      desk.tasks.close();
      try (ServerSocket other = new ServerSocket()) {
        other.bind(
            new InetSocketAddress(InetAddress.getByAddress(new byte[] {127, 0, 0, 1}), port));
        desk.restartsAgent();
        desk.round();
      }
      desk.round();
      executor.hears(Event.Type.UNKNOWN);
      executor.subscribes();
      executor.hears(Event.Type.SUBSCRIBED);
      executor.tells("t1", TaskState.TASK_FINISHED);
      desk.until("t1", TaskState.TASK_FINISHED);
    }
  }

  @Test
  @Tag("system")
  void anExecutorMayUseWhatItAndItsTasksHave() throws Exception {
    String name = "pilothouse-test-" + UUID.randomUUID();
    desk.cgroups = Cgroups.find(Cgroups.MOUNTS, name + "/m");
    desk.restartsAgent();
    ExecutorInfo.Builder info = Desk.executor("e").addResources(memory(64));
    info.getCommandBuilder()
        .setValue(
            "env >env.new; mv env.new env; while [ ! -e go ]; do sleep 0.02; done;"
                + " head -c 300m /dev/zero | tail");
    desk.launches(Desk.inExecutor("t1", info).addResources(memory(32)));
    try (PlayedExecutor executor = PlayedExecutor.of(desk, "e", MediaType.JSON)) {
      executor.subscribes();
      executor.hears(Event.Type.SUBSCRIBED);
      executor.hears(Event.Type.LAUNCH);
      String container = executor.sandbox.getFileName().toString();
      assertThat(limit(name, container)).isEqualTo(96L << 20);
      desk.launches(Desk.inExecutor("t2", info).addResources(memory(16)));
      assertThat(limit(name, container)).isEqualTo(112L << 20);
      executor.hears(Event.Type.LAUNCH);
      executor.tells("t2", TaskState.TASK_FINISHED);
      assertThat(limit(name, container))
          .as("what it has not given back yet would be its end")
          .isEqualTo(112L << 20);

      executor.exits(0);

      TaskStatus hungry = desk.until("t1", TaskState.TASK_FAILED);
      assertThat(hungry.getReason()).isEqualTo(Reason.REASON_CONTAINER_LIMITATION_MEMORY);
      assertThat(hungry.getMessage())
          .isEqualTo("Memory limit exceeded: Requested: 112MB Maximum Used: 112MB");
    }
    desk.cgroups.retain(java.util.Set.of());
  }

  private static Resource.Builder memory(int megabytes) {
    return Resource.newBuilder()
        .setName("mem")
        .setType(Value.Type.SCALAR)
        .setScalar(Value.Scalar.newBuilder().setValue(megabytes));
  }

  private static long limit(String name, String container) throws IOException {
    Path first = Path.of("/sys/fs/cgroup/memory", name, "m", container, "memory.limit_in_bytes");
    Path second = Path.of("/sys/fs/cgroup", name, "m", container, "memory.max");
    return Long.parseLong(Files.readString(Files.exists(first) ? first : second).strip());
  }
}
