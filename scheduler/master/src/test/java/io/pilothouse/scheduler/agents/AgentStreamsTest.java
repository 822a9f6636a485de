package io.pilothouse.scheduler.agents;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.MetadataUtils;
import io.grpc.stub.StreamObserver;
import io.pilothouse.api.v1.AgentMessage;
import io.pilothouse.api.v1.ReadOffersReply;
import io.pilothouse.api.v1.SchedulerAgentsGrpc;
import io.pilothouse.api.v1.SchedulerMessage;
import io.pilothouse.client.ServerAddress;
import io.pilothouse.kit.ProgramException;
import io.pilothouse.mesos.v1.MasterInfo;
import io.pilothouse.scheduler.Site;
import io.pilothouse.scheduler.allocator.Allocator;
import io.pilothouse.scheduler.allocator.Options;
import io.pilothouse.scheduler.core.AgentLink;
import io.pilothouse.scheduler.core.Core;
import io.pilothouse.scheduler.core.CoreOptions;
import io.pilothouse.scheduler.core.Outbox;
import io.pilothouse.scheduler.core.Write;
import io.pilothouse.scheduler.loop.Leadership;
import io.pilothouse.scheduler.loop.Loop;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Agents' streams over a real port. */
class AgentStreamsTest {
  private final AtomicReference<Optional<Long>> token = new AtomicReference<>(Optional.of(7L));
  private final AtomicReference<AgentStreams> served = new AtomicReference<>();
  private final Loop loop = new Loop(System::currentTimeMillis, () -> served.get().endAll());
  private final AgentStreams streams = new AgentStreams(loop, token::get);
  private final AgentPort port =
      new AgentPort(
          new ServerAddress("127.0.0.1", 0),
          Optional.empty(),
          streams,
          new Queries(loop, streams.sandboxes(), Site.everybody()));
  private final ManagedChannel channel =
      NettyChannelBuilder.forAddress("127.0.0.1", port.port()).usePlaintext().build();

  /** What the scheduler says, and at last why the stream ended. */
  private final BlockingQueue<SchedulerMessage> heard = new LinkedBlockingQueue<>();

  private final BlockingQueue<Status> ended = new LinkedBlockingQueue<>();

  @BeforeEach
  void lead() {
    served.set(streams);
    loop.lead(
        () -> true,
        now ->
            new Core(
                CoreOptions.of(MasterInfo.newBuilder().setId("m").setIp(0).setPort(5050).build()),
                Allocator.create(Options.DEFAULT),
                new ToAgents(streams),
                ReadOffersReply.getDefaultInstance(),
                now),
        (core, now) -> {});
  }

  @AfterEach
  void close() {
    channel.shutdownNow();
    port.close();
    loop.close();
  }

  private record ToAgents(AgentStreams agents) implements Outbox {
    @Override
    public void event(String stream, io.pilothouse.mesos.v1.scheduler.Event event) {}

    @Override
    public void endStream(String stream) {}

    @Override
    public void toAgent(AgentLink link, SchedulerMessage message) {
      agents.send(link, message);
    }

    @Override
    public void endAgent(AgentLink link, String why) {
      agents.end(link, why);
    }

    @Override
    public void write(long number, Write what) {}

    @Override
    public boolean operatorsListen() {
      return false;
    }

    @Override
    public void toOperators(io.pilothouse.mesos.v1.master.Event event) {}
  }

  private StreamObserver<AgentMessage> attach(String principal) {
    Metadata headers = new Metadata();
    headers.put(Metadata.Key.of("pilot-principal", Metadata.ASCII_STRING_MARSHALLER), principal);
    return SchedulerAgentsGrpc.newStub(channel)
        .withInterceptors(MetadataUtils.newAttachHeadersInterceptor(headers))
        .attach(
            new StreamObserver<>() {
              @Override
              public void onNext(SchedulerMessage message) {
                heard.add(message);
              }

              @Override
              public void onError(Throwable failure) {
                ended.add(Status.fromThrowable(failure));
              }

              @Override
              public void onCompleted() {
                ended.add(Status.OK);
              }
            });
  }

  private static AgentMessage register(String machine) {
    AgentMessage.Builder message = AgentMessage.newBuilder();
    message
        .getRegisterBuilder()
        .getAgentBuilder()
        .setHostname(machine)
        .getIdBuilder()
        .setValue("a");
    return message.build();
  }

  private <T> T next(BlockingQueue<T> of) throws InterruptedException {
    T next = of.poll(20, TimeUnit.SECONDS);
    if (next == null) {
      throw new AssertionError("nothing in time; heard " + heard + ", ended " + ended);
    }
    return next;
  }

  private boolean active() throws InterruptedException {
    BlockingQueue<Boolean> answer = new LinkedBlockingQueue<>();
    loop.submit(
        (core, now) ->
            answer.add(
                core.picture().agents().getAgentsList().stream()
                    .anyMatch(agent -> agent.getActive())));
    return next(answer);
  }

  @Test
  void anAgentIsGreetedUnderTheLeasesToken() throws Exception {
    attach("machine/m1").onNext(register("m1"));
    SchedulerMessage first = next(heard);
    assertThat(first.getToken()).isEqualTo(7);
    assertThat(first.getRegistered().getScheduler()).isEqualTo("m");
    assertThat(active()).isTrue();
  }

  @Test
  void anAgentWhoseStreamEndsIsKnownToBeAway() throws Exception {
    StreamObserver<AgentMessage> agent = attach("machine/m1");
    agent.onNext(register("m1"));
    next(heard);
    agent.onCompleted();
    assertThat(next(ended)).isEqualTo(Status.OK);
    assertThat(active()).isFalse();
    assertThat(streams.open()).isZero();
  }

  @Test
  void anAgentRegistersNoOtherMachine() throws Exception {
    attach("machine/m1").onNext(register("m2"));
    Status status = next(ended);
    assertThat(status.getCode()).isEqualTo(Status.Code.PERMISSION_DENIED);
    assertThat(status.getDescription()).contains("machine 'm1' registers as 'm2'");
  }

  @Test
  void whoIsNoMachineDoesNotAttach() throws Exception {
    attach("operator/ann");
    assertThat(next(ended).getCode()).isEqualTo(Status.Code.PERMISSION_DENIED);
  }

  @Test
  void whoIsAboutToLeadKeepsAgentsUntilItDoes() throws Exception {
    loop.stop(new Leadership.Standby(Optional.empty())); // with its lease
    attach("machine/m1").onNext(register("m1"));
    lead();
    assertThat(next(heard).hasRegistered()).isTrue();
    assertThat(ended).isEmpty();
  }

  @Test
  void anAgentThatWentMeanwhileIsNotThere() throws Exception {
    loop.stop(new Leadership.Starting());
    StreamObserver<AgentMessage> agent = attach("machine/m1");
    agent.onNext(register("m1"));
    agent.onCompleted();
    assertThat(next(ended)).isEqualTo(Status.OK);
    lead();
    assertThat(active()).isFalse();
  }

  @Test
  void whoDoesNotLeadSaysSo() throws Exception {
    token.set(Optional.empty());
    loop.stop(new Leadership.Standby(Optional.empty()));
    attach("machine/m1").onNext(register("m1"));
    assertThat(next(ended).getCode()).isEqualTo(Status.Code.FAILED_PRECONDITION);
  }

  @Test
  void underAnUncertainLeaseNothingIsSaid() throws Exception {
    token.set(Optional.empty());
    attach("machine/m1").onNext(register("m1"));
    assertThat(next(ended).getCode()).isEqualTo(Status.Code.UNAVAILABLE);
    assertThat(heard).isEmpty();
  }

  @Test
  void aSecondStreamOfAMachineEndsTheFirst() throws Exception {
    attach("machine/m1").onNext(register("m1"));
    next(heard);
    attach("machine/m1").onNext(register("m1"));
    assertThat(next(ended).getCode()).isEqualTo(Status.Code.ABORTED);
    assertThat(active()).isTrue();
  }

  @Test
  void streamsEndWithTheLeadership() throws Exception {
    attach("machine/m1").onNext(register("m1"));
    next(heard);
    loop.stop(new Leadership.Standby(Optional.empty()));
    assertThat(next(ended).getCode()).isEqualTo(Status.Code.UNAVAILABLE);
  }

  @Test
  void aPlainPortIsForLoopbackAlone() {
    assertThatThrownBy(
            () ->
                new AgentPort(
                    new ServerAddress("0.0.0.0", 0),
                    Optional.empty(),
                    streams,
                    new Queries(loop, streams.sandboxes(), Site.everybody())))
        .isInstanceOf(ProgramException.class)
        .hasMessageContaining("give --tls DIR");
  }
}
