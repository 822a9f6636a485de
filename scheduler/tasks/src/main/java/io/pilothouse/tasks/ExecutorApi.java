package io.pilothouse.tasks;

import io.pilothouse.api.v1.AgentMessage;
import io.pilothouse.mesos.MediaType;
import io.pilothouse.mesos.http.Accept;
import io.pilothouse.mesos.http.Bodies;
import io.pilothouse.mesos.http.EventStream;
import io.pilothouse.mesos.http.Exchange;
import io.pilothouse.mesos.v1.TaskStatus;
import io.pilothouse.mesos.v1.executor.Call;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * {@code POST /api/v1/executor}: the checks, in Mesos' order. An executor speaks for itself alone:
 * it is known by the token that it was started with, or by the process that calls if it has never
 * shown a token.
 */
final class ExecutorApi implements Consumer<Exchange> {
  private static final Logger log = LoggerFactory.getLogger(ExecutorApi.class);
  private static final List<String> PATHS =
      List.of("/api/v1/executor", "/slave(1)/api/v1/executor");
  private static final String BEARER = "Bearer ";

  /**
   * Bytes that may wait for executors that read slowly: a few launches, and an agent has 40 MiB.
   */
  private static final long MOST_WAITING = 2 << 20;

  private static final long MOST_WAITING_FOR_ALL = 8 << 20;

  private final Object monitor;
  private final Object looking = new Object();
  private final EventStream.Room room = EventStream.Room.shared(MOST_WAITING, MOST_WAITING_FOR_ALL);
  private final Consumer<AgentMessage> scheduler;
  private volatile @Nullable Executors executors;

  /**
   * @param monitor of {@link Tasks}
   * @param scheduler who is told what executors say to their frameworks, if anybody is there
   */
  ExecutorApi(Object monitor, Consumer<AgentMessage> scheduler) {
    this.monitor = monitor;
    this.scheduler = scheduler;
  }

  /** From now on executors are answered; until then the agent is recovering. */
  void serve(Executors known) {
    executors = known;
  }

  /** The connection's thread serves others meanwhile: what comes next may wait for the disk. */
  @Override
  public void accept(Exchange exchange) {
    Thread.ofVirtual().name("executor-call").start(() -> answer(exchange));
  }

  private void answer(Exchange exchange) {
    try {
      handle(exchange);
    } catch (IOException e) {
      log.warn("a call of an executor cannot be done: {}", e.toString());
      exchange.text(503, "The agent cannot write it down: " + e.getMessage());
    } catch (RuntimeException e) {
      log.error("{} {} failed", exchange.method(), exchange.uri(), e);
      exchange.text(500, "failed: " + e);
    }
  }

  private void handle(Exchange exchange) throws IOException {
    String path = exchange.path();
    if (PATHS.stream().noneMatch(each -> path.equals(each) || path.startsWith(each + "/"))) {
      exchange.text(404, "no such path: " + path);
      return;
    }
    @Nullable Executors known = executors;
    if (known == null) {
      exchange.text(503, "Agent has not finished recovery");
      return;
    }
    Optional<CustomExecutor> caller = caller(exchange, known);
    if (caller.isEmpty()) {
      exchange.text(401, "", Map.of("WWW-Authenticate", "Bearer realm=\"mesos-agent-executor\""));
      return;
    }
    if (!Bodies.isPost(exchange)) {
      return;
    }
    @Nullable Call call = Bodies.read(exchange, Call.getDefaultInstance());
    if (call == null) {
      return;
    }
    Optional<String> objection = ExecutorCallCheck.objection(call);
    if (objection.isPresent()) {
      exchange.text(400, "Failed to validate Executor::Call: " + objection.get());
      return;
    }
    Optional<MediaType> type = Accept.choose(exchange.headers("Accept"));
    if (call.getType() == Call.Type.SUBSCRIBE && type.isEmpty()) {
      exchange.text(406, Bodies.NOT_ACCEPTABLE);
    } else if (call.getType() == Call.Type.HEARTBEAT) {
      exchange.text(202, "");
    } else {
      synchronized (monitor) {
        perform(exchange, call, known, caller.get(), type.orElse(MediaType.JSON));
      }
    }
  }

  /** By its token; those of before there were any call without, and are told by their socket. */
  private Optional<CustomExecutor> caller(Exchange exchange, Executors known) throws IOException {
    Optional<String> header = exchange.header("Authorization");
    if (header.isPresent()) {
      synchronized (monitor) {
        Optional<CustomExecutor> found =
            header.get().startsWith(BEARER)
                ? known.withToken(header.get().substring(BEARER.length()).strip())
                : Optional.empty();
        if (found.isPresent()) {
          found.get().token().shown();
        }
        return found;
      }
    }
    Optional<InetSocketAddress> from = exchange.caller();
    Optional<InetSocketAddress> to = exchange.called();
    List<CustomExecutor> all;
    synchronized (monitor) {
      all = known.customs().stream().filter(each -> !each.token().wasShown()).toList();
    }
    if (from.isEmpty() || to.isEmpty() || all.isEmpty()) {
      return Optional.empty();
    }
    // anybody on the machine can have this looked up: one at a time, and nothing else waits
    synchronized (looking) {
      Optional<LocalCaller> caller = LocalCaller.of(from.get(), to.get());
      for (CustomExecutor each : all) {
        if (caller.isPresent() && each.has(caller.get())) {
          return Optional.of(each);
        }
      }
      return Optional.empty();
    }
  }

  private void perform(
      Exchange exchange, Call call, Executors known, CustomExecutor caller, MediaType type)
      throws IOException {
    String framework = call.getFrameworkId().getValue();
    if (!known.isKnown(framework)) {
      exchange.text(400, "Framework cannot be found");
      return;
    }
    Optional<CustomExecutor> named = known.custom(framework, call.getExecutorId().getValue());
    if (named.isEmpty() || named.get().isOver()) {
      exchange.text(400, "Executor cannot be found");
    } else if (named.get() != caller) {
      exchange.text(
          403,
          "The call is of executor '%s' of framework '%s'"
              .formatted(caller.record().id(), caller.record().framework()));
    } else if (call.getType() == Call.Type.UNKNOWN) {
      exchange.text(501, "Received 'UNKNOWN' call");
    } else if (call.getType() == Call.Type.SUBSCRIBE) {
      subscribe(exchange, call.getSubscribe(), known, caller, type);
    } else if (!caller.isSubscribed()) {
      exchange.text(403, "Executor is not subscribed");
    } else if (call.getType() == Call.Type.UPDATE) {
      update(exchange, call.getUpdate().getStatus(), known, caller);
    } else {
      scheduler.accept(Executors.message(caller.record(), call.getMessage().getData()));
      exchange.text(202, "");
    }
  }

  private void subscribe(
      Exchange exchange,
      Call.Subscribe said,
      Executors known,
      CustomExecutor executor,
      MediaType type) {
    EventStream stream = exchange.stream(type, Map.of(), room);
    ExecutorEvents events = new ExecutorEvents(stream, known.port());
    stream.whenClosed(() -> Thread.ofVirtual().start(() -> closed(executor, events)));
    try {
      executor.subscribe(events, said, known::waiting);
    } catch (IOException | RuntimeException e) {
      // what was not written down was not done: it comes again
      log.warn("executor {} cannot subscribe now: {}", executor.container(), e.toString());
      events.end();
    }
  }

  private void closed(CustomExecutor executor, ExecutorEvents events) {
    synchronized (monitor) {
      executor.unsubscribe(events);
    }
  }

  private static void update(
      Exchange exchange, TaskStatus status, Executors known, CustomExecutor executor)
      throws IOException {
    Optional<String> large = ExecutorCallCheck.tooLarge(status);
    if (large.isPresent()) {
      exchange.text(413, large.get());
      return;
    }
    Optional<String> full = executor.update(status, known::waiting);
    exchange.text(full.isPresent() ? 503 : 202, full.orElse(""));
  }
}
