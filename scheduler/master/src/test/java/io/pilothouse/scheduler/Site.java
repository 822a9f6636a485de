package io.pilothouse.scheduler;

import io.pilothouse.api.v1.AgentMessage;
import io.pilothouse.api.v1.CheckAccessReply;
import io.pilothouse.api.v1.OfferRole;
import io.pilothouse.api.v1.OfferableMachine;
import io.pilothouse.api.v1.PullOfferableReply;
import io.pilothouse.api.v1.ReadOffersReply;
import io.pilothouse.api.v1.SchedulerMessage;
import io.pilothouse.client.ServerAddress;
import io.pilothouse.kit.HeldLease;
import io.pilothouse.mesos.http.EventStream;
import io.pilothouse.mesos.v1.MasterInfo;
import io.pilothouse.mesos.v1.Resource;
import io.pilothouse.scheduler.agents.AgentPort;
import io.pilothouse.scheduler.agents.AgentStreams;
import io.pilothouse.scheduler.agents.Queries;
import io.pilothouse.scheduler.agents.Rights;
import io.pilothouse.scheduler.allocator.Allocator;
import io.pilothouse.scheduler.allocator.Options;
import io.pilothouse.scheduler.allocator.resources.Resources;
import io.pilothouse.scheduler.core.AgentLink;
import io.pilothouse.scheduler.core.Core;
import io.pilothouse.scheduler.core.CoreOptions;
import io.pilothouse.scheduler.core.Outbox;
import io.pilothouse.scheduler.core.Write;
import io.pilothouse.scheduler.http.ApiServer;
import io.pilothouse.scheduler.http.Credentials;
import io.pilothouse.scheduler.http.Entrance;
import io.pilothouse.scheduler.http.Operators;
import io.pilothouse.scheduler.http.RateLimits;
import io.pilothouse.scheduler.http.Routes;
import io.pilothouse.scheduler.http.Streams;
import io.pilothouse.scheduler.http.Turns;
import io.pilothouse.scheduler.loop.Leadership;
import io.pilothouse.scheduler.loop.Loop;
import io.pilothouse.scheduler.wire.ResourceForm;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;

/** A scheduler behind a real HTTP port, with one machine whose agent is a queue. */
public final class Site implements AutoCloseable {
  public static final MasterInfo MASTER =
      MasterInfo.newBuilder().setId("m").setIp(0).setPort(5050).setHostname("here").build();

  /** What the agent is told. */
  public final BlockingQueue<SchedulerMessage> agent = new LinkedBlockingQueue<>();

  public final Loop loop;
  private final Streams streams;
  private final ApiServer server;
  private final AgentStreams attached;
  private final AgentPort agents;

  public Site() {
    this(Optional.empty(), 64L << 20);
  }

  public Site(Optional<Credentials> credentials, long mostWaiting) {
    this(entrance(credentials), mostWaiting);
  }

  public Site(Entrance entrance, long mostWaiting) {
    this(entrance, new Streams(EventStream.Room.forEach(mostWaiting)));
  }

  /** With the bounds that follow from the heap. */
  public static Site asDelivered() {
    return new Site(entrance(Optional.empty()), new Streams());
  }

  /** None is held to a number of calls, so nothing is ever due. */
  private static Entrance entrance(Optional<Credentials> credentials) {
    return new Entrance(credentials, new Turns(RateLimits.NONE, () -> 0, (t, w) -> {}));
  }

  private Site(Entrance entrance, Streams streams) {
    this.streams = streams;
    AtomicReference<AgentStreams> all = new AtomicReference<>();
    loop =
        new Loop(
            System::currentTimeMillis,
            () -> {
              streams.endAll();
              all.get().endAll();
            });
    attached = new AgentStreams(loop, () -> Optional.of(1L));
    all.set(attached);
    agents =
        new AgentPort(
            new ServerAddress("127.0.0.1", 0),
            Optional.empty(),
            attached,
            new Queries(loop, attached.sandboxes(), everybody()));
    streams.whenEnded(id -> loop.submit((core, now) -> core.streamEnded(id, now)));
    Operators operators = new Operators(15);
    server =
        new ApiServer(
            new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
            Optional.empty(),
            new Routes(loop, streams, operators, MASTER, 1_000, entrance, attached.sandboxes()));
    lead(operators);
  }

  /** A fleet that is open. */
  public static Rights everybody() {
    return new Rights(principal -> CheckAccessReply.getDefaultInstance(), System::nanoTime);
  }

  private void lead(Operators operators) {
    Outbox edges = new Edges(streams, attached, operators, noWriter());
    Outbox withQueue =
        new Outbox() {
          @Override
          public void event(String stream, io.pilothouse.mesos.v1.scheduler.Event event) {
            edges.event(stream, event);
          }

          @Override
          public void endStream(String stream) {
            edges.endStream(stream);
          }

          @Override
          public void toAgent(AgentLink link, SchedulerMessage message) {
            agent.add(message);
            edges.toAgent(link, message);
          }

          @Override
          public void endAgent(AgentLink link, String why) {
            edges.endAgent(link, why);
          }

          @Override
          public void write(long number, Write what) {
            loop.submit((core, now) -> core.written(number, now));
          }

          @Override
          public boolean operatorsListen() {
            return edges.operatorsListen();
          }

          @Override
          public void toOperators(io.pilothouse.mesos.v1.master.Event event) {
            edges.toOperators(event);
          }
        };
    loop.lead(
        () -> true,
        now ->
            new Core(
                CoreOptions.of(MASTER).heartbeat(Duration.ofMillis(300)),
                Allocator.create(Options.DEFAULT),
                withQueue,
                ReadOffersReply.getDefaultInstance(),
                now),
        (core, now) -> {});
    awaitLead();
  }

  /** Whoever comes before it leads is sent away. */
  private void awaitLead() {
    CountDownLatch leads = new CountDownLatch(1);
    loop.submit((core, now) -> leads.countDown());
    try {
      if (!leads.await(20, TimeUnit.SECONDS)) {
        throw new IllegalStateException("it does not lead");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  /** What is to be written down is there at once. */
  private OffersWriter noWriter() {
    HeldLease nobodys =
        new HeldLease() {
          @Override
          public Optional<Long> token() {
            return Optional.empty();
          }

          @Override
          public long revision() {
            return 0;
          }
        };
    return new OffersWriter(nobodys, (request, id) -> {}, loop);
  }

  /** The Device Manager says these roles. */
  public void roles(OfferRole... roles) {
    PullOfferableReply reply = PullOfferableReply.newBuilder().addAllRoles(List.of(roles)).build();
    loop.submit((core, now) -> core.machines(reply, now));
  }

  public String url(String path) {
    return "http://127.0.0.1:" + server.port() + path;
  }

  public int port() {
    return server.port();
  }

  /** Where agents attach. */
  public String agentsAddress() {
    return "127.0.0.1:" + agents.port();
  }

  /** After all that was handed to the loop before. */
  public void settle() throws InterruptedException {
    CountDownLatch done = new CountDownLatch(1);
    loop.submit((core, now) -> done.countDown(), done::countDown);
    if (!done.await(20, TimeUnit.SECONDS)) {
      throw new IllegalStateException("the loop stands still");
    }
  }

  public void stopLeading(Leadership instead) {
    loop.stop(instead);
  }

  /** A machine m1 whose agent a1 registers. */
  public void machine(String resources) {
    machineWithoutAgent(resources);
    AgentMessage.Builder register = AgentMessage.newBuilder();
    register.getRegisterBuilder().getAgentBuilder().setHostname("m1").getIdBuilder().setValue("a1");
    agentSays(register);
  }

  /** The Device Manager sets aside so much of m1. */
  public void machineWithoutAgent(String resources) {
    List<Resource> messages = new ResourceForm(false, false).write(Resources.parse(resources), "");
    OfferableMachine machine =
        OfferableMachine.newBuilder()
            .setName("m1")
            .setOfferable(true)
            .addAllResources(messages)
            .build();
    loop.submit(
        (core, now) ->
            core.machines(PullOfferableReply.newBuilder().addMachines(machine).build(), now));
  }

  public void agentSays(AgentMessage.Builder message) {
    loop.submit((core, now) -> core.agent(new AgentLink(1), message.build(), now));
  }

  @Override
  public void close() {
    server.close();
    agents.close();
    loop.close();
  }
}
