package io.pilothouse.tasks;

import static org.assertj.core.api.Assertions.assertThat;

import io.grpc.Channel;
import io.grpc.Server;
import io.grpc.Status;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.StreamObserver;
import io.pilothouse.api.v1.AgentLaunch;
import io.pilothouse.api.v1.AgentMessage;
import io.pilothouse.api.v1.AgentPing;
import io.pilothouse.api.v1.AgentRegistered;
import io.pilothouse.api.v1.SandboxReply;
import io.pilothouse.api.v1.SandboxRequest;
import io.pilothouse.api.v1.SchedulerAgentsGrpc;
import io.pilothouse.api.v1.SchedulerMessage;
import io.pilothouse.client.PeerConnection;
import io.pilothouse.client.ServerAddress;
import io.pilothouse.mesos.v1.AgentInfo;
import io.pilothouse.mesos.v1.TaskState;
import io.pilothouse.tls.Peers;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The stream to a scheduler that the test plays, over a real connection. */
class SchedulerLinkTest {

  /** Hears all, and says what the test has it say. */
  private static final class Scheduler extends SchedulerAgentsGrpc.SchedulerAgentsImplBase {
    final List<AgentMessage> heard = new CopyOnWriteArrayList<>();
    final List<StreamObserver<SchedulerMessage>> streams = new CopyOnWriteArrayList<>();
    final List<Throwable> ends = new CopyOnWriteArrayList<>();
    final Server server;

    Scheduler() throws Exception {
      server =
          NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
              .addService(this)
              .build()
              .start();
    }

    String address() {
      return "127.0.0.1:" + server.getPort();
    }

    @Override
    public StreamObserver<AgentMessage> attach(StreamObserver<SchedulerMessage> out) {
      streams.add(out);
      return new StreamObserver<>() {
        @Override
        public void onNext(AgentMessage message) {
          heard.add(message);
        }

        @Override
        public void onError(Throwable t) {
          ends.add(t);
        }

        @Override
        public void onCompleted() {
          out.onCompleted();
        }
      };
    }

    void says(long token, SchedulerMessage.Builder message) {
      streams.getLast().onNext(message.setToken(token).build());
    }

    void registers(long token) {
      says(
          token,
          SchedulerMessage.newBuilder()
              .setRegistered(AgentRegistered.newBuilder().setScheduler("s").setPingEveryMs(1000)));
    }
  }

  @TempDir private Path disk;
  private Desk desk;
  private Scheduler scheduler;
  private SchedulerLink link;
  private volatile String leads = "";

  @BeforeEach
  void open() throws Exception {
    desk = new Desk(disk);
    desk.tasks.disconnected();
    scheduler = new Scheduler();
    leads = scheduler.address();
    link =
        new SchedulerLink(
            () -> leads,
            SchedulerLinkTest::connect,
            () ->
                desk.tasks.register(
                    AgentInfo.newBuilder().setHostname("web-01").build(), "boot-1", "1"),
            desk.tasks,
            () -> {});
  }

  private static SchedulerLink.Connection connect(String address) {
    PeerConnection to =
        new PeerConnection(
            ServerAddress.parse(address), "machine/web-01", Peers.ANY, Optional.empty());
    return new SchedulerLink.Connection() {
      @Override
      public Channel channel() {
        return to.channel();
      }

      @Override
      public void close() {
        to.close();
      }
    };
  }

  @AfterEach
  void close() throws Exception {
    link.close();
    scheduler.server.shutdownNow().awaitTermination();
    desk.close();
  }

  private void until(BooleanSupplier condition) throws Exception {
    long end = System.nanoTime() + Duration.ofSeconds(20).toNanos();
    while (!condition.getAsBoolean()) {
      assertThat(System.nanoTime() - end).as("waited in vain; " + link.describe()).isNegative();
      link.round();
      desk.tasks.round();
      LockSupport.parkNanos(5_000_000);
    }
  }

  private boolean heard(TaskState state) {
    return scheduler.heard.stream()
        .anyMatch(each -> each.getUpdate().getStatus().getState() == state && each.hasUpdate());
  }

  @Test
  void itRegistersAndDoesWhatItIsTold() throws Exception {
    until(() -> !scheduler.heard.isEmpty());
    AgentMessage first = scheduler.heard.getFirst();
    assertThat(first.getRegister().getAgent().getHostname()).isEqualTo("web-01");
    assertThat(first.getRegister().getAgent().getId().getValue()).startsWith("web-01-");
    assertThat(first.getRegister().getBootId()).isEqualTo("boot-1");

    scheduler.registers(5);
    scheduler.says(5, launch("t1", "sleep 60"));
    scheduler.says(5, SchedulerMessage.newBuilder().setPing(AgentPing.newBuilder().setSequence(9)));

    until(() -> heard(TaskState.TASK_STARTING));
    until(() -> scheduler.heard.stream().anyMatch(each -> each.getPong().getSequence() == 9));
    assertThat(link.describe()).startsWith("registered with s at ");
  }

  @Test
  void whenTheStreamEndsItConnectsAnewAndTellsAllThatWasNotAcknowledged() throws Exception {
    until(() -> !scheduler.heard.isEmpty());
    scheduler.registers(5);
    scheduler.says(5, launch("t1", "sleep 60"));
    until(() -> heard(TaskState.TASK_STARTING));
    scheduler.heard.clear();

    scheduler
        .streams
        .getLast()
        .onError(Status.UNAVAILABLE.withDescription("the lease is not certain").asException());
    until(() -> scheduler.streams.size() == 2 && !scheduler.heard.isEmpty());
    assertThat(scheduler.heard.getFirst().getRegister().getTasks(0).getTask().getName())
        .isEqualTo("t1");
    assertThat(scheduler.heard.getFirst().getRegister().getToken()).isEqualTo(5);
    assertThat(heard(TaskState.TASK_STARTING)).as("before it is registered").isFalse();
    scheduler.registers(6);

    until(() -> heard(TaskState.TASK_STARTING));
  }

  @Test
  void whoLeadsNowIsAskedAtOnceHoweverLongTheOneBeforeHasNotAnswered() throws Exception {
    Scheduler dead = new Scheduler();
    leads = dead.address();
    dead.server.shutdownNow().awaitTermination();
    AtomicInteger ends = new AtomicInteger();
    link =
        new SchedulerLink(
            () -> leads,
            SchedulerLinkTest::connect,
            () ->
                desk.tasks.register(
                    AgentInfo.newBuilder().setHostname("web-01").build(), "boot-1", "1"),
            desk.tasks,
            ends::incrementAndGet);
    until(() -> ends.get() == 5); // by now it pauses for 0.8 s or more

    leads = scheduler.address();
    link.round();

    long end = System.nanoTime() + Duration.ofSeconds(20).toNanos();
    while (scheduler.heard.isEmpty()) {
      assertThat(System.nanoTime() - end).as("one round was not enough").isNegative();
      LockSupport.parkNanos(5_000_000);
    }
    assertThat(scheduler.heard.getFirst().hasRegister()).isTrue();
  }

  @Test
  void aSchedulerWithAnOlderTokenIsNotObeyed() throws Exception {
    assertThat(desk.tasks.obeys(7)).isTrue();
    until(() -> !scheduler.heard.isEmpty());

    scheduler.registers(6);
    scheduler.says(6, launch("t1", "echo never"));

    until(() -> !scheduler.ends.isEmpty());
    assertThat(desk.remembered()).isZero();
    assertThat(link.describe()).contains("its token 6 is older than one seen before");
  }

  @Test
  void itShowsWhatATaskWroteAlsoWhenItIsOver() throws Exception {
    until(() -> !scheduler.heard.isEmpty());
    scheduler.registers(5);
    scheduler.says(5, launch("t1", "echo hi"));
    until(() -> heard(TaskState.TASK_STARTING));
    until(() -> desk.tasks.describe().toString().contains("TASK_FINISHED"));

    scheduler.says(5, look("stdout"));

    until(() -> scheduler.heard.stream().anyMatch(AgentMessage::hasSandbox));
    SandboxReply reply = scheduler.heard.getLast().getSandbox();
    assertThat(reply.getId()).isEqualTo(3);
    assertThat(reply.getData().toStringUtf8()).isEqualTo("hi\n");
  }

  @Test
  void aSchedulerWithAnOlderTokenSeesNothing() throws Exception {
    assertThat(desk.tasks.obeys(7)).isTrue();
    until(() -> !scheduler.heard.isEmpty());

    scheduler.says(6, look("stdout"));

    until(() -> !scheduler.ends.isEmpty());
    assertThat(scheduler.heard).noneMatch(AgentMessage::hasSandbox);
  }

  private static SchedulerMessage.Builder look(String path) {
    return SchedulerMessage.newBuilder()
        .setSandbox(
            SandboxRequest.newBuilder()
                .setId(3)
                .setFrameworkId(Desk.FRAMEWORK)
                .setExecutorId("t1")
                .setPath(path)
                .setLength(100));
  }

  @Test
  void itFollowsWhoLeads() throws Exception {
    until(() -> !scheduler.heard.isEmpty());
    Scheduler other = new Scheduler();
    try {
      leads = other.address();
      until(() -> !other.heard.isEmpty());
      assertThat(other.heard.getFirst().hasRegister()).isTrue();
    } finally {
      other.server.shutdownNow().awaitTermination();
    }
  }

  private static SchedulerMessage.Builder launch(String id, String line) {
    return SchedulerMessage.newBuilder()
        .setLaunch(
            AgentLaunch.newBuilder().setFramework(Desk.framework()).addTasks(Desk.task(id, line)));
  }
}
