package io.pilothouse.framework.testing;

import com.google.protobuf.ByteString;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.pilothouse.framework.FrameworkOptions;
import io.pilothouse.framework.Tasks;
import io.pilothouse.mesos.BadBodyException;
import io.pilothouse.mesos.MediaType;
import io.pilothouse.mesos.v1.AgentID;
import io.pilothouse.mesos.v1.FrameworkID;
import io.pilothouse.mesos.v1.Offer;
import io.pilothouse.mesos.v1.OfferID;
import io.pilothouse.mesos.v1.TaskID;
import io.pilothouse.mesos.v1.TaskState;
import io.pilothouse.mesos.v1.TaskStatus;
import io.pilothouse.mesos.v1.scheduler.Call;
import io.pilothouse.mesos.v1.scheduler.Event;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.Base64;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * A scheduler on a loopback port that does as a test says: it takes one framework's subscription
 * and its calls, JSON or protobuf, and sends what it is told to send. Beside that it keeps to the
 * protocol: an id of the stream in every call, ERROR to the older of two streams and to ids that
 * were torn down, heartbeats.
 */
public final class FakeMaster implements AutoCloseable {
  private static final String PATH = "/api/v1/scheduler";

  /** In place of a status. */
  private static final int NO_ANSWER = 0;

  /** To all requests, or to all that are no SUBSCRIBE. */
  private record Refusal(int status, String text, Optional<String> location, boolean all) {}

  private final HttpServer server;
  private final ThreadFactory threads = Thread.ofPlatform().daemon().name("fake-master").factory();
  private final ExecutorService workers = Executors.newCachedThreadPool(threads);
  private final ScheduledExecutorService beats = Executors.newScheduledThreadPool(1, threads);
  private final Heard heard = new Heard();
  private final Set<String> ended = new HashSet<>();
  private final AtomicInteger numbers = new AtomicInteger();
  private final Duration heartbeat;
  private @Nullable FakeStream stream;
  private volatile boolean beating = true;
  private volatile Optional<Refusal> refusal = Optional.empty();
  private volatile Optional<String> authorization = Optional.empty();

  private FakeMaster(HttpServer server, Duration heartbeat) {
    this.server = server;
    this.heartbeat = heartbeat;
  }

  public static FakeMaster start() {
    return start(Duration.ofSeconds(15));
  }

  /**
   * With heartbeats of its own.
   *
   * @param heartbeat between two heartbeats; SUBSCRIBED says so, too
   */
  public static FakeMaster start(Duration heartbeat) {
    try {
      FakeMaster master =
          new FakeMaster(
              HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0),
              heartbeat);
      master.server.createContext(PATH, master::handle);
      master.server.setExecutor(master.workers);
      master.server.start();
      var unused =
          master.beats.scheduleAtFixedRate(
              master::beat, heartbeat.toMillis(), heartbeat.toMillis(), TimeUnit.MILLISECONDS);
      return master;
    } catch (IOException e) {
      throw new UncheckedIOException("no loopback port for a fake master", e);
    }
  }

  /** Host and port, as {@link FrameworkOptions#of} takes it. */
  public String address() {
    return server.getAddress().getAddress().getHostAddress() + ":" + server.getAddress().getPort();
  }

  /** From now on only who proves to be this one is served. */
  public void asksFor(String principal, String secret) {
    byte[] pair = (principal + ":" + secret).getBytes(StandardCharsets.UTF_8);
    authorization = Optional.of("Basic " + Base64.getEncoder().encodeToString(pair));
  }

  /** From now on it is a standby, and knows who leads. */
  public void standsBehind(FakeMaster leader) {
    refusal = Optional.of(new Refusal(307, "", Optional.of("//" + leader.address() + PATH), true));
  }

  /** From now on every request is answered so, such as 503 "No leader elected". */
  public void refuses(int status, String text) {
    refusal = Optional.of(new Refusal(status, text, Optional.empty(), true));
  }

  /** From now on it subscribes, and answers every other call so. */
  public void refusesCalls(int status, String text) {
    refusal = Optional.of(new Refusal(status, text, Optional.empty(), false));
  }

  /** From now on it subscribes, and ends the connection of every other call without an answer. */
  public void answersNoCalls() {
    refusal = Optional.of(new Refusal(NO_ANSWER, "", Optional.empty(), false));
  }

  /** It serves again. */
  public void serves() {
    refusal = Optional.empty();
  }

  public void stopsHeartbeats() {
    beating = false;
  }

  /** Waits for the next call of the type, SUBSCRIBE among them, and takes it: at most 30 s. */
  public Call next(Call.Type type) throws InterruptedException {
    return heard.next(type);
  }

  /** Those of the type that came and were not taken. */
  public List<Call> heard(Call.Type type) {
    return heard.of(type);
  }

  /** An offer with an id of its own; to be given to {@link #offers}. */
  public Offer offer(String host, double cpus, double mem) {
    return Offer.newBuilder()
        .setId(OfferID.newBuilder().setValue("offer-" + numbers.incrementAndGet()))
        .setFrameworkId(FrameworkID.newBuilder().setValue(current().framework))
        .setAgentId(AgentID.newBuilder().setValue("agent-of-" + host))
        .setHostname(host)
        .addResources(Tasks.scalar("cpus", cpus))
        .addResources(Tasks.scalar("mem", mem))
        .build();
  }

  public void offers(Offer... offers) {
    send(
        Event.newBuilder()
            .setType(Event.Type.OFFERS)
            .setOffers(Event.Offers.newBuilder().addAllOffers(Arrays.asList(offers)))
            .build());
  }

  public void rescinds(OfferID offer) {
    send(
        Event.newBuilder()
            .setType(Event.Type.RESCIND)
            .setRescind(Event.Rescind.newBuilder().setOfferId(offer))
            .build());
  }

  /** An update that is to be acknowledged. */
  public TaskStatus updates(TaskID task, AgentID agent, TaskState state) {
    return updates(TaskStatus.newBuilder().setTaskId(task).setAgentId(agent).setState(state));
  }

  /** The same, with whatever else a status says. */
  public TaskStatus updates(TaskStatus.Builder with) {
    TaskStatus status =
        with.setUuid(ByteString.copyFromUtf8("update-" + numbers.incrementAndGet())).build();
    send(
        Event.newBuilder()
            .setType(Event.Type.UPDATE)
            .setUpdate(Event.Update.newBuilder().setStatus(status))
            .build());
    return status;
  }

  /** ERROR, and the stream's end. */
  public void error(String text) {
    tellError(current(), text);
  }

  /** Any event, on the stream that is open. */
  public void send(Event event) {
    try {
      current().send(event);
    } catch (IOException e) {
      throw new UncheckedIOException("the framework does not read its stream", e);
    }
  }

  /** Bytes as they are, such as half an event. */
  public void sendRaw(byte[] bytes) {
    try {
      current().bytes(bytes);
    } catch (IOException e) {
      throw new UncheckedIOException("the framework does not read its stream", e);
    }
  }

  /** The stream is over without a word. */
  public void dropsStream() {
    FakeStream dropped = current();
    forget(dropped);
    dropped.end();
  }

  private synchronized FakeStream current() {
    @Nullable FakeStream open = stream;
    if (open == null) {
      throw new IllegalStateException("no framework is subscribed: wait for next(SUBSCRIBE)");
    }
    return open;
  }

  private synchronized void forget(FakeStream of) {
    if (Objects.equals(stream, of)) {
      stream = null;
    }
  }

  private void beat() {
    @Nullable FakeStream open;
    synchronized (this) {
      open = stream;
    }
    if (open == null || !beating) {
      return;
    }
    try {
      open.send(Event.newBuilder().setType(Event.Type.HEARTBEAT).build());
    } catch (IOException e) {
      forget(open); // its reader is gone
    }
  }

  private void handle(HttpExchange exchange) throws IOException {
    Optional<Refusal> refused = refusal;
    @Nullable String who = exchange.getRequestHeaders().getFirst("Authorization");
    if (authorization.isPresent() && !authorization.get().equals(who)) {
      answer(exchange, 401, "");
      return;
    }
    if (refused.isPresent() && refused.get().all()) {
      refused.get().location().ifPresent(to -> exchange.getResponseHeaders().set("Location", to));
      answer(exchange, refused.get().status(), refused.get().text());
      return;
    }
    Optional<MediaType> type =
        MediaType.of(String.valueOf(exchange.getRequestHeaders().getFirst("Content-Type")));
    if (type.isEmpty()) {
      answer(
          exchange, 415, "Expecting 'Content-Type' of application/json or application/x-protobuf");
      return;
    }
    Call call;
    try {
      byte[] body = exchange.getRequestBody().readAllBytes();
      call = type.get().read(body, Call.getDefaultInstance(), "Call");
    } catch (BadBodyException e) {
      answer(exchange, 400, e.getMessage());
      return;
    }
    if (call.getType() == Call.Type.SUBSCRIBE) {
      subscribe(exchange, call);
    } else if (refused.isPresent() && refused.get().status() == NO_ANSWER) {
      exchange.close();
    } else if (refused.isPresent()) {
      answer(exchange, refused.get().status(), refused.get().text());
    } else {
      take(exchange, call);
    }
  }

  private void subscribe(HttpExchange exchange, Call call) throws IOException {
    String wanted = call.getSubscribe().getFrameworkInfo().getId().getValue();
    int number = numbers.incrementAndGet();
    String id = wanted.isEmpty() ? "framework-" + number : wanted;
    String accept = String.valueOf(exchange.getRequestHeaders().getFirst("Accept"));
    MediaType type = MediaType.of(accept).orElse(MediaType.JSON);
    FakeStream opened = new FakeStream("stream-" + number, id, exchange, type);
    @Nullable FakeStream older;
    boolean over;
    synchronized (this) {
      over = ended.contains(id);
      older = stream;
      stream = over ? null : opened;
    }
    if (over) {
      tellError(opened, "Framework has been removed");
      heard.add(call);
      return;
    }
    if (older != null) {
      tellError(older, "Framework failed over");
    }
    opened.send(
        Event.newBuilder()
            .setType(Event.Type.SUBSCRIBED)
            .setSubscribed(
                Event.Subscribed.newBuilder()
                    .setFrameworkId(FrameworkID.newBuilder().setValue(id))
                    .setHeartbeatIntervalSeconds(heartbeat.toMillis() / 1000.0))
            .build());
    // told when there is a stream to send on
    heard.add(call);
  }

  private void take(HttpExchange exchange, Call call) throws IOException {
    @Nullable String from = exchange.getRequestHeaders().getFirst("Mesos-Stream-Id");
    @Nullable FakeStream open;
    synchronized (this) {
      open = stream;
    }
    if (open == null || !open.framework.equals(call.getFrameworkId().getValue())) {
      answer(exchange, 403, "Framework is not subscribed");
    } else if (!open.id.equals(from)) {
      answer(exchange, 400, "The stream ID '%s' is not that of the stream".formatted(from));
    } else {
      heard.add(call);
      boolean teardown = call.getType() == Call.Type.TEARDOWN;
      if (teardown) {
        synchronized (this) {
          ended.add(open.framework);
        }
        forget(open);
        open.end(); // before the answer, as it may be
      }
      answer(exchange, 202, "");
    }
  }

  private void tellError(FakeStream to, String text) {
    try {
      to.send(
          Event.newBuilder()
              .setType(Event.Type.ERROR)
              .setError(Event.Error.newBuilder().setMessage(text))
              .build());
    } catch (IOException e) {
      // its reader is gone, and needs no telling
    }
    forget(to);
    to.end();
  }

  private static void answer(HttpExchange exchange, int status, String text) throws IOException {
    exchange.getRequestBody().readAllBytes();
    byte[] body = text.getBytes(StandardCharsets.UTF_8);
    exchange.sendResponseHeaders(status, body.length == 0 ? -1 : body.length);
    exchange.getResponseBody().write(body);
    exchange.close();
  }

  @Override
  public void close() {
    var unused = beats.shutdownNow();
    server.stop(0);
    var unusedToo = workers.shutdownNow();
  }
}
