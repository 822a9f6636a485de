package io.pilothouse.repair;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.pilothouse.api.v1.Machine;
import io.pilothouse.api.v1.Repair;
import io.pilothouse.api.v1.RepairTask;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Ticket events reach a ticket system that is down, slow to believe, or up. */
final class WebhookTest {
  private static final String SECRET = "a secret of more than sixteen bytes";

  /** Said to the receiver. */
  private record Received(String key, String signature, String body) {}

  private static final class TestClock extends Clock {
    Instant now = Instant.parse("2026-01-01T12:00:00Z");

    @Override
    public ZoneId getZone() {
      return ZoneOffset.UTC;
    }

    @Override
    public Clock withZone(ZoneId zone) {
      return this;
    }

    @Override
    public Instant instant() {
      return now;
    }
  }

  @TempDir Path directory;
  private final List<Received> received = Collections.synchronizedList(new ArrayList<>());
  private final Deque<Integer> answers = new ArrayDeque<>();
  private final TestClock clock = new TestClock();
  private HttpServer receiver;
  private Spool spool;
  private Webhook webhook;
  private TicketEvents events;

  @BeforeEach
  void start() throws IOException {
    receiver = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    receiver.createContext("/hook", this::take);
    receiver.start();
    sender();
  }

  private void sender() throws IOException {
    spool = new Spool(directory.resolve("spool"), 4, clock);
    events = new TicketEvents(Optional.of(spool), clock);
    webhook =
        new Webhook(
            URI.create("http://127.0.0.1:%d/hook?token=hidden".formatted(port())),
            new Signature(SECRET.getBytes(StandardCharsets.UTF_8)),
            spool,
            new Webhook.Retry(Duration.ofSeconds(1), Duration.ofMinutes(1), Duration.ofHours(1)),
            clock,
            new Random(7),
            new SimpleMeterRegistry());
  }

  private int port() {
    return receiver.getAddress().getPort();
  }

  @AfterEach
  void stop() {
    webhook.close();
    receiver.stop(0);
  }

  private void take(HttpExchange exchange) throws IOException {
    try (exchange) {
      received.add(
          new Received(
              exchange.getRequestHeaders().getFirst("Idempotency-Key"),
              exchange.getRequestHeaders().getFirst(Signature.HEADER),
              new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8)));
      int status = answers.isEmpty() ? 204 : answers.poll();
      if (status == 302) {
        exchange.getResponseHeaders().set("Location", "/hook");
      }
      exchange.sendResponseHeaders(status, -1);
    }
  }

  private void passes(Duration span) throws Exception {
    Instant until = clock.now.plus(span);
    while (clock.now.isBefore(until)) {
      webhook.round();
      clock.now = clock.now.plusSeconds(1);
    }
    webhook.round();
  }

  @Test
  void ticketIsPostedOnceWithASignatureThatTheReceiverCanCheck() throws Exception {
    events.opened(task("R-7"), "V-r1-R-7", 1);
    passes(Duration.ofSeconds(5));
    assertThat(received).hasSize(1);
    Received event = received.get(0);
    assertThat(event.key()).isEqualTo("R-7/ticket.opened");
    assertThat(event.body())
        .contains("\"event\" : \"ticket.opened\"", "\"machine\" : \"web-04\"", "\"V-r1-R-7\"");
    assertThat(event.signature()).isEqualTo(expected(clock, event));
    assertThat(spool.pending()).isEmpty();
  }

  private String expected(TestClock at, Received event) throws Exception {
    String seconds = event.signature().substring(2, event.signature().indexOf(','));
    assertThat(Long.parseLong(seconds)).isLessThanOrEqualTo(at.now.getEpochSecond());
    Mac mac = Mac.getInstance("HmacSHA256");
    mac.init(new SecretKeySpec(SECRET.getBytes(StandardCharsets.UTF_8), "HmacSHA256"));
    byte[] signed = (seconds + "." + event.body()).getBytes(StandardCharsets.UTF_8);
    return "t=%s,v1=%s".formatted(seconds, HexFormat.of().formatHex(mac.doFinal(signed)));
  }

  @Test
  void whateverIsNot2xxIsTriedAgainUnderTheSameKey() throws Exception {
    answers.addAll(List.of(500, 429, 404, 302));
    events.opened(task("R-7"), "", 1);
    passes(Duration.ofMinutes(1));
    assertThat(received).hasSize(5);
    assertThat(received).extracting(Received::key).containsOnly("R-7/ticket.opened");
    assertThat(received).extracting(Received::body).containsOnly(received.get(0).body());
    assertThat(spool.pending()).isEmpty();
  }

  @Test
  void pausesGrowAndAreNotInStep() {
    Webhook.Retry retry = Webhook.Retry.USUAL;
    Random random = new Random(3);
    for (int failures = 1; failures < 40; failures++) {
      long full = Math.min(600_000, 1000L << Math.min(30, failures - 1));
      assertThat(retry.after(failures, random).toMillis()).isBetween(full / 2, full);
    }
  }

  @Test
  void restartSendsWhatHadNotBeenTaken() throws Exception {
    answers.add(503);
    events.opened(task("R-7"), "", 1);
    webhook.round();
    webhook.close();
    sender();
    webhook.round();
    assertThat(received).extracting(Received::key).containsOnly("R-7/ticket.opened").hasSize(2);
  }

  @Test
  void oneTicketsEventsKeepTheirOrderAndHoldUpNoOther() throws Exception {
    answers.add(500);
    events.opened(task("R-7"), "", 1);
    events.closed("R-7", 1);
    events.opened(task("R-8"), "", 1);
    webhook.round();
    assertThat(received)
        .extracting(Received::key)
        .containsExactly("R-7/ticket.opened", "R-8/ticket.opened");
    passes(Duration.ofSeconds(3));
    assertThat(received)
        .extracting(Received::key)
        .endsWith("R-7/ticket.opened", "R-7/ticket.closed");
  }

  @Test
  void whatIsNeverTakenIsKeptWithTheDeadAndShown() throws Exception {
    receiver.stop(0);
    events.opened(task("R-7"), "", 1);
    passes(Duration.ofMinutes(63));
    assertThat(spool.pending()).isEmpty();
    assertThat(webhook.describe())
        .containsEntry("dead", 1)
        .containsEntry("dead_letters", List.of("R-7/ticket.opened"));
    assertThat(webhook.describe().toString())
        .as("no secret of the address")
        .doesNotContain("hidden");
  }

  @Test
  void spoolIsBoundedAndSaysWhatItDropped() throws Exception {
    for (int i = 1; i <= 6; i++) {
      events.opened(task("R-" + i), "", 1);
    }
    events.opened(task("R-1"), "", 1); // is there already
    assertThat(spool.pending()).hasSize(4);
    assertThat(spool.dead(9)).containsExactly("R-5/ticket.opened", "R-6/ticket.opened");
  }

  @Test
  void visitIsToldOnceForEachChange() throws Exception {
    events.visit("V-r1-R-7", "r1", List.of(task("R-7")));
    events.visit("V-r1-R-7", "r1", List.of(task("R-7")));
    events.visit("V-r1-R-7", "r1", List.of(task("R-7"), task("R-8")));
    webhook.round();
    assertThat(received).hasSize(2);
    assertThat(received.get(1).body()).contains("visit.updated", "\"R-8\"");
  }

  @Test
  void secretThatIsTooShortIsRefused() throws Exception {
    Path file = directory.resolve("secret");
    Files.writeString(file, "short\n");
    assertThatThrownBy(() -> Signature.fromFile(file))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("has 5 bytes, at least 16 are needed");
  }

  private static RepairTask task(String repair) {
    return RepairTask.newBuilder()
        .setRepair(Repair.newBuilder().setId(repair).setMachine("web-04").addEvidence("disk"))
        .setMachine(Machine.newBuilder().setName("web-04").setRack("r1"))
        .build();
  }
}
