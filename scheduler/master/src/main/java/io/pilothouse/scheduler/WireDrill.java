package io.pilothouse.scheduler;

import com.google.protobuf.InvalidProtocolBufferException;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.grpc.netty.shaded.io.netty.channel.EventLoopGroup;
import io.grpc.netty.shaded.io.netty.channel.MultiThreadIoEventLoopGroup;
import io.grpc.netty.shaded.io.netty.channel.local.LocalAddress;
import io.grpc.netty.shaded.io.netty.channel.local.LocalChannel;
import io.grpc.netty.shaded.io.netty.channel.local.LocalIoHandler;
import io.grpc.stub.MetadataUtils;
import io.grpc.stub.StreamObserver;
import io.pilothouse.api.v1.AgentMessage;
import io.pilothouse.api.v1.CheckAccessReply;
import io.pilothouse.api.v1.SchedulerAgentsGrpc;
import io.pilothouse.api.v1.SchedulerMessage;
import io.pilothouse.mesos.v1.scheduler.Event;
import io.pilothouse.scheduler.agents.AgentPort;
import io.pilothouse.scheduler.agents.AgentStreams;
import io.pilothouse.scheduler.agents.Queries;
import io.pilothouse.scheduler.agents.Rights;
import io.pilothouse.scheduler.allocator.Allocator;
import io.pilothouse.scheduler.allocator.Options;
import io.pilothouse.scheduler.core.AgentLink;
import io.pilothouse.scheduler.core.Core;
import io.pilothouse.scheduler.core.CoreOptions;
import io.pilothouse.scheduler.core.Outbox;
import io.pilothouse.scheduler.core.Write;
import io.pilothouse.scheduler.http.Streams;
import io.pilothouse.scheduler.loop.Loop;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

/**
 * The agents and frameworks of a {@link Drill} come over connections, to ports that are reached
 * from within this process alone: what is between a connection and the core is compiled by that,
 * too, but for TLS.
 */
final class WireDrill {
  private static final Metadata.Key<String> PRINCIPAL =
      Metadata.Key.of("pilot-principal", Metadata.ASCII_STRING_MARSHALLER);
  private static final Duration PATIENCE = Duration.ofSeconds(10);

  private final CoreOptions options;
  private final BooleanSupplier wanted;
  private final AtomicReference<Throwable> failure = new AtomicReference<>();
  private final EventLoopGroup threads;
  private final Loop loop;
  private final AgentStreams streams;
  private final Streams frameworks = new Streams();

  private WireDrill(CoreOptions options, BooleanSupplier wanted) {
    this.options = options;
    this.wanted = wanted;
    Consumer<Throwable> failed = fault -> failure.compareAndSet(null, fault);
    threads =
        new MultiThreadIoEventLoopGroup(
            2, QuietThread.named("drill-net", failed), LocalIoHandler.newFactory());
    AtomicReference<AgentStreams> served = new AtomicReference<>();
    loop =
        new Loop(
            System::currentTimeMillis,
            () -> {
              served.get().endAll();
              frameworks.endAll();
            },
            QuietThread.named("drill-core", failed));
    streams = new AgentStreams(loop, () -> Optional.of(1L));
    served.set(streams);
  }

  /**
   * All agents register once, and all frameworks subscribe.
   *
   * @param wanted asked by the drill's threads, too
   * @return how many were heard to have done so; fewer when it is not wanted any more
   * @throws IllegalStateException when a thread of the drill has failed
   */
  static long run(CoreOptions options, BooleanSupplier wanted)
      throws InvalidProtocolBufferException, InterruptedException {
    return run(options, wanted, new LocalAddress("drill-" + System.nanoTime()));
  }

  /**
   * The same.
   *
   * @param address that nobody serves on
   */
  static long run(CoreOptions options, BooleanSupplier wanted, LocalAddress address)
      throws InvalidProtocolBufferException, InterruptedException {
    WireDrill drill = new WireDrill(options, wanted);
    try {
      return drill.serve(address);
    } finally {
      drill.loop.close();
      var unused = drill.threads.shutdownGracefully(0, 1, TimeUnit.SECONDS);
    }
  }

  private long serve(LocalAddress address)
      throws InvalidProtocolBufferException, InterruptedException {
    Rights nobody = new Rights(who -> CheckAccessReply.getDefaultInstance(), System::nanoTime);
    AgentPort port =
        new AgentPort(address, threads, streams, new Queries(loop, streams.sandboxes(), nobody));
    ManagedChannel channel =
        NettyChannelBuilder.forAddress(address)
            .channelType(LocalChannel.class)
            .eventLoopGroup(threads)
            .overrideAuthority("drill")
            .usePlaintext()
            .directExecutor()
            .build();
    try {
      long heard = register(channel);
      if (goesOn()) {
        heard += HttpDrill.run(loop, streams, frameworks, this::goesOn);
        requireSound();
      }
      return heard;
    } finally {
      channel.shutdownNow();
      port.close();
    }
  }

  private long register(ManagedChannel channel)
      throws InvalidProtocolBufferException, InterruptedException {
    loop.lead(
        wanted,
        now ->
            new Core(
                options,
                Allocator.create(Options.DEFAULT),
                new Said(streams, frameworks),
                Drill.remembered(),
                now),
        (core, now) -> core.machines(Drill.machines(), now));
    CountDownLatch registered = new CountDownLatch(Drill.AGENTS);
    for (int i = 0; i < Drill.AGENTS && goesOn(); i++) {
      attach(channel, Drill.machine(i), registered)
          .onNext(AgentMessage.parseFrom(Drill.registration(i)));
    }
    long end = System.nanoTime() + PATIENCE.toNanos();
    boolean all = false;
    while (!all && goesOn() && System.nanoTime() - end < 0) {
      all = registered.await(100, TimeUnit.MILLISECONDS);
    }
    requireSound();
    return Drill.AGENTS - registered.getCount();
  }

  private void requireSound() {
    if (failure.get() != null) {
      throw new IllegalStateException("a thread of the drill has failed", failure.get());
    }
  }

  private boolean goesOn() {
    return failure.get() == null && wanted.getAsBoolean();
  }

  private static StreamObserver<AgentMessage> attach(
      ManagedChannel channel, String machine, CountDownLatch registered) {
    Metadata headers = new Metadata();
    headers.put(PRINCIPAL, "machine/" + machine);
    return SchedulerAgentsGrpc.newStub(channel)
        .withInterceptors(MetadataUtils.newAttachHeadersInterceptor(headers))
        .attach(
            new StreamObserver<>() {
              @Override
              public void onNext(SchedulerMessage message) {
                if (message.hasRegistered()) {
                  registered.countDown();
                }
              }

              @Override
              public void onError(Throwable failure) {} // it is over

              @Override
              public void onCompleted() {}
            });
  }

  private record Said(AgentStreams agents, Streams frameworks) implements Outbox {
    @Override
    public void toAgent(AgentLink link, SchedulerMessage message) {
      agents.send(link, message);
    }

    @Override
    public void endAgent(AgentLink link, String why) {
      agents.end(link, why);
    }

    @Override
    public void event(String stream, Event event) {
      frameworks.send(stream, event);
    }

    @Override
    public void endStream(String stream) {
      frameworks.end(stream);
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
}
