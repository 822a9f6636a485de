package org.apache.mesos;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.pilothouse.mesos.RecordIo;
import io.pilothouse.mesos.v1.AgentID;
import io.pilothouse.mesos.v1.AgentInfo;
import io.pilothouse.mesos.v1.ExecutorID;
import io.pilothouse.mesos.v1.ExecutorInfo;
import io.pilothouse.mesos.v1.FrameworkInfo;
import io.pilothouse.mesos.v1.executor.Call;
import io.pilothouse.mesos.v1.executor.Event;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Deque;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** An agent, as far as an executor sees it, that does as a test says. */
final class FakeAgent implements AutoCloseable {
  static final String TOKEN = "token-of-e1";

  private final ExecutorService workers = Executors.newCachedThreadPool();
  private final HttpServer server;
  private final BlockingQueue<Call> subscriptions = new LinkedBlockingQueue<>();
  private final BlockingQueue<Call> calls = new LinkedBlockingQueue<>();

  /** Statuses of the answers to the next calls that are no SUBSCRIBE; then 202. */
  final Deque<Integer> refusals = new ConcurrentLinkedDeque<>();

  private @Nullable HttpExchange stream;
  private volatile boolean away;

  FakeAgent() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext("/api/v1/executor", this::handle);
    server.setExecutor(workers);
    server.start();
  }

  /** What an executor is started with. */
  Map<String, String> environment(String recovery) {
    return Map.of(
        "MESOS_AGENT_ENDPOINT",
        "127.0.0.1:" + server.getAddress().getPort(),
        "MESOS_EXECUTOR_ID",
        "e1",
        "MESOS_FRAMEWORK_ID",
        "f1",
        "MESOS_SLAVE_ID",
        "a1",
        "MESOS_EXECUTOR_AUTHENTICATION_TOKEN",
        TOKEN,
        "MESOS_RECOVERY_TIMEOUT",
        recovery);
  }

  private void handle(HttpExchange exchange) throws IOException {
    if (!("Bearer " + TOKEN).equals(exchange.getRequestHeaders().getFirst("Authorization"))) {
      answer(exchange, 401);
      return;
    }
    Call call = Call.parseFrom(exchange.getRequestBody().readAllBytes());
    assertThat(call.getExecutorId().getValue() + call.getFrameworkId().getValue())
        .isEqualTo("e1f1");
    if (away) {
      answer(exchange, 503);
    } else if (call.getType() == Call.Type.SUBSCRIBE) {
      exchange.getResponseHeaders().set("Content-Type", "application/x-protobuf");
      exchange.sendResponseHeaders(200, 0);
      synchronized (this) {
        stream = exchange;
      }
      sends(subscribed());
      subscriptions.add(call);
    } else {
      @Nullable Integer refusal = refusals.poll();
      calls.add(call);
      answer(exchange, refusal == null ? 202 : refusal);
    }
  }

  private static Event subscribed() {
    return Event.newBuilder()
        .setType(Event.Type.SUBSCRIBED)
        .setSubscribed(
            Event.Subscribed.newBuilder()
                .setExecutorInfo(
                    ExecutorInfo.newBuilder()
                        .setExecutorId(ExecutorID.newBuilder().setValue("e1"))
                        .setType(ExecutorInfo.Type.CUSTOM))
                .setFrameworkInfo(FrameworkInfo.newBuilder().setUser("").setName("old"))
                .setAgentInfo(
                    AgentInfo.newBuilder()
                        .setHostname("m1")
                        .setId(AgentID.newBuilder().setValue("a1"))))
        .build();
  }

  private static void answer(HttpExchange exchange, int status) throws IOException {
    exchange.getRequestBody().readAllBytes();
    exchange.sendResponseHeaders(status, -1);
    exchange.close();
  }

  synchronized void sends(Event event) throws IOException {
    HttpExchange open = Objects.requireNonNull(stream, "no executor is subscribed");
    open.getResponseBody().write(RecordIo.frame(event.toByteArray()));
    open.getResponseBody().flush();
  }

  /** It restarts: the stream ends, and until {@link #comesBack} it says that it recovers. */
  synchronized void goes() {
    away = true;
    Objects.requireNonNull(stream, "no executor is subscribed").close();
  }

  void comesBack() {
    away = false;
  }

  Call subscription() throws InterruptedException {
    return next(subscriptions);
  }

  /** The next that is no SUBSCRIBE. */
  Call call() throws InterruptedException {
    return next(calls);
  }

  boolean isCalled() {
    return !calls.isEmpty();
  }

  private static Call next(BlockingQueue<Call> of) throws InterruptedException {
    Call call = of.poll(30, TimeUnit.SECONDS);
    assertThat(call).as("a call within 30 s").isNotNull();
    return call;
  }

  @Override
  public void close() {
    server.stop(0);
    var unused = workers.shutdownNow();
  }
}
