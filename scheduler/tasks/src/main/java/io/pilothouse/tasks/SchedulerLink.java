package io.pilothouse.tasks;

import io.grpc.Channel;
import io.grpc.Status;
import io.grpc.stub.CallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.pilothouse.api.v1.AgentMessage;
import io.pilothouse.api.v1.AgentPong;
import io.pilothouse.api.v1.AgentRegister;
import io.pilothouse.api.v1.SchedulerAgentsGrpc;
import io.pilothouse.api.v1.SchedulerMessage;
import io.pilothouse.client.Backoff;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The stream to the scheduler that leads. Connects where the Device Manager says it is, registers,
 * and hands on what comes; connects anew when it ends, falls silent, or another leads.
 */
public final class SchedulerLink implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(SchedulerLink.class);

  /** Until the scheduler has said how often it pings. */
  private static final Duration PING_EVERY = Duration.ofSeconds(15);

  private static final int PINGS_MISSED = 5;

  /** Of messages of executors, in bytes. */
  private static final long MOST_WAITING = 4 << 20;

  /** A connection that can be given up. */
  public interface Connection extends AutoCloseable {
    Channel channel();

    @Override
    void close();
  }

  private final Supplier<String> address;
  private final Function<String, Connection> connect;
  private final Supplier<AgentRegister> register;
  private final Tasks tasks;
  private final Runnable kick;
  private final Backoff backoff = new Backoff(Duration.ofMillis(100), Duration.ofSeconds(5));
  private @Nullable Stream stream;
  private long notBefore = System.nanoTime();

  /** The address that the pauses are for. */
  private String tried = "";

  private String state = "not connected";

  /**
   * @param address host:port of the scheduler that leads; empty while none is known
   * @param kick has {@link #round} called soon
   */
  public SchedulerLink(
      Supplier<String> address,
      Function<String, Connection> connect,
      Supplier<AgentRegister> register,
      Tasks tasks,
      Runnable kick) {
    this.address = address;
    this.connect = connect;
    this.register = register;
    this.tasks = tasks;
    this.kick = kick;
  }

  /** Connects where it is not connected; to be called every second. */
  public synchronized void round() {
    String wanted = address.get();
    Stream now = stream;
    if (now != null) {
      if (!now.to.equals(wanted)) {
        end(now, "another scheduler leads");
      } else if (now.isSilent()) {
        end(now, "nothing was heard for %d s".formatted(now.silence().toSeconds()));
      } else {
        return;
      }
    }
    if (!wanted.equals(tried)) {
      // one that has not answered is asked ever more seldom; who leads now has done no such thing
      tried = wanted;
      backoff.reset();
      notBefore = System.nanoTime();
    }
    if (!wanted.isEmpty() && System.nanoTime() - notBefore >= 0) {
      Stream fresh = new Stream(wanted, connect.apply(wanted));
      stream = fresh;
      // before what is here is counted: what another stream still says is no longer done
      tasks.follow(fresh);
      fresh.open();
    }
  }

  /** For the status page. */
  public synchronized String describe() {
    return state;
  }

  private synchronized void end(Stream ended, String why) {
    if (stream != ended) {
      return; // another was opened meanwhile
    }
    stream = null;
    tasks.disconnected();
    Duration pause = backoff.next();
    notBefore = System.nanoTime() + pause.toNanos();
    if (!state.equals(why)) {
      log.info("the scheduler at {}: {}", ended.to, why);
    }
    state = why;
    ended.close();
    kick.run();
  }

  private synchronized void registered(Stream with, String scheduler) {
    if (stream == with) {
      backoff.reset();
      state = "registered with " + scheduler + " at " + with.to;
      log.info("{}", state);
      tasks.connected(with::send);
    }
  }

  @Override
  public synchronized void close() {
    Stream now = stream;
    stream = null;
    tasks.disconnected();
    if (now != null) {
      now.close();
    }
  }

  /** One connection, from register to its end. */
  private final class Stream implements StreamObserver<SchedulerMessage> {
    private final String to;
    private final Connection connection;
    private @Nullable StreamObserver<AgentMessage> out;

    /** Bytes of messages of executors since the stream last took all at once. */
    private long waiting;

    private volatile long heardAt = System.nanoTime();
    private volatile Duration pingEvery = PING_EVERY;

    Stream(String to, Connection connection) {
      this.to = to;
      this.connection = connection;
    }

    void open() {
      out = SchedulerAgentsGrpc.newStub(connection.channel()).attach(this);
      send(AgentMessage.newBuilder().setRegister(register.get()).build());
    }

    boolean isSilent() {
      return silence().compareTo(pingEvery.multipliedBy(PINGS_MISSED)) > 0;
    }

    Duration silence() {
      return Duration.ofNanos(System.nanoTime() - heardAt);
    }

    synchronized void send(AgentMessage message) {
      if (out != null && hasRoom(out, message)) {
        out.onNext(message);
      }
    }

    /** What executors say to their frameworks may be lost, and must not fill the memory. */
    private boolean hasRoom(StreamObserver<AgentMessage> to, AgentMessage message) {
      if (!message.hasMessage()) {
        return true;
      }
      if (to instanceof CallStreamObserver<?> call && call.isReady()) {
        waiting = 0;
      }
      waiting += message.getSerializedSize();
      return waiting <= MOST_WAITING;
    }

    @Override
    public void onNext(SchedulerMessage message) {
      heardAt = System.nanoTime();
      try {
        switch (tasks.take(this, message)) {
          case GIVEN_UP -> {
            return;
          }
          case OUTDATED -> {
            refuse("its token %d is older than one seen before".formatted(message.getToken()));
            return;
          }
          case OBEYED -> {}
        }
        switch (message.getKindCase()) {
          case REGISTERED -> {
            if (message.getRegistered().getPingEveryMs() > 0) {
              pingEvery = Duration.ofMillis(message.getRegistered().getPingEveryMs());
            }
            registered(this, message.getRegistered().getScheduler());
          }
          case PING ->
              send(
                  AgentMessage.newBuilder()
                      .setPong(AgentPong.newBuilder().setSequence(message.getPing().getSequence()))
                      .build());
          default -> {} // done
        }
      } catch (IOException | RuntimeException e) {
        // nothing was promised: the scheduler finds out what is here when this registers again
        refuse("what it said cannot be done: " + e.getMessage());
      }
    }

    private void refuse(String why) {
      synchronized (this) {
        if (out != null) {
          out.onError(Status.ABORTED.withDescription(why).asRuntimeException());
          out = null;
        }
      }
      end(this, why);
    }

    @Override
    public void onError(Throwable t) {
      Status status = Status.fromThrowable(t);
      end(
          this,
          Optional.ofNullable(status.getDescription()).orElseGet(() -> status.getCode().name()));
    }

    @Override
    public void onCompleted() {
      end(this, "ended by the scheduler");
    }

    synchronized void close() {
      if (out != null) {
        out.onCompleted();
        out = null;
      }
      connection.close();
    }
  }
}
