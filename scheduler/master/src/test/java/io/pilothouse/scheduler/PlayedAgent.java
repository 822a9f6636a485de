package io.pilothouse.scheduler;

import io.grpc.stub.StreamObserver;
import io.pilothouse.api.v1.AgentMessage;
import io.pilothouse.api.v1.RunningTask;
import io.pilothouse.api.v1.SandboxReply;
import io.pilothouse.api.v1.SandboxRequest;
import io.pilothouse.api.v1.SchedulerAgentsGrpc;
import io.pilothouse.api.v1.SchedulerMessage;
import io.pilothouse.client.PeerConnection;
import io.pilothouse.client.ServerAddress;
import io.pilothouse.mesos.v1.TaskState;
import io.pilothouse.tls.Peers;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;

/**
 * The agent a1 of machine m1 on a real stream: it brings a task t1 of framework f1 that runs, and
 * answers looks into sandboxes as the test says.
 */
public final class PlayedAgent implements AutoCloseable {
  private final PeerConnection connection;
  private final BlockingQueue<SchedulerMessage> heard = new LinkedBlockingQueue<>();

  /** What it was asked. */
  public final BlockingQueue<SandboxRequest> looks = new LinkedBlockingQueue<>();

  private final StreamObserver<AgentMessage> out;
  private volatile Function<SandboxRequest, Optional<SandboxReply.Builder>> answer =
      look -> Optional.empty();

  public PlayedAgent(Site site) throws InterruptedException {
    connection =
        new PeerConnection(
            ServerAddress.parse(site.agentsAddress()), "machine/m1", Peers.ANY, Optional.empty());
    out =
        SchedulerAgentsGrpc.newStub(connection.channel())
            .attach(
                new StreamObserver<>() {
                  @Override
                  public void onNext(SchedulerMessage message) {
                    take(message);
                  }

                  @Override
                  public void onError(Throwable failure) {}

                  @Override
                  public void onCompleted() {}
                });
    AgentMessage.Builder register = AgentMessage.newBuilder();
    register.getRegisterBuilder().getAgentBuilder().setHostname("m1").getIdBuilder().setValue("a1");
    register.getRegisterBuilder().addFrameworksBuilder().setUser("u").setName("batch");
    register.getRegisterBuilder().getFrameworksBuilder(0).getIdBuilder().setValue("f1");
    register.getRegisterBuilder().getFrameworksBuilder(0).setFailoverTimeout(600);
    register.getRegisterBuilder().addTasks(task());
    say(register);
    if (heard.poll(20, TimeUnit.SECONDS) == null) {
      throw new IllegalStateException("it was not registered");
    }
    site.settle();
  }

  private static RunningTask task() {
    RunningTask.Builder task = RunningTask.newBuilder();
    task.getFrameworkIdBuilder().setValue("f1");
    task.getTaskBuilder().setName("n").getTaskIdBuilder().setValue("t1");
    task.getTaskBuilder().getAgentIdBuilder().setValue("a1");
    task.getLatestBuilder().setState(TaskState.TASK_RUNNING).getTaskIdBuilder().setValue("t1");
    task.getLatestBuilder().getContainerStatusBuilder().getContainerIdBuilder().setValue("c1");
    return task.build();
  }

  private void take(SchedulerMessage message) {
    if (!message.hasSandbox()) {
      heard.add(message);
      return;
    }
    SandboxRequest look = message.getSandbox();
    looks.add(look);
    answer
        .apply(look)
        .ifPresent(reply -> say(AgentMessage.newBuilder().setSandbox(reply.setId(look.getId()))));
  }

  /** From now on; empty: it is silent. */
  public void answers(Function<SandboxRequest, Optional<SandboxReply.Builder>> how) {
    answer = how;
  }

  public synchronized void say(AgentMessage.Builder message) {
    out.onNext(message.build());
  }

  public SandboxRequest look() throws InterruptedException {
    SandboxRequest look = looks.poll(20, TimeUnit.SECONDS);
    if (look == null) {
      throw new IllegalStateException("nobody looks into a sandbox");
    }
    return look;
  }

  @Override
  public void close() {
    connection.close();
  }
}
