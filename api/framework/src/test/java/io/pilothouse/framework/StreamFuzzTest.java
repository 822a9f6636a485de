package io.pilothouse.framework;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.pilothouse.mesos.RecordIo;
import io.pilothouse.mesos.v1.AgentID;
import io.pilothouse.mesos.v1.ExecutorID;
import io.pilothouse.mesos.v1.FrameworkID;
import io.pilothouse.mesos.v1.FrameworkInfo;
import io.pilothouse.mesos.v1.Offer;
import io.pilothouse.mesos.v1.OfferID;
import io.pilothouse.mesos.v1.TaskID;
import io.pilothouse.mesos.v1.TaskState;
import io.pilothouse.mesos.v1.TaskStatus;
import io.pilothouse.mesos.v1.scheduler.Event;
import io.pilothouse.testing.fuzz.Fuzz;
import io.pilothouse.testing.fuzz.HostileServer;
import io.pilothouse.testing.fuzz.Summary;
import io.pilothouse.testing.fuzz.Wording;
import java.io.ByteArrayOutputStream;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/**
 * What a scheduler answers to a framework that subscribes: told to the framework, or the stream is
 * given up and asked for again, or the framework ends with words.
 */
class StreamFuzzTest {
  private static final String HEAD =
      "HTTP/1.1 200 OK\r\nContent-Type: application/x-protobuf\r\nMesos-Stream-Id: s\r\n\r\n";

  private static byte[] answer(Event... events) {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    all.writeBytes(HEAD.getBytes(ISO_8859_1));
    for (Event each : events) {
      all.writeBytes(RecordIo.frame(each.toByteArray()));
    }
    return all.toByteArray();
  }

  private static Event event(Event.Type type) {
    return Event.newBuilder().setType(type).build();
  }

  private static Event subscribed() {
    return Event.newBuilder()
        .setType(Event.Type.SUBSCRIBED)
        .setSubscribed(
            Event.Subscribed.newBuilder()
                .setFrameworkId(FrameworkID.newBuilder().setValue("f"))
                .setHeartbeatIntervalSeconds(5))
        .build();
  }

  private static Event offers() {
    return Event.newBuilder()
        .setType(Event.Type.OFFERS)
        .setOffers(
            Event.Offers.newBuilder()
                .addOffers(
                    Offer.newBuilder()
                        .setId(OfferID.newBuilder().setValue("o"))
                        .setFrameworkId(FrameworkID.newBuilder().setValue("f"))
                        .setAgentId(AgentID.newBuilder().setValue("a"))
                        .setHostname("h")
                        .addResources(Tasks.scalar("cpus", 1))))
        .build();
  }

  private static Event update() {
    return Event.newBuilder()
        .setType(Event.Type.UPDATE)
        .setUpdate(
            Event.Update.newBuilder()
                .setStatus(
                    TaskStatus.newBuilder()
                        .setTaskId(TaskID.newBuilder().setValue("t"))
                        .setAgentId(AgentID.newBuilder().setValue("a"))
                        .setState(TaskState.TASK_RUNNING)
                        .setUuid(ByteString.copyFromUtf8("0123456789abcdef"))))
        .build();
  }

  private static Event message() {
    return Event.newBuilder()
        .setType(Event.Type.MESSAGE)
        .setMessage(
            Event.Message.newBuilder()
                .setAgentId(AgentID.newBuilder().setValue("a"))
                .setExecutorId(ExecutorID.newBuilder().setValue("e"))
                .setData(ByteString.copyFromUtf8("x")))
        .build();
  }

  /** Counts what it is told, and keeps the last word. */
  private static final class Ear implements FrameworkHandler {
    final AtomicInteger told = new AtomicInteger();
    final AtomicReference<@Nullable FrameworkException> error = new AtomicReference<>();
    private final Semaphore news;

    Ear(Semaphore news) {
      this.news = news;
    }

    @Override
    public void subscribed(Framework framework, Event.Subscribed subscribed) {
      told.incrementAndGet();
    }

    @Override
    public void offers(Framework framework, List<Offer> offers) {
      told.incrementAndGet();
    }

    @Override
    public void update(Framework framework, TaskStatus status) {
      told.incrementAndGet();
    }

    @Override
    public void error(Framework framework, FrameworkException why) {
      error.set(why);
      news.release();
    }
  }

  private static boolean isTold(HostileServer server, byte[] input) throws Exception {
    server.answers(input);
    Semaphore news = new Semaphore(0);
    AtomicInteger answers = new AtomicInteger();
    server.whenAnswered(
        () -> {
          answers.incrementAndGet();
          news.release();
        });
    Ear ear = new Ear(news);
    FrameworkOptions options =
        FrameworkOptions.of(
                List.of("127.0.0.1:" + server.port()),
                FrameworkInfo.newBuilder().setUser("").setName("n").setFailoverTimeout(60).build())
            .timing(
                new FrameworkOptions.Timing(
                    Duration.ofMillis(1), Duration.ofMillis(1), Duration.ofSeconds(20)));
    try (Framework framework = Framework.start(options, ear)) {
      // it asks again, or has ended
      while (answers.get() < 4 && ear.error.get() == null) {
        assertThat(news.tryAcquire(30, TimeUnit.SECONDS)).as("neither again nor over").isTrue();
      }
      assertThat(framework).isNotNull();
    }
    FrameworkException error = ear.error.get();
    if (error != null) {
      Wording.check(error.getMessage());
      assertThat(error.getMessage()).doesNotContain("its thread failed");
    }
    return error == null && ear.told.get() > 0;
  }

  @Test
  void answersOfASchedulerThatLies() throws Exception {
    try (HostileServer server = new HostileServer()) {
      Summary summary =
          Fuzz.of("framework-streams")
              .sound(answer(subscribed(), event(Event.Type.HEARTBEAT), offers(), update()))
              .sound(answer(subscribed(), message(), message()))
              .likely(
                  List.of(
                      "HTTP/1.1 307 X\r\nLocation: /b\r\nContent-Length: 0\r\n\r\n"
                          .getBytes(ISO_8859_1),
                      "HTTP/1.1 503 X\r\nContent-Length: 3\r\n\r\nno!".getBytes(ISO_8859_1),
                      "HTTP/1.1 403 X\r\nContent-Length: 3\r\n\r\nno!".getBytes(ISO_8859_1)))
              .tokens("\r\n", "\n", "0\n", "67108864\n", "67108865\n", "-1\n", "\0", "\u001b[2J")
              .tokens("Transfer-Encoding: chunked\r\n", "HTTP/1.1 100 X\r\n\r\n", "\u00ff\u00ff")
              .tokens("Content-Length: 5\r\n", "Mesos-Stream-Id: x\r\n", "Location: //:1/\r\n")
              .inputs(150)
              .run(input -> isTold(server, input));
      assertThat(summary.taken()).as(summary.toString()).isPositive();
      assertThat(summary.refused()).as(summary.toString()).isPositive();
    }
  }
}
