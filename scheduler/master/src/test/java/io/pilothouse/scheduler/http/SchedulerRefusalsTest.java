package io.pilothouse.scheduler.http;

import static io.pilothouse.scheduler.http.Subscriber.ID;
import static io.pilothouse.scheduler.http.Subscriber.PATH;
import static io.pilothouse.scheduler.http.Subscriber.SUBSCRIBE;
import static io.pilothouse.scheduler.http.Subscriber.call;
import static io.pilothouse.scheduler.http.Subscriber.subscribe;
import static org.assertj.core.api.Assertions.assertThat;

import io.pilothouse.mesos.MediaType;
import io.pilothouse.mesos.v1.scheduler.Event;
import io.pilothouse.scheduler.Site;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What the scheduler API refuses, and in which words. */
class SchedulerRefusalsTest {
  private Site site = new Site();

  @AfterEach
  void close() {
    site.close();
  }

  private Client client(MediaType type) {
    return new Client(type, site.url(PATH));
  }

  @ParameterizedTest
  @EnumSource(MediaType.class)
  void whatIsWrongWithACallIsAnswered(MediaType type) throws Exception {
    try (Client client = client(type);
        Client.Reader<Event> stream = subscribe(client)) {
      String id = stream.next().getSubscribed().getFrameworkId().getValue();
      String with = "{'framework_id':{'value':'" + id + "'},";
      Map<String, String> refused =
          Map.of(
              "{'type':'TEARDOWN'}",
              "Failed to validate scheduler::Call: Expecting 'framework_id' to be present",
              with + "'subscribe':{'framework_info':{'user':'u','name':'n'}}}",
              "Failed to validate scheduler::Call: Expecting 'type' to be present",
              with + "'type':'ACCEPT'}",
              "Failed to validate scheduler::Call: Expecting 'accept' to be present",
              with
                  + "'type':'ACKNOWLEDGE','acknowledge':{'agent_id':{'value':'a'},'task_id':"
                  + "{'value':'t'},'uuid':'AAAA'}}",
              "Failed to validate scheduler::Call: Not a valid UUID",
              SUBSCRIBE.replaceFirst("\\{", "{'framework_id':{'value':'other'},"),
              "Failed to validate scheduler::Call: 'framework_id' differs from"
                  + " 'subscribe.framework_info.id'",
              "{'framework_id':{'value':'none'},'type':'REVIVE'}",
              "Framework cannot be found",
              with + "'type':'TEARDOWN'}",
              "All non-subscribe calls should include the 'Mesos-Stream-Id' header");
      for (Map.Entry<String, String> each : refused.entrySet()) {
        HttpResponse<String> answer =
            client.send(client.request(call(client, each.getKey())).build());
        assertThat(answer.statusCode()).as(each.getKey()).isEqualTo(400);
        assertThat(answer.body()).isEqualTo(each.getValue());
      }
      HttpResponse<String> withStream =
          client.send(client.request(call(client, SUBSCRIBE)).header(ID, "x").build());
      assertThat(withStream.statusCode()).isEqualTo(400);
      assertThat(withStream.body())
          .isEqualTo("Subscribe calls should not include the 'Mesos-Stream-Id' header");
    }
  }

  /** Three bytes each, of which each would be a hundred. */
  @Test
  void aBodyOfMillionsOfEmptyMessagesIsRefusedBeforeTheyAreMade() throws Exception {
    long most = Runtime.getRuntime().maxMemory() / 1024;
    String body =
        "{\"type\":\"ACCEPT\",\"accept\":{\"operations\":[" + "{},".repeat((int) most) + "{}]}}";
    try (Client client = client(MediaType.JSON)) {
      HttpResponse<String> answer =
          client.send(client.request(body.getBytes(StandardCharsets.UTF_8)).build());
      assertThat(answer.statusCode()).isEqualTo(400);
      assertThat(answer.body())
          .isEqualTo(
              "Failed to convert JSON into Call protobuf: it has more than %d messages and texts:"
                      .formatted(most)
                  + " send less at a time");
    }
  }

  @Test
  void whatAPortTakesOnFollowsFromTheHeap() {
    assertThat(ApiServer.bounds(96L << 20))
        .satisfies(small -> assertThat(small.body()).isEqualTo(12 << 20))
        .satisfies(small -> assertThat(small.bodies()).isEqualTo(24L << 20));
    assertThat(ApiServer.bounds(1L << 30))
        .satisfies(large -> assertThat(large.body()).isEqualTo(16 << 20))
        .satisfies(large -> assertThat(large.bodies()).isEqualTo(128L << 20));
  }

  @ParameterizedTest
  @EnumSource(MediaType.class)
  void bodiesThatAreNoCallsAreRefused(MediaType type) throws Exception {
    try (Client client = client(type)) {
      HttpResponse<String> malformed =
          client.send(client.request("nonsense".getBytes(StandardCharsets.UTF_8)).build());
      assertThat(malformed.statusCode()).isEqualTo(400);
      assertThat(malformed.body())
          .startsWith(
              type == MediaType.JSON
                  ? "Failed to parse body into JSON: "
                  : "Failed to parse body into Call protobuf");
    }
    try (Client client = client(MediaType.JSON)) {
      HttpResponse<String> other =
          client.send(client.request("{\"string\":{}}".getBytes(StandardCharsets.UTF_8)).build());
      assertThat(other.body()).startsWith("Failed to validate scheduler::Call: Expecting 'type'");
      HttpResponse<String> incomplete =
          client.send(
              client
                  .request(
                      "{\"type\":\"SUBSCRIBE\",\"subscribe\":{}}".getBytes(StandardCharsets.UTF_8))
                  .build());
      assertThat(incomplete.body())
          .startsWith("Failed to convert JSON into Call protobuf: Missing required fields: ");
    }
  }

  @Test
  void typesAreTakenLiterally() throws Exception {
    for (List<String> each :
        List.of(
            List.of("", "*/*", "400", "Expecting 'Content-Type' to be present"),
            List.of("application/text", "*/*", "415", "Expecting 'Content-Type' of"),
            List.of("application/json; charset=utf-8", "*/*", "415", "Expecting 'Content-Type'"),
            List.of("application/json", "foo", "406", "Expecting 'Accept' to allow"),
            List.of("application/json", "application/json;q=0", "406", "Expecting 'Accept'"))) {
      String answer =
          raw(
              "POST %s HTTP/1.1\r\nHost: h\r\nConnection: close\r\n%sAccept: %s\r\nContent-Length: %d\r\n\r\n%s"
                  .formatted(
                      PATH,
                      each.get(0).isEmpty() ? "" : "Content-Type: " + each.get(0) + "\r\n",
                      each.get(1),
                      SUBSCRIBE.length(),
                      SUBSCRIBE.replace('\'', '"')));
      assertThat(answer).startsWith("HTTP/1.1 " + each.get(2)).contains(each.get(3));
    }
  }

  @Test
  void withoutAcceptEventsAreJsonAndConnectionCloseEndsNoStreamBeforeItsTime() throws Exception {
    String head =
        "POST %s/ HTTP/1.1\r\nHost: h\r\nConnection: close\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n"
            .formatted(PATH, SUBSCRIBE.length(), SUBSCRIBE.replace('\'', '"'));
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), site.port())) {
      socket.setSoTimeout(10_000);
      socket.getOutputStream().write(head.getBytes(StandardCharsets.UTF_8));
      StringBuilder seen = new StringBuilder();
      byte[] piece = new byte[1024];
      while (seen.toString().split("HEARTBEAT", -1).length < 4) {
        int read = socket.getInputStream().read(piece);
        assertThat(read).as(seen.toString()).isPositive();
        seen.append(new String(piece, 0, read, StandardCharsets.UTF_8));
      }
      assertThat(seen.toString().toLowerCase(java.util.Locale.ROOT))
          .contains("content-type: application/json\r\n", "mesos-stream-id: ");
    }
  }

  @Test
  void onlyPostIsTaken() throws Exception {
    try (Client client = client(MediaType.JSON)) {
      HttpResponse<String> answer =
          client.send(HttpRequest.newBuilder(java.net.URI.create(site.url(PATH))).build());
      assertThat(answer.statusCode()).isEqualTo(405);
      assertThat(answer.headers().firstValue("Allow")).hasValue("POST");
    }
  }

  @Test
  void whoMustSayWhoHeIsIsAsked() throws Exception {
    site.close();
    site = new Site(Optional.of(new Credentials(Map.of("web", "secret"))), 1 << 20);
    try (Client client = client(MediaType.JSON)) {
      byte[] body = call(client, SUBSCRIBE);
      HttpResponse<String> none = client.send(client.request(body).build());
      assertThat(none.statusCode()).isEqualTo(401);
      assertThat(none.headers().firstValue("WWW-Authenticate"))
          .hasValue("Basic realm=\"mesos-master-scheduler\"");
      assertThat(
              client
                  .send(client.request(body).header("Authorization", basic("web:wrong")).build())
                  .statusCode())
          .isEqualTo(401);
      HttpResponse<String> other =
          client.send(
              client
                  .request(call(client, SUBSCRIBE.replace("'u',", "'u','principal':'other',")))
                  .header("Authorization", basic("web:secret"))
                  .build());
      assertThat(other.statusCode()).isEqualTo(400);
      assertThat(other.body()).contains("'web' does not match principal 'other'");
      try (Client.Reader<Event> stream =
          client.stream(
              client.request(body).header("Authorization", basic("web:secret")).build(),
              Event.getDefaultInstance())) {
        assertThat(stream.next().hasSubscribed()).isTrue();
      }
    }
  }

  private static String basic(String pair) {
    return "Basic "
        + java.util.Base64.getEncoder().encodeToString(pair.getBytes(StandardCharsets.UTF_8));
  }

  private String raw(String request) throws IOException {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), site.port())) {
      socket.setSoTimeout(10_000);
      socket.getOutputStream().write(request.getBytes(StandardCharsets.UTF_8));
      return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    }
  }
}
