package io.pilothouse.driver;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import io.pilothouse.mesos.RecordIo;
import io.pilothouse.testing.fuzz.Fuzz;
import io.pilothouse.testing.fuzz.HostileServer;
import io.pilothouse.testing.fuzz.Summary;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** What the driver for old frameworks reads: messages, and a scheduler's answers that lie. */
class StreamsFuzzTest {
  private static final String HEAD =
      "HTTP/1.1 200 OK\r\nContent-Type: application/x-protobuf\r\nMesos-Stream-Id: s\r\n\r\n";

  private static byte[] answer(Message... events) {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    all.writeBytes(HEAD.getBytes(ISO_8859_1));
    for (Message each : events) {
      all.writeBytes(RecordIo.frame(each.toBytes()));
    }
    return all.toByteArray();
  }

  private static Message event(int type, int field, Message body) {
    return new Message().number(1, type).message(field, body);
  }

  private static Message id(String text) {
    return new Message().text(1, text);
  }

  private static Message subscribed() {
    return event(1, 2, new Message().message(1, id("f")).real(2, 5));
  }

  private static Message update() {
    Message status = new Message().message(1, id("t")).number(2, 1).message(5, id("a"));
    status.text(11, "0123456789abcdef");
    return event(4, 5, new Message().message(1, status));
  }

  private static Message offers() {
    Message offer = new Message().message(1, id("o")).message(2, id("f")).message(3, id("a"));
    return event(2, 3, new Message().message(1, offer.text(4, "h")));
  }

  private static Message failure() {
    return event(6, 7, new Message().message(1, id("a")).message(2, id("e")).number(3, 1));
  }

  /** Counts what it is told, and reads it as a framework's classes would. */
  private static final class Ear implements Listener {
    final AtomicInteger told = new AtomicInteger();
    final AtomicReference<@Nullable String> error = new AtomicReference<>();
    private final Semaphore news;

    Ear(Semaphore news) {
      this.news = news;
    }

    private void reads(byte[]... messages) throws IOException {
      for (byte[] each : messages) {
        var unused = Fields.of(each);
      }
      told.incrementAndGet();
    }

    @Override
    public void registered(byte[] framework, byte[] master) throws IOException {
      reads(framework, master);
    }

    @Override
    public void reregistered(byte[] master) throws IOException {
      reads(master);
    }

    @Override
    public void disconnected() {}

    @Override
    public void offers(List<byte[]> offers) throws IOException {
      reads(offers.toArray(new byte[0][]));
    }

    @Override
    public void rescinded(byte[] offer) throws IOException {
      reads(offer);
    }

    @Override
    public void update(byte[] status) throws IOException {
      reads(status);
    }

    @Override
    public void message(byte[] executor, byte[] agent, byte[] data) throws IOException {
      reads(executor, agent);
    }

    @Override
    public void agentLost(byte[] agent) throws IOException {
      reads(agent);
    }

    @Override
    public void executorLost(byte[] executor, byte[] agent, int status) throws IOException {
      reads(executor, agent);
    }

    @Override
    public void error(String text) {
      error.set(text);
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
    Driver driver =
        new Driver(
            new Settings(
                "127.0.0.1:" + server.port(),
                Optional.empty(),
                true,
                new Settings.Timing(
                    Duration.ofMillis(1), Duration.ofMillis(1), Duration.ofSeconds(20))),
            Self.of(new Message().text(2, "n").toBytes(), List.of(), new byte[0], "u", "h"),
            ear);
    assertThat(driver.start()).isEqualTo(State.RUNNING);
    while (answers.get() < 4 && ear.error.get() == null) {
      assertThat(news.tryAcquire(30, TimeUnit.SECONDS)).as("neither again nor over").isTrue();
    }
    var unused = driver.stop(true);
    String error = ear.error.get();
    assertThat(String.valueOf(error)).doesNotContain("the driver has a fault");
    return error == null && ear.told.get() > 0;
  }

  @Test
  void answersOfASchedulerThatLies() throws Exception {
    try (HostileServer server = new HostileServer()) {
      both(
          Fuzz.of("driver-streams")
              .sound(answer(subscribed(), offers(), update(), failure()))
              .likely(
                  List.of(
                      "HTTP/1.1 307 X\r\nLocation: /b\r\nContent-Length: 0\r\n\r\n"
                          .getBytes(ISO_8859_1),
                      "HTTP/1.1 403 X\r\nContent-Length: 3\r\n\r\nno!".getBytes(ISO_8859_1)))
              .tokens("\r\n", "\n", "0\n", "67108864\n", "67108865\n", "-1\n", "\0", "\u00ff\u00ff")
              .tokens("Transfer-Encoding: chunked\r\n", "HTTP/1.1 100 X\r\n\r\n")
              .tokens("Content-Length: 5\r\n", "Mesos-Stream-Id: x\r\n", "Location: //:1/\r\n")
              .inputs(150)
              .run(input -> isTold(server, input)));
    }
  }

  @Test
  void messages() {
    both(
        Fuzz.of("driver-fields")
            .sound(
                List.of(
                    subscribed().toBytes(),
                    update().toBytes(),
                    offers().toBytes(),
                    failure().toBytes()))
            .tokens("\n\u0001a", "\u0008", "\u0009", "\r", "\u00ff\u00ff\u00ff\u000f", "\u0012")
            .inputs(20_000)
            .allocating(1 << 20, 200)
            .run(
                input -> {
                  try {
                    Fields fields = Fields.of(input);
                    for (int number = 0; number < 12; number++) {
                      assertThat(fields.all(number).isEmpty()).isEqualTo(!fields.has(number));
                      assertThat(fields.text(number)).isNotNull();
                      var unused = fields.real(number);
                    }
                    return true;
                  } catch (IOException e) {
                    assertThat(e.getMessage()).isNotBlank();
                    return false;
                  }
                }));
  }

  private static void both(Summary summary) {
    assertThat(summary.taken()).as(summary.toString()).isPositive();
    assertThat(summary.refused()).as(summary.toString()).isPositive();
  }
}
