package io.pilothouse.agent;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.TreeMap;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** A framework that speaks plain JSON, as its author would with nothing but an HTTP client. */
final class Framework {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final long PATIENCE_S = 30;

  private final HttpClient http = HttpClient.newHttpClient();
  private final URI api;
  private final String known;
  private final BlockingQueue<JsonNode> events = new LinkedBlockingQueue<>();
  private final List<JsonNode> kept = new ArrayList<>();
  private final TreeMap<String, JsonNode> offers = new TreeMap<>();
  private String stream = "";
  String id = "";

  Framework(String address) {
    this(address, "");
  }

  /**
   * @param known name and secret, with a colon between them; empty where nobody is asked
   */
  Framework(String address, String known) {
    api = URI.create("http://" + address + "/api/v1/scheduler");
    this.known = Base64.getEncoder().encodeToString(known.getBytes(StandardCharsets.UTF_8));
  }

  private HttpRequest.Builder request(String json) {
    return HttpRequest.newBuilder(api)
        .header("Content-Type", "application/json")
        .header("Accept", "application/json")
        .header("Authorization", "Basic " + known)
        .POST(BodyPublishers.ofString(json.replace('\'', '"')));
  }

  void subscribes() throws Exception {
    subscribes("");
  }

  /**
   * The same.
   *
   * @param more of its info, with a comma before it
   */
  void subscribes(String more) throws Exception {
    HttpResponse<InputStream> response =
        http.send(
            request(
                    "{'type':'SUBSCRIBE','subscribe':{'framework_info':{'user':'','name':'test',"
                        + "'failover_timeout':60"
                        + more
                        + "}}}")
                .build(),
            BodyHandlers.ofInputStream());
    assertThat(response.statusCode()).isEqualTo(200);
    stream = response.headers().firstValue("Mesos-Stream-Id").orElseThrow();
    Thread.ofVirtual().start(() -> read(response.body()));
    id = next("SUBSCRIBED").at("/subscribed/framework_id/value").asText();
  }

  /** Records: a length in decimal, a line feed, so many bytes. */
  private void read(InputStream in) {
    try (in) {
      for (int digit = in.read(); digit >= 0; digit = in.read()) {
        int length = 0;
        for (; digit != '\n'; digit = in.read()) {
          length = 10 * length + digit - '0';
        }
        take(JSON.readTree(in.readNBytes(length)));
      }
    } catch (IOException e) {
      // the test has ended, or the scheduler has
    }
  }

  /** Offers come when they come, between what the test waits for. */
  private void take(JsonNode event) {
    synchronized (offers) {
      event.at("/offers/offers").forEach(each -> offers.put(each.get("id").toString(), each));
      offers.remove(event.at("/rescind/offer_id").toString());
    }
    events.add(event);
  }

  int openOffers() {
    synchronized (offers) {
      return offers.size();
    }
  }

  JsonNode next(String type) throws Exception {
    return next(type, event -> true);
  }

  /** Updates of other tasks are kept for whoever waits for them. */
  JsonNode next(String type, Predicate<JsonNode> wanted) throws Exception {
    for (JsonNode each : List.copyOf(kept)) {
      if (each.get("type").asText().equals(type) && wanted.test(each)) {
        kept.remove(each);
        return each;
      }
    }
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_S);
    while (true) {
      @Nullable JsonNode event = events.poll(end - System.nanoTime(), TimeUnit.NANOSECONDS);
      assertThat(event).as("an event " + type + " within " + PATIENCE_S + " s").isNotNull();
      if (event.get("type").asText().equals(type) && wanted.test(event)) {
        return event;
      }
      if (event.get("type").asText().equals("UPDATE")) {
        kept.add(event);
      }
    }
  }

  /** One that is open; it is the caller's now. */
  JsonNode offer() {
    OfferedFleet.until(() -> openOffers() > 0);
    synchronized (offers) {
      return offers.pollFirstEntry().getValue();
    }
  }

  /** The task's next status, acknowledged. */
  JsonNode hears(String task, String state) throws Exception {
    while (true) {
      JsonNode status =
          next("UPDATE", each -> each.at("/update/status/task_id/value").asText().equals(task))
              .at("/update/status");
      call(
          "{'type':'ACKNOWLEDGE','acknowledge':{'agent_id':%s,'task_id':%s,'uuid':%s}}"
              .formatted(status.get("agent_id"), status.get("task_id"), status.get("uuid")));
      if (status.get("state").asText().equals(state)) {
        return status;
      }
    }
  }

  void launches(JsonNode offer, String task, String line) throws Exception {
    accepts(
        offer,
        ("{'type':'LAUNCH','launch':{'task_infos':[{'name':'%s','task_id':{'value':'%s'},"
                + "'agent_id':%s,'resources':[{'name':'cpus','type':'SCALAR','scalar':{'value':0.5}},"
                + "{'name':'mem','type':'SCALAR','scalar':{'value':64}}],"
                + "'command':{'value':'%s'}}]}}")
            .formatted(task, task, offer.get("agent_id"), line));
  }

  void accepts(JsonNode offer, String operation) throws Exception {
    call(
        ("{'type':'ACCEPT','accept':{'offer_ids':[%s],'filters':{'refuse_seconds':0},'operations':"
                + "[%s]}}")
            .formatted(offer.get("id"), operation));
  }

  void kills(String task) throws Exception {
    call("{'type':'KILL','kill':{'task_id':{'value':'%s'}}}".formatted(task));
  }

  /** What a tool asks on the same port. */
  JsonNode operator(String json) throws Exception {
    HttpResponse<String> answer =
        http.send(
            HttpRequest.newBuilder(api.resolve("/api/v1"))
                .header("Content-Type", "application/json")
                .POST(BodyPublishers.ofString(json.replace('\'', '"')))
                .build(),
            BodyHandlers.ofString());
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
    return JSON.readTree(answer.body());
  }

  void call(String json) throws Exception {
    String withId = "{'framework_id':{'value':'%s'},".formatted(id) + json.substring(1);
    HttpResponse<String> answer =
        http.send(
            request(withId).header("Mesos-Stream-Id", stream).build(), BodyHandlers.ofString());
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(202);
  }

  void close() {
    http.shutdownNow();
  }
}
