package io.pilothouse.tasks;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.pilothouse.mesos.MediaType;
import io.pilothouse.mesos.RecordReader;
import io.pilothouse.mesos.v1.ExecutorID;
import io.pilothouse.mesos.v1.FrameworkID;
import io.pilothouse.mesos.v1.TaskID;
import io.pilothouse.mesos.v1.TaskState;
import io.pilothouse.mesos.v1.TaskStatus;
import io.pilothouse.mesos.v1.executor.Call;
import io.pilothouse.mesos.v1.executor.Event;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What the test says in the place of an executor's process, which itself only writes down its
 * environment and waits.
 */
final class PlayedExecutor implements AutoCloseable {
  /** Of such a process: it ends when told to. */
  static final String LINE =
      "env >env.new; mv env.new env; while [ ! -e go ]; do sleep 0.02; done; exit $(cat go)";

  private static final long PATIENCE_S = 20;
  private static final int LONGEST = 16 << 20;

  private final HttpClient http = HttpClient.newHttpClient();
  private final BlockingQueue<Event> events = new LinkedBlockingQueue<>();
  private final MediaType type;
  final Map<String, String> environment;
  final Path sandbox;
  final String framework;
  final String id;
  String token;

  private PlayedExecutor(MediaType type, Path sandbox, Map<String, String> environment) {
    this.type = type;
    this.sandbox = sandbox;
    this.environment = environment;
    this.framework = environment.get("MESOS_FRAMEWORK_ID");
    this.id = environment.get("MESOS_EXECUTOR_ID");
    this.token = environment.get("MESOS_EXECUTOR_AUTHENTICATION_TOKEN");
  }

  /** The one of that id, once its process is there. */
  static PlayedExecutor of(Desk desk, String id, MediaType type) throws Exception {
    Path latest = desk.disk.resolve("tasks/frameworks/f-1/executors/%s/runs/latest".formatted(id));
    desk.await(() -> Files.exists(latest.resolve("env")));
    Map<String, String> environment =
        Files.readAllLines(latest.resolve("env")).stream()
            .filter(line -> line.contains("="))
            .collect(
                Collectors.toMap(
                    line -> line.substring(0, line.indexOf('=')),
                    line -> line.substring(line.indexOf('=') + 1),
                    (a, b) -> b));
    return new PlayedExecutor(type, latest.toRealPath(), environment);
  }

  Call.Builder call(Call.Type kind) {
    return Call.newBuilder()
        .setType(kind)
        .setFrameworkId(FrameworkID.newBuilder().setValue(framework))
        .setExecutorId(ExecutorID.newBuilder().setValue(id));
  }

  HttpRequest.Builder request(byte[] body) {
    return HttpRequest.newBuilder(
            URI.create("http://" + environment.get("MESOS_AGENT_ENDPOINT") + "/api/v1/executor"))
        .header("Content-Type", type.header())
        .header("Accept", type.header())
        .header("Authorization", "Bearer " + token)
        .POST(BodyPublishers.ofByteArray(body));
  }

  HttpResponse<String> send(HttpRequest request) throws Exception {
    return http.send(request, BodyHandlers.ofString());
  }

  HttpResponse<String> send(Call.Builder call) throws Exception {
    return send(request(type.write(call.build())).build());
  }

  void subscribes() throws Exception {
    subscribes(Call.Subscribe.newBuilder());
  }

  void subscribes(Call.Subscribe.Builder with) throws Exception {
    HttpResponse<InputStream> answer =
        http.send(
            request(type.write(call(Call.Type.SUBSCRIBE).setSubscribe(with).build())).build(),
            BodyHandlers.ofInputStream());
    assertThat(answer.statusCode()).isEqualTo(200);
    assertThat(answer.headers().firstValue("Content-Type")).hasValue(type.header());
    Thread.ofVirtual().start(() -> read(answer.body()));
  }

  private void read(InputStream in) {
    RecordReader records = new RecordReader(LONGEST);
    byte[] piece = new byte[8192];
    try (in) {
      for (int read = in.read(piece); read >= 0; read = in.read(piece)) {
        records.feed(ByteBuffer.wrap(piece, 0, read), record -> events.add(event(record)));
      }
    } catch (Exception e) {
      // the agent or the test is at its end
    }
    events.add(Event.newBuilder().setType(Event.Type.UNKNOWN).build()); // the stream's end
  }

  private Event event(byte[] record) {
    try {
      return type.read(record, Event.getDefaultInstance(), "Event");
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  /** The next event, which is of this kind. */
  Event hears(Event.Type kind) throws Exception {
    @Nullable Event next = events.poll(PATIENCE_S, TimeUnit.SECONDS);
    assertThat(next).as("an event %s", kind).isNotNull();
    assertThat(next.getType()).as(next.toString()).isEqualTo(kind);
    return next;
  }

  /** Two events of two streams, in whatever order. */
  void hearsBoth(Event.Type one, Event.Type other) throws Exception {
    List<Event.Type> heard = new ArrayList<>();
    for (int i = 0; i < 2; i++) {
      @Nullable Event next = events.poll(PATIENCE_S, TimeUnit.SECONDS);
      assertThat(next).as("events %s and %s", one, other).isNotNull();
      heard.add(next.getType());
    }
    assertThat(heard).containsExactlyInAnyOrder(one, other);
  }

  boolean hasHeardAll() {
    return events.isEmpty();
  }

  static ByteString uuid() {
    UUID uuid = UUID.randomUUID();
    ByteBuffer bytes = ByteBuffer.allocate(16);
    bytes.putLong(uuid.getMostSignificantBits()).putLong(uuid.getLeastSignificantBits()).flip();
    return ByteString.copyFrom(bytes);
  }

  TaskStatus.Builder status(String task, TaskState state) {
    return TaskStatus.newBuilder()
        .setTaskId(TaskID.newBuilder().setValue(task))
        .setState(state)
        .setSource(TaskStatus.Source.SOURCE_EXECUTOR)
        .setUuid(uuid());
  }

  Call.Builder update(TaskStatus.Builder status) {
    return call(Call.Type.UPDATE).setUpdate(Call.Update.newBuilder().setStatus(status));
  }

  /** What it says of a task is taken. */
  ByteString tells(String task, TaskState state) throws Exception {
    TaskStatus.Builder status = status(task, state);
    HttpResponse<String> answer = send(update(status));
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(202);
    return status.getUuid();
  }

  /** Its process does. */
  void exits(int status) throws Exception {
    Path fresh = sandbox.resolve("go.new");
    Files.writeString(fresh, Integer.toString(status));
    Files.move(fresh, sandbox.resolve("go"));
  }

  /** Its connections break. */
  @Override
  public void close() {
    http.shutdownNow();
  }
}
