package io.pilothouse.scheduler.agents;

import io.grpc.Status;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.pilothouse.api.v1.AgentMessage;
import io.pilothouse.api.v1.SchedulerAgentsGrpc;
import io.pilothouse.api.v1.SchedulerMessage;
import io.pilothouse.mesos.Printable;
import io.pilothouse.scheduler.core.AgentLink;
import io.pilothouse.scheduler.loop.Leadership;
import io.pilothouse.scheduler.loop.Loop;
import io.pilothouse.scheduler.sandboxes.SandboxReads;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Serves {@code SchedulerAgents.Attach}: agents' messages go to the core, its own to the agents,
 * under the lease's token. What waits for an agent that reads slowly is bounded: then its stream
 * ends.
 */
public final class AgentStreams extends SchedulerAgentsGrpc.SchedulerAgentsImplBase {
  private static final Logger log = LoggerFactory.getLogger(AgentStreams.class);

  private static final Status NOT_LEADING =
      Status.FAILED_PRECONDITION.withDescription(
          "this scheduler does not lead: the Device Manager says which one does");

  /** Messages that may wait for one agent. */
  private static final int MOST_WAITING = 10_000;

  private final Loop loop;
  private final Supplier<Optional<Long>> token;
  private final ConcurrentMap<AgentLink, Attached> attached = new ConcurrentHashMap<>();
  private final AtomicLong numbers = new AtomicLong();
  private final SandboxReads sandboxes = new SandboxReads(this::send, this::isAttached);

  /**
   * @param token of the lease while it is held for certain
   */
  public AgentStreams(Loop loop, Supplier<Optional<Long>> token) {
    this.loop = loop;
    this.token = token;
  }

  private final class Attached implements StreamObserver<AgentMessage> {
    final AgentLink link = new AgentLink(numbers.incrementAndGet());
    final ServerCallStreamObserver<SchedulerMessage> out;

    /** The name that the caller has proved or, on a plain port, claims; empty: neither. */
    final String machine;

    int waiting;
    boolean over;

    Attached(ServerCallStreamObserver<SchedulerMessage> out, String machine) {
      this.out = out;
      this.machine = machine;
    }

    @Override
    public void onNext(AgentMessage message) {
      if (!isAttached(link)) {
        return; // its stream has been ended
      }
      String said = message.getRegister().getAgent().getHostname();
      if (message.hasRegister() && !said.equals(machine)) {
        end(
            Status.PERMISSION_DENIED.withDescription(
                "the agent of machine '%s' registers as '%s': each registers its own machine"
                    .formatted(machine, Printable.of(said))));
        return;
      }
      if (message.hasSandbox()) {
        sandboxes.heard(link, message.getSandbox()); // nothing that the core decides by
        return;
      }
      loop.submitOrKeep(
          (core, now) -> {
            if (isAttached(link)) { // it may have waited, and gone
              core.agent(link, message, now);
            }
          },
          () -> end(NOT_LEADING),
          () -> token.get().isPresent());
    }

    @Override
    public void onError(Throwable failure) {
      gone();
    }

    @Override
    public void onCompleted() {
      gone();
    }

    void gone() {
      synchronized (this) {
        if (!over) {
          over = true;
          out.onCompleted();
        }
      }
      forget();
    }

    /** The connection is gone: there is nobody to say anything to. */
    void cancelled() {
      synchronized (this) {
        over = true;
      }
      forget();
    }

    void forget() {
      if (attached.remove(link) != null) {
        loop.submit((core, now) -> core.agentDetached(link, now));
      }
      sandboxes.gone(link);
    }

    synchronized void send(SchedulerMessage message) {
      if (over) {
        return;
      }
      waiting = out.isReady() ? 0 : waiting + 1;
      if (waiting > MOST_WAITING) {
        log.warn("The agent of {} does not read; its stream ends", machine);
        end(Status.RESOURCE_EXHAUSTED.withDescription("the agent does not read what it is sent"));
        return;
      }
      out.onNext(message);
    }

    void end(Status why) {
      synchronized (this) {
        if (!over) {
          over = true;
          out.onError(why.asRuntimeException());
        }
      }
      forget();
    }
  }

  @Override
  public StreamObserver<AgentMessage> attach(StreamObserver<SchedulerMessage> responses) {
    ServerCallStreamObserver<SchedulerMessage> out =
        (ServerCallStreamObserver<SchedulerMessage>) responses;
    @Nullable String machine = Callers.MACHINE.get();
    Attached stream = new Attached(out, machine == null ? "" : machine);
    if (loop.leadership() instanceof Leadership.Standby && token.get().isEmpty()) {
      stream.end(NOT_LEADING); // thousands may come here, and are to cost nothing
      return stream;
    }
    attached.put(stream.link, stream);
    out.setOnCancelHandler(stream::cancelled);
    return stream;
  }

  /** To one agent; nothing is said to anybody when the lease is not certain. */
  public void send(AgentLink link, SchedulerMessage message) {
    @Nullable Attached stream = attached.get(link);
    Optional<Long> lease = token.get();
    if (stream == null) {
      return;
    }
    if (lease.isEmpty()) {
      stream.end(Status.UNAVAILABLE.withDescription("this scheduler's lease has become uncertain"));
      return;
    }
    stream.send(message.toBuilder().setToken(lease.get()).build());
  }

  public void end(AgentLink link, String why) {
    @Nullable Attached stream = attached.remove(link);
    if (stream != null) {
      stream.end(Status.ABORTED.withDescription(Printable.of(why))); // which forgets it
    }
  }

  public void endAll() {
    attached
        .values()
        .forEach(
            each ->
                each.end(
                    Status.UNAVAILABLE.withDescription("this scheduler does not lead any more")));
  }

  /** Looks into sandboxes, by the agents' streams. */
  public SandboxReads sandboxes() {
    return sandboxes;
  }

  private boolean isAttached(AgentLink link) {
    return attached.containsKey(link);
  }

  public int open() {
    return attached.size();
  }
}
