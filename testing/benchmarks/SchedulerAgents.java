import com.google.protobuf.ByteString;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.pilothouse.api.v1.AgentLaunch;
import io.pilothouse.api.v1.AgentMessage;
import io.pilothouse.api.v1.AgentPong;
import io.pilothouse.api.v1.AgentRegister;
import io.pilothouse.api.v1.AgentUpdate;
import io.pilothouse.api.v1.RunningTask;
import io.pilothouse.api.v1.SchedulerAgentsGrpc;
import io.pilothouse.api.v1.SchedulerMessage;
import io.pilothouse.mesos.v1.AgentID;
import io.pilothouse.mesos.v1.AgentInfo;
import io.pilothouse.mesos.v1.FrameworkID;
import io.pilothouse.mesos.v1.FrameworkInfo;
import io.pilothouse.mesos.v1.TaskInfo;
import io.pilothouse.mesos.v1.TaskState;
import io.pilothouse.mesos.v1.TaskStatus;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The agents of a fleet: each has a stream of its own, many on a connection, registers with what it
 * runs, keeps statuses until they are acknowledged, and runs tasks by letting their time pass.
 */
final class SchedulerAgents {
  private static final int STREAMS_EACH_CHANNEL = 500;
  private static final long AGAIN_NANOS = TimeUnit.SECONDS.toNanos(10);
  private static final Metadata.Key<String> PRINCIPAL =
      Metadata.Key.of("pilot-principal", Metadata.ASCII_STRING_MARSHALLER);

  private final ScheduledExecutorService time;
  private final List<Agent> agents = new ArrayList<>();
  private final Map<String, List<ManagedChannel>> channels = new LinkedHashMap<>();
  private final AtomicInteger registered = new AtomicInteger();
  private final AtomicInteger running = new AtomicInteger();
  private final AtomicLong numbers = new AtomicLong();
  final AtomicLong updates = new AtomicLong();
  final AtomicLong again = new AtomicLong();
  private volatile String leader = "";

  SchedulerAgents(int count, ScheduledExecutorService time) {
    this.time = time;
    for (int i = 0; i < count; i++) {
      agents.add(new Agent(i));
    }
    time.scheduleWithFixedDelay(
        () -> agents.forEach(Agent::sendAgain), 2, 2, TimeUnit.SECONDS);
  }

  int registered() {
    return registered.get();
  }

  /** Tasks that have not ended. */
  int running() {
    return running.get();
  }

  /** Another scheduler leads, at this address: the Device Manager's news reach all at once. */
  void follow(String address) {
    leader = address;
    agents.forEach(
        each -> {
          each.pauseMs = 0;
          each.attach(address);
        });
  }

  private synchronized ManagedChannel channel(String address, int agent) {
    List<ManagedChannel> all = channels.computeIfAbsent(address, a -> new ArrayList<>());
    while (all.size() <= agent / STREAMS_EACH_CHANNEL) {
      all.add(
          NettyChannelBuilder.forTarget("dns:///" + address)
              .usePlaintext()
              .directExecutor()
              .disableRetry()
              .maxInboundMessageSize(16 << 20)
              .build());
    }
    return all.get(agent / STREAMS_EACH_CHANNEL);
  }

  private final class Running {
    final FrameworkInfo framework;
    final TaskInfo task;
    boolean ended;
    TaskState end = TaskState.TASK_FINISHED;
    TaskStatus said;
    TaskStatus latest;
    long saidAt;
    long againNanos = AGAIN_NANOS;

    Running(FrameworkInfo framework, TaskInfo task) {
      this.framework = framework;
      this.task = task;
    }

    FrameworkID frameworkId() {
      return framework.getId();
    }
  }

  private final class Agent {
    final int number;
    final AgentID id;
    final Map<String, Running> tasks = new LinkedHashMap<>();
    ClientCall<AgentMessage, SchedulerMessage> call;
    boolean isRegistered;
    long pauseMs;

    Agent(int number) {
      this.number = number;
      this.id = AgentID.newBuilder().setValue("agent-" + number).build();
    }

    synchronized void attach(String address) {
      if (!address.equals(leader)) {
        return;
      }
      gone();
      if (call != null) {
        call.cancel("another scheduler leads", null);
      }
      ClientCall<AgentMessage, SchedulerMessage> fresh =
          channel(address, number)
              .newCall(SchedulerAgentsGrpc.getAttachMethod(), CallOptions.DEFAULT);
      call = fresh;
      Metadata headers = new Metadata();
      headers.put(PRINCIPAL, "machine/" + SchedulerDm.machine(number));
      fresh.start(
          new ClientCall.Listener<SchedulerMessage>() {
            @Override
            public void onMessage(SchedulerMessage message) {
              take(fresh, message);
              fresh.request(1);
            }

            @Override
            public void onClose(Status status, Metadata trailers) {
              closed(fresh, address);
            }
          },
          headers);
      fresh.request(1);
      fresh.sendMessage(AgentMessage.newBuilder().setRegister(register()).build());
    }

    private void gone() {
      if (isRegistered) {
        isRegistered = false;
        registered.decrementAndGet();
      }
    }

    /** As agents do, ever more seldom; until the lease has moved nobody is there. */
    private synchronized void closed(ClientCall<?, ?> ended, String address) {
      if (call == ended) {
        gone();
        call = null;
        pauseMs = Math.min(5_000, Math.max(100, 2 * pauseMs));
        time.schedule(
            () -> attach(address),
            pauseMs / 2 + ThreadLocalRandom.current().nextLong(pauseMs / 2),
            TimeUnit.MILLISECONDS);
      }
    }

    private AgentRegister register() {
      AgentRegister.Builder all =
          AgentRegister.newBuilder()
              .setAgent(
                  AgentInfo.newBuilder()
                      .setHostname(SchedulerDm.machine(number))
                      .setPort(1)
                      .setId(id))
              .setBootId("disk")
              .setVersion("benchmark");
      Map<String, FrameworkInfo> frameworks = new LinkedHashMap<>();
      for (Running each : tasks.values()) {
        frameworks.put(each.frameworkId().getValue(), each.framework);
        RunningTask.Builder task =
            RunningTask.newBuilder().setFrameworkId(each.frameworkId()).setTask(each.task);
        if (each.latest != null) {
          task.setLatest(each.latest).setUnacknowledged(each.said == null ? 0 : 1);
        }
        all.addTasks(task);
      }
      return all.addAllFrameworks(frameworks.values()).build();
    }

    private synchronized void take(ClientCall<?, ?> from, SchedulerMessage message) {
      if (call != from) {
        return;
      }
      switch (message.getKindCase()) {
        case REGISTERED -> {
          if (!isRegistered) {
            isRegistered = true;
            pauseMs = 0;
            registered.incrementAndGet();
          }
          tasks.values().stream().filter(each -> each.said != null).forEach(this::send);
        }
        case LAUNCH -> launch(message.getLaunch());
        case ACKNOWLEDGE -> {
          Running task = tasks.get(message.getAcknowledge().getTaskId().getValue());
          if (task != null
              && task.said != null
              && task.said.getUuid().equals(message.getAcknowledge().getUuid())) {
            acknowledged(task);
          }
        }
        case KILL -> {
          Running task = tasks.get(message.getKill().getTaskId().getValue());
          if (task != null) {
            end(task, TaskState.TASK_KILLED);
          }
        }
        case SHUTDOWN_FRAMEWORK ->
            List.copyOf(tasks.values()).stream()
                .filter(
                    each ->
                        each.frameworkId()
                            .equals(message.getShutdownFramework().getFrameworkId()))
                .forEach(this::endUnheard);
        case PING ->
            call.sendMessage(
                AgentMessage.newBuilder()
                    .setPong(AgentPong.newBuilder().setSequence(message.getPing().getSequence()))
                    .build());
        default -> {}
      }
    }

    private void launch(AgentLaunch launch) {
      for (TaskInfo each : launch.getTasksList()) {
        Running task = new Running(launch.getFramework(), each);
        if (tasks.putIfAbsent(each.getTaskId().getValue(), task) == null) {
          running.incrementAndGet();
          say(task, TaskState.TASK_RUNNING);
          time.schedule(
              () -> end(task, TaskState.TASK_FINISHED),
              SchedulerFramework.millis(each),
              TimeUnit.MILLISECONDS);
        }
      }
    }

    /** The scheduler is told; nobody acknowledges. */
    private void endUnheard(Running task) {
      if (!task.ended) {
        task.ended = true;
        task.end = TaskState.TASK_KILLED;
        running.decrementAndGet();
      }
      say(task, task.end);
      tasks.remove(task.task.getTaskId().getValue());
    }

    private synchronized void end(Running task, TaskState state) {
      if (!task.ended) {
        task.ended = true;
        task.end = state;
        running.decrementAndGet();
        if (task.said == null) {
          say(task, state);
        }
      }
    }

    /** One status at a time, in order. */
    private void acknowledged(Running task) {
      boolean over = task.said.getState() != TaskState.TASK_RUNNING;
      task.said = null;
      if (over) {
        tasks.remove(task.task.getTaskId().getValue());
      } else if (task.ended) {
        say(task, task.end);
      }
    }

    private void say(Running task, TaskState state) {
      ByteBuffer uuid = ByteBuffer.allocate(16).putLong(number).putLong(numbers.incrementAndGet());
      task.againNanos = AGAIN_NANOS;
      task.said =
          TaskStatus.newBuilder()
              .setTaskId(task.task.getTaskId())
              .setState(state)
              .setSource(TaskStatus.Source.SOURCE_EXECUTOR)
              .setAgentId(id)
              .setTimestamp(System.currentTimeMillis() / 1e3)
              .setUuid(ByteString.copyFrom(uuid.flip()))
              .build();
      task.latest = task.said;
      send(task);
    }

    private void send(Running task) {
      task.saidAt = System.nanoTime();
      if (call != null && isRegistered) {
        updates.incrementAndGet();
        call.sendMessage(
            AgentMessage.newBuilder()
                .setUpdate(
                    AgentUpdate.newBuilder()
                        .setFrameworkId(task.frameworkId())
                        .setStatus(task.said)
                        .setLatestState(
                            (task.ended ? task.end : TaskState.TASK_RUNNING).getNumber()))
                .build());
      }
    }

    private synchronized void sendAgain() {
      long now = System.nanoTime();
      for (Running each : tasks.values()) {
        if (each.said != null && now - each.saidAt > each.againNanos && isRegistered) {
          each.againNanos *= 2;
          again.incrementAndGet();
          send(each);
        }
      }
    }
  }
}
