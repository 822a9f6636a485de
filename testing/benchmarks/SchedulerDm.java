import io.grpc.Server;
import io.grpc.Status;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.StreamObserver;
import io.pilothouse.api.v1.AcquireLeaseReply;
import io.pilothouse.api.v1.AcquireLeaseRequest;
import io.pilothouse.api.v1.Condition;
import io.pilothouse.api.v1.Lease;
import io.pilothouse.api.v1.Lifecycle;
import io.pilothouse.api.v1.OfferAgent;
import io.pilothouse.api.v1.OfferFramework;
import io.pilothouse.api.v1.OfferableMachine;
import io.pilothouse.api.v1.PullOfferableReply;
import io.pilothouse.api.v1.PullOfferableRequest;
import io.pilothouse.api.v1.ReadOffersReply;
import io.pilothouse.api.v1.ReadOffersRequest;
import io.pilothouse.api.v1.ReleaseLeaseRequest;
import io.pilothouse.api.v1.SatelliteGrpc;
import io.pilothouse.api.v1.SatelliteWriteReply;
import io.pilothouse.api.v1.UpdateOffersRequest;
import io.pilothouse.mesos.v1.Resource;
import io.pilothouse.mesos.v1.Value;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * Stands in for the Device Manager, as far as a scheduler asks it, in memory: the lease, machines
 * that may all be offered all the time, and what a scheduler wants kept. A write is answered after
 * as long as one takes three replicas on a quiet machine.
 */
final class SchedulerDm extends SatelliteGrpc.SatelliteImplBase {
  private static final long WRITE_MS = 5;

  /** Who leads since when. */
  record Leads(Lease lease, long sinceNanos) {}

  private record Waiting(StreamObserver<PullOfferableReply> to) {}

  private final int machines;
  private final int tasksEach;
  private final ScheduledExecutorService time;
  private final Consumer<Leads> change;
  private final Map<String, OfferFramework> frameworks = new LinkedHashMap<>();
  private final Map<String, OfferAgent> agents = new LinkedHashMap<>();
  private final List<Waiting> waiting = new ArrayList<>();
  private Lease lease = Lease.getDefaultInstance();
  private long leaseEnds = System.nanoTime();
  private long revision = 1;
  private long writes;
  private long core;

  /**
   * @param change is told of each new holder of the lease
   */
  SchedulerDm(
      int port,
      int machines,
      int tasksEach,
      ScheduledExecutorService time,
      Consumer<Leads> change)
      throws IOException {
    this.machines = machines;
    this.tasksEach = tasksEach;
    this.time = time;
    this.change = change;
    Server unused =
        NettyServerBuilder.forAddress(new InetSocketAddress("127.0.0.1", port))
            .addService(this)
            .maxInboundMessageSize(256 << 20)
            .build()
            .start();
  }

  static String machine(int number) {
    return "m-%06d".formatted(number);
  }

  /** Of a machine, and so of as many tasks. */
  static List<Resource> resources(double cpus) {
    return List.of(scalar("cpus", cpus), scalar("mem", cpus * 512));
  }

  private static Resource scalar(String name, double amount) {
    return Resource.newBuilder()
        .setName(name)
        .setType(Value.Type.SCALAR)
        .setScalar(Value.Scalar.newBuilder().setValue(amount))
        .build();
  }

  synchronized long writes() {
    return writes;
  }

  @Override
  public void acquireLease(AcquireLeaseRequest request, StreamObserver<AcquireLeaseReply> to) {
    AcquireLeaseReply reply;
    synchronized (this) {
      long now = System.nanoTime();
      boolean same = lease.getHolder().equals(request.getHolder());
      boolean ended = request.getEnded() == lease.getToken();
      if (!same && !ended && now - leaseEnds < 0) {
        to.onError(
            Status.FAILED_PRECONDITION
                .withDescription("the lease is held by " + lease.getHolder())
                .asRuntimeException());
        return;
      }
      leaseEnds = now + TimeUnit.MILLISECONDS.toNanos(request.getTtlMs());
      if (!same) {
        lease =
            Lease.newBuilder()
                .setRole(request.getRole())
                .setHolder(request.getHolder())
                .setToken(lease.getToken() + 1)
                .setAddress(request.getAddress())
                .setApi(request.getApi())
                .build();
        core = 0;
        revision++;
        change.accept(new Leads(lease, now));
        List.copyOf(waiting).forEach(each -> answer(each, false));
      }
      reply = AcquireLeaseReply.newBuilder().setLease(lease).setRevision(revision).build();
    }
    later(to, reply);
  }

  @Override
  public synchronized void releaseLease(
      ReleaseLeaseRequest request, StreamObserver<SatelliteWriteReply> to) {
    leaseEnds = System.nanoTime();
    later(to, SatelliteWriteReply.newBuilder().setRevision(revision).build());
  }

  @Override
  public synchronized void pullOfferable(
      PullOfferableRequest request, StreamObserver<PullOfferableReply> to) {
    Waiting asker = new Waiting(to);
    waiting.add(asker);
    if (request.getRevision() != revision) {
      answer(asker, request.getRevision() == 0);
    } else {
      time.schedule(
          () -> answer(asker, false), request.getWaitMs(), TimeUnit.MILLISECONDS);
    }
  }

  private synchronized void answer(Waiting asker, boolean full) {
    if (!waiting.remove(asker)) {
      return; // answered
    }
    PullOfferableReply.Builder reply =
        PullOfferableReply.newBuilder()
            .setRevision(revision)
            .setFull(full)
            .setLeader(lease.getHolder())
            .setLeaderApi(lease.getApi())
            .setLeaderToken(lease.getToken())
            .setLeaderAddress(lease.getAddress());
    for (int i = 0; full && i < machines; i++) {
      reply.addMachines(
          OfferableMachine.newBuilder()
              .setName(machine(i))
              .addAllResources(resources(tasksEach))
              .setOfferable(true)
              .setGeneration(1)
              .setAddress("127.0.0.1:1")
              .setLifecycle(Lifecycle.IN_SERVICE)
              .setCondition(Condition.HEALTHY));
    }
    to(asker.to(), reply.build());
  }

  @Override
  public void readOffers(ReadOffersRequest request, StreamObserver<ReadOffersReply> to) {
    ReadOffersReply reply;
    synchronized (this) {
      reply =
          ReadOffersReply.newBuilder()
              .setRevision(revision)
              .setCore(core)
              .addAllFrameworks(frameworks.values())
              .addAllAgents(agents.values())
              .build();
    }
    later(to, reply);
  }

  @Override
  public synchronized void updateOffers(
      UpdateOffersRequest request, StreamObserver<SatelliteWriteReply> to) {
    if (request.getToken() != lease.getToken()) {
      to.onError(
          Status.ABORTED
              .withDescription("the token is " + lease.getToken() + " by now")
              .asRuntimeException());
      return;
    }
    if (request.getCore() < core) {
      to.onError(
          Status.ABORTED
              .withDescription("core " + core + " has begun since")
              .asRuntimeException());
      return;
    }
    core = request.getCore();
    writes++;
    request.getFrameworksList().forEach(each -> frameworks.put(each.getId(), each));
    request
        .getFrameworksEndedList()
        .forEach(
            end ->
                frameworks.computeIfPresent(
                    end.getId(),
                    (id, was) ->
                        was.toBuilder()
                            .setEndedAt(System.currentTimeMillis())
                            .setEndedWhy(end.getWhy())
                            .build()));
    request.getAgentsList().forEach(each -> agents.put(each.getMachine(), each));
    request.getAgentsGoneList().forEach(agents::remove);
    later(to, SatelliteWriteReply.newBuilder().setRevision(revision).build());
  }

  private <A> void later(StreamObserver<A> to, A reply) {
    time.schedule(() -> to(to, reply), WRITE_MS, TimeUnit.MILLISECONDS);
  }

  private static <A> void to(StreamObserver<A> to, A reply) {
    to.onNext(reply);
    to.onCompleted();
  }
}
