package io.pilothouse.repair;

import io.micrometer.core.instrument.MeterRegistry;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Clock;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.random.RandomGenerator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Posts spooled events to a ticket system, each until it answers 2xx: after growing pauses with
 * jitter, and for three days at most. Events of one ticket arrive in their order; one that is
 * refused holds up no other ticket.
 */
final class Webhook implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(Webhook.class);
  private static final Duration PATIENCE = Duration.ofSeconds(10);
  private static final int NAMED = 20;

  /**
   * When to try again, and when no more.
   *
   * @param first pause, doubled from try to try up to {@code longest}
   */
  record Retry(Duration first, Duration longest, Duration giveUpAfter) {
    static final Retry USUAL =
        new Retry(Duration.ofSeconds(1), Duration.ofMinutes(10), Duration.ofDays(3));

    /** Half to all of the doubled pause: many senders do not come back in step. */
    Duration after(int failures, RandomGenerator random) {
      long doubled = first.toMillis() << Math.min(30, Math.max(0, failures - 1));
      long pause = Math.min(longest.toMillis(), doubled);
      return Duration.ofMillis(pause - random.nextLong(pause / 2 + 1));
    }
  }

  private record Tries(int failures, long nextAt) {}

  private final URI url;
  private final Signature signature;
  private final Spool spool;
  private final Retry retry;
  private final Clock clock;
  private final RandomGenerator random;
  private final MeterRegistry meters;
  private final HttpClient http =
      HttpClient.newBuilder()
          .connectTimeout(PATIENCE)
          .followRedirects(HttpClient.Redirect.NEVER)
          .build();
  private final Map<String, Tries> tries = new HashMap<>();
  private volatile String lastFailure = "";

  Webhook(
      URI url,
      Signature signature,
      Spool spool,
      Retry retry,
      Clock clock,
      RandomGenerator random,
      MeterRegistry meters) {
    this.url = url;
    this.signature = signature;
    this.spool = spool;
    this.retry = retry;
    this.clock = clock;
    this.random = random;
    this.meters = meters;
  }

  /** Tries what is due. */
  void round() throws IOException, InterruptedException {
    Set<String> blocked = new HashSet<>();
    for (Spool.Event event : spool.pending()) {
      Tries before = tries.getOrDefault(event.key(), new Tries(0, 0));
      boolean due = before.nextAt() <= clock.millis();
      if (blocked.contains(event.subject()) || !due || !deliver(event, before)) {
        blocked.add(event.subject());
      }
    }
  }

  private boolean deliver(Spool.Event event, Tries before)
      throws IOException, InterruptedException {
    String failure = post(event);
    if (failure.isEmpty()) {
      spool.delivered(event);
      tries.remove(event.key());
      lastFailure = "";
      count("delivered");
      return true;
    }
    lastFailure = event.key() + ": " + failure;
    count("failed");
    if (clock.millis() - event.createdAt() >= retry.giveUpAfter().toMillis()) {
      spool.giveUp(event);
      tries.remove(event.key());
      count("dead");
      log.error("{}: given up, {}", event.key(), failure);
      return true;
    }
    int failures = before.failures() + 1;
    Duration pause = retry.after(failures, random);
    tries.put(event.key(), new Tries(failures, clock.millis() + pause.toMillis()));
    log.warn("{}: not taken ({}), try {} in {}", event.key(), failure, failures + 1, pause);
    return false;
  }

  /** Why it was not taken; empty when it was. */
  private String post(Spool.Event event) throws IOException, InterruptedException {
    byte[] body = spool.body(event);
    long seconds = clock.instant().getEpochSecond();
    HttpRequest request =
        HttpRequest.newBuilder(url)
            .timeout(PATIENCE)
            .header("Content-Type", "application/json")
            .header("User-Agent", "pilothouse-repair")
            .header("Idempotency-Key", event.key())
            .header(Signature.HEADER, signature.of(seconds, body))
            .POST(HttpRequest.BodyPublishers.ofByteArray(body))
            .build();
    try {
      HttpResponse<Void> answer = http.send(request, HttpResponse.BodyHandlers.discarding());
      int status = answer.statusCode();
      return status >= 200 && status < 300 ? "" : "answered " + status;
    } catch (IOException e) {
      return "no answer: " + e;
    }
  }

  private void count(String outcome) {
    meters.counter("pilot.repair.webhook", "outcome", outcome).increment();
  }

  /** For {@code /status}. Neither path nor query: people put secrets there. */
  Map<String, Object> describe() {
    Map<String, Object> described = new LinkedHashMap<>();
    described.put("to", url.getScheme() + "://" + url.getHost() + port());
    described.put("last_failure", lastFailure);
    try {
      described.put("waiting", spool.pending().size());
      described.put("dead", spool.deadCount());
      described.put("dead_letters", spool.dead(NAMED));
    } catch (IOException e) {
      described.put("spool", "cannot be read: " + e);
    }
    return described;
  }

  private String port() {
    return url.getPort() < 0 ? "" : ":" + url.getPort();
  }

  @Override
  public void close() {
    http.close();
  }
}
