package io.pilothouse.scheduler.http;

import static io.pilothouse.scheduler.http.Subscriber.PATH;
import static io.pilothouse.scheduler.http.Subscriber.call;
import static io.pilothouse.scheduler.http.Subscriber.subscribe;
import static org.assertj.core.api.Assertions.assertThat;

import io.pilothouse.mesos.MediaType;
import io.pilothouse.mesos.v1.scheduler.Event;
import io.pilothouse.scheduler.Site;
import io.pilothouse.scheduler.http.RateLimits.Limit;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** Turns and limits, over a real port. */
class CallsInTurnTest {
  private static final String REVIVE = "{'type':'REVIVE'}";

  @Test
  void anothersCallIsAnsweredWhileOneFloods() throws Exception {
    try (Site site = new Site();
        Client flood = new Client(MediaType.JSON, site.url(PATH));
        Client honest = new Client(MediaType.JSON, site.url(PATH));
        Client.Reader<Event> floods = subscribe(flood);
        Client.Reader<Event> stream = subscribe(honest)) {
      String floodId = floods.next().getSubscribed().getFrameworkId().getValue();
      String id = stream.next().getSubscribed().getFrameworkId().getValue();
      CountDownLatch held = new CountDownLatch(1);
      CountDownLatch goOn = new CountDownLatch(1);
      site.loop.submit(
          (core, now) -> {
            held.countDown();
            awaits(goOn);
          });
      assertThat(held.await(20, TimeUnit.SECONDS)).isTrue();
      // with the core held, all of these wait; then one of the other
      List<CompletableFuture<Integer>> flooding = new ArrayList<>();
      for (int i = 0; i < 200; i++) {
        flooding.add(sent(() -> call(flood, floods, floodId, REVIVE)));
      }
      CompletableFuture<Integer> one = sent(() -> call(honest, stream, id, REVIVE));
      goOn.countDown();

      assertThat(one.get(20, TimeUnit.SECONDS)).isEqualTo(202);
      for (CompletableFuture<Integer> each : flooding) {
        assertThat(each.get(20, TimeUnit.SECONDS)).as("nothing is lost").isEqualTo(202);
      }
    }
  }

  @Test
  void beyondItsLimitAPrincipalIsToldToComeLaterAndOthersAreNot() throws Exception {
    BlockingQueue<Runnable> timers = new LinkedBlockingQueue<>();
    Turns turns =
        new Turns(
            new RateLimits(Map.of("batch", new Limit(1, 1)), Optional.empty()),
            () -> 0, // time stands still
            (after, what) -> timers.add(what));
    Credentials known = new Credentials(Map.of("batch", "secret", "web", "secret"));
    try (Site site = new Site(new Entrance(Optional.of(known), turns), 1 << 20);
        Client client = new Client(MediaType.JSON, site.url(PATH))) {
      assertThat(asks(client, "batch").statusCode()).as("its first").isEqualTo(400);

      CompletableFuture<Integer> waits = sent(() -> asks(client, "batch"));
      assertThat(timers.poll(20, TimeUnit.SECONDS)).as("it waits its turn").isNotNull();
      HttpResponse<String> refused = asks(client, "batch");

      assertThat(refused.statusCode()).isEqualTo(429);
      assertThat(refused.headers().firstValue("Retry-After")).hasValue("1");
      assertThat(refused.body())
          .contains("principal batch wait already, of which 1 a second are taken");
      assertThat(asks(client, "web").statusCode()).as("another's").isEqualTo(400);
      assertThat(waits).isNotDone();
    }
  }

  /** Of a framework that is not known: refused by the core, which is what counts here. */
  private static HttpResponse<String> asks(Client client, String principal) throws Exception {
    String pair =
        Base64.getEncoder()
            .encodeToString((principal + ":secret").getBytes(StandardCharsets.UTF_8));
    return client.send(
        client
            .request(call(client, "{'framework_id':{'value':'none'},'type':'REVIVE'}"))
            .header("Authorization", "Basic " + pair)
            .build());
  }

  private interface Asked {
    HttpResponse<String> send() throws Exception;
  }

  private static CompletableFuture<Integer> sent(Asked asked) {
    CompletableFuture<Integer> status = new CompletableFuture<>();
    Thread.ofVirtual()
        .start(
            () -> {
              try {
                status.complete(asked.send().statusCode());
              } catch (Exception e) {
                status.completeExceptionally(e);
              }
            });
    return status;
  }

  private static void awaits(CountDownLatch latch) {
    try {
      if (!latch.await(20, TimeUnit.SECONDS)) {
        throw new IllegalStateException("nobody lets it go on");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }
}
