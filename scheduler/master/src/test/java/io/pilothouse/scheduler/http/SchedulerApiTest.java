package io.pilothouse.scheduler.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.pilothouse.api.v1.AgentMessage;
import io.pilothouse.api.v1.SchedulerMessage;
import io.pilothouse.mesos.MediaType;
import io.pilothouse.mesos.v1.Offer;
import io.pilothouse.mesos.v1.TaskState;
import io.pilothouse.mesos.v1.scheduler.Call;
import io.pilothouse.mesos.v1.scheduler.Event;
import io.pilothouse.scheduler.Site;
import io.pilothouse.scheduler.loop.Leadership;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The scheduler API over a real port: what clients were seen to rely on, in both forms. */
class SchedulerApiTest {
  private static final String PATH = "/api/v1/scheduler";
  private static final String SUBSCRIBE =
      "{'type':'SUBSCRIBE','subscribe':{'framework_info':{'user':'u','name':'n'}}}";
  private static final String ID = "Mesos-Stream-Id";

  private Site site = new Site();

  @AfterEach
  void close() {
    site.close();
  }

  private Client client(MediaType type) {
    return new Client(type, site.url(PATH));
  }

  private static byte[] call(Client client, String json) {
    return client.body(json, Call.getDefaultInstance());
  }

  private static Client.Reader<Event> subscribe(Client client) throws Exception {
    return client.stream(
        client.request(call(client, SUBSCRIBE)).build(), Event.getDefaultInstance());
  }

  private static String streamId(Client.Reader<Event> stream) {
    return stream.response.headers().firstValue(ID).orElseThrow();
  }

  private static HttpResponse<String> call(
      Client client, Client.Reader<Event> stream, String framework, String json) throws Exception {
    String withId = json.replaceFirst("\\{", "{'framework_id':{'value':'" + framework + "'},");
    return client.send(client.request(call(client, withId)).header(ID, streamId(stream)).build());
  }

  @ParameterizedTest
  @EnumSource(MediaType.class)
  void subscribingOpensAStreamWithASignOfLifeAtOnceAndAgain(MediaType type) throws Exception {
    try (Client client = client(type);
        Client.Reader<Event> stream = subscribe(client)) {
      assertThat(stream.response.statusCode()).isEqualTo(200);
      assertThat(stream.response.headers().firstValue("Content-Type")).hasValue(type.header());
      assertThat(stream.response.headers().firstValue("Transfer-Encoding")).hasValue("chunked");
      assertThat(stream.response.headers().firstValue("Content-Length")).isEmpty();
      assertThat(streamId(stream)).hasSize(36);
      assertThat(stream.next().getSubscribed().getFrameworkId().getValue()).isEqualTo("m-0000");
      assertThat(stream.next().getType()).isEqualTo(Event.Type.HEARTBEAT);
      assertThat(stream.next().getType()).isEqualTo(Event.Type.HEARTBEAT);
    }
  }

  @ParameterizedTest
  @EnumSource(MediaType.class)
  void aTaskGoesItsWayAndTheFrameworkEnds(MediaType type) throws Exception {
    site.machine("cpus:4;mem:1024;ports:[31000-32000]");
    try (Client client = client(type);
        Client.Reader<Event> stream = subscribe(client)) {
      String id = stream.next().getSubscribed().getFrameworkId().getValue();
      Offer offer = stream.next(Event::hasOffers).getOffers().getOffers(0);
      assertThat(
              call(
                      client,
                      stream,
                      id,
                      ("{'type':'ACCEPT','accept':{'offer_ids':[{'value':'%s'}],'operations':"
                              + "[{'type':'LAUNCH','launch':{'task_infos':[{'name':'t','task_id':"
                              + "{'value':'t1'},'agent_id':{'value':'a1'},'resources':[{'name':"
                              + "'cpus','type':'SCALAR','scalar':{'value':1},'role':'*'}],"
                              + "'command':{'value':'true'}}]}}]}}")
                          .formatted(offer.getId().getValue()))
                  .statusCode())
          .isEqualTo(202);
      SchedulerMessage message = site.agent.poll(10, TimeUnit.SECONDS);
      while (message != null && !message.hasLaunch()) {
        message = site.agent.poll(10, TimeUnit.SECONDS);
      }
      assertThat(message).isNotNull();
      AgentMessage.Builder update = AgentMessage.newBuilder();
      update.getUpdateBuilder().getFrameworkIdBuilder().setValue(id);
      update
          .getUpdateBuilder()
          .getStatusBuilder()
          .setState(TaskState.TASK_FINISHED)
          .setUuid(com.google.protobuf.ByteString.copyFromUtf8("0123456789abcdef"))
          .getTaskIdBuilder()
          .setValue("t1");
      site.agentSays(update);
      assertThat(stream.next(Event::hasUpdate).getUpdate().getStatus().getState())
          .isEqualTo(TaskState.TASK_FINISHED);
      assertThat(
              call(
                      client,
                      stream,
                      id,
                      "{'type':'ACKNOWLEDGE','acknowledge':{'agent_id':{'value':'a1'},'task_id':"
                          + "{'value':'t1'},'uuid':'MDEyMzQ1Njc4OWFiY2RlZg=='}}")
                  .statusCode())
          .isEqualTo(202);
      assertThat(call(client, stream, id, "{'type':'TEARDOWN'}").statusCode()).isEqualTo(202);
      assertThat(stream.endsSoon()).isTrue();
    }
  }

  @ParameterizedTest
  @EnumSource(MediaType.class)
  void aRoleThatIsNoneIsAnErrorOnTheStream(MediaType type) throws Exception {
    try (Client client = client(type);
        Client.Reader<Event> stream =
            client.stream(
                client
                    .request(call(client, SUBSCRIBE.replace("'u',", "'u','role':'/test/test1',")))
                    .build(),
                Event.getDefaultInstance())) {
      assertThat(stream.response.statusCode()).isEqualTo(200);
      assertThat(stream.next().getError().getMessage()).contains("cannot start with a slash");
      assertThat(stream.endsSoon()).isTrue();
    }
  }

  @ParameterizedTest
  @EnumSource(MediaType.class)
  void aSecondSubscriptionWithTheSameIdTakesOver(MediaType type) throws Exception {
    try (Client client = client(type);
        Client.Reader<Event> first = subscribe(client)) {
      String id = first.next().getSubscribed().getFrameworkId().getValue();
      try (Client.Reader<Event> second =
          client.stream(
              client
                  .request(
                      call(
                          client,
                          ("{'framework_id':{'value':'%s'},'type':'SUBSCRIBE','subscribe':{'framework_info':"
                                  + "{'id':{'value':'%s'},'user':'u','name':'n'}}}")
                              .formatted(id, id)))
                  .build(),
              Event.getDefaultInstance())) {
        assertThat(second.next().getSubscribed().getFrameworkId().getValue()).isEqualTo(id);
        assertThat(first.next(Event::hasError).getError().getMessage())
            .isEqualTo("Framework failed over");
        assertThat(first.endsSoon()).isTrue();
        HttpResponse<String> old = call(client, first, id, "{'type':'TEARDOWN'}");
        assertThat(old.statusCode()).isEqualTo(400);
        assertThat(old.body()).startsWith("The stream ID '" + streamId(first) + "' included in");
        assertThat(call(client, second, id, "{'type':'REVIVE'}").statusCode()).isEqualTo(202);
      }
    }
  }

  @Test
  void aFrameworkWhoseConnectionIsCutIsGoneAtOnce() throws Exception {
    try (Client client = client(MediaType.JSON)) {
      String id;
      try (Client.Reader<Event> stream = subscribe(client)) {
        id = stream.next().getSubscribed().getFrameworkId().getValue();
      }
      HttpRequest asked =
          client
              .request(call(client, "{'framework_id':{'value':'" + id + "'},'type':'REVIVE'}"))
              .header(ID, "x")
              .build();
      HttpResponse<String> answer = client.send(asked);
      for (int i = 0; i < 200 && !answer.body().equals("Framework cannot be found"); i++) {
        Thread.onSpinWait();
        answer = client.send(asked);
      }
      assertThat(answer.body()).isEqualTo("Framework cannot be found");
    }
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
  void whoDoesNotLeadSaysWhoDoesOrThatNobodyDoes() throws Exception {
    try (Client client = client(MediaType.JSON);
        Client.Reader<Event> stream = subscribe(client)) {
      stream.next();
      site.stopLeading(new Leadership.Standby(Optional.of("other:5050")));
      assertThat(stream.endsSoon()).as("streams end with the leadership").isTrue();
      HttpResponse<String> answer = client.send(client.request(call(client, SUBSCRIBE)).build());
      assertThat(answer.statusCode()).isEqualTo(307);
      assertThat(answer.headers().firstValue("Location")).hasValue("//other:5050" + PATH);
      site.stopLeading(new Leadership.Standby(Optional.empty()));
      answer = eventually(client, "No leader elected");
      assertThat(answer.statusCode()).isEqualTo(503);
      site.stopLeading(new Leadership.Starting());
      answer = eventually(client, "Master has not finished recovery");
      assertThat(answer.statusCode()).isEqualTo(503);
    }
  }

  private static HttpResponse<String> eventually(Client client, String body) throws Exception {
    HttpResponse<String> answer = client.send(client.request(call(client, SUBSCRIBE)).build());
    for (int i = 0; i < 200 && !answer.body().equals(body); i++) {
      answer = client.send(client.request(call(client, SUBSCRIBE)).build());
    }
    assertThat(answer.body()).isEqualTo(body);
    return answer;
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

  @Test
  void aFrameworkThatDoesNotReadLosesItsStream() throws Exception {
    site.close();
    site = new Site(Optional.empty(), 200_000);
    site.machine("cpus:4;mem:1024");
    String subscribe = SUBSCRIBE.replace("'u',", "'u','failover_timeout':60,");
    try (Socket slow = new Socket()) {
      slow.setReceiveBufferSize(4096);
      slow.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), site.port()));
      slow.getOutputStream()
          .write(
              "POST %s HTTP/1.1\r\nHost: h\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s"
                  .formatted(PATH, subscribe.length(), subscribe.replace('\'', '"'))
                  .getBytes(StandardCharsets.UTF_8));
      AgentMessage.Builder message = AgentMessage.newBuilder();
      message.getMessageBuilder().getFrameworkIdBuilder().setValue("m-0000");
      message.getMessageBuilder().getExecutorIdBuilder().setValue("e");
      message
          .getMessageBuilder()
          .setData(com.google.protobuf.ByteString.copyFrom(new byte[50_000]));
      try (Client client = client(MediaType.JSON)) {
        String answer = "";
        for (int i = 0; i < 400 && !answer.equals("Framework is not subscribed"); i++) {
          site.agentSays(message);
          answer =
              client
                  .send(
                      client
                          .request(
                              call(client, "{'framework_id':{'value':'m-0000'},'type':'REVIVE'}"))
                          .build())
                  .body();
        }
        assertThat(answer).isEqualTo("Framework is not subscribed");
      }
    }
  }

  private String raw(String request) throws IOException {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), site.port())) {
      socket.setSoTimeout(10_000);
      socket.getOutputStream().write(request.getBytes(StandardCharsets.UTF_8));
      return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    }
  }
}
