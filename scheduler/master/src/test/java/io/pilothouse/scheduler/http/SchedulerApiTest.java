package io.pilothouse.scheduler.http;

import static io.pilothouse.scheduler.http.Subscriber.ID;
import static io.pilothouse.scheduler.http.Subscriber.PATH;
import static io.pilothouse.scheduler.http.Subscriber.SUBSCRIBE;
import static io.pilothouse.scheduler.http.Subscriber.call;
import static io.pilothouse.scheduler.http.Subscriber.streamId;
import static io.pilothouse.scheduler.http.Subscriber.subscribe;
import static org.assertj.core.api.Assertions.assertThat;

import io.pilothouse.api.v1.AgentMessage;
import io.pilothouse.api.v1.SchedulerMessage;
import io.pilothouse.mesos.MediaType;
import io.pilothouse.mesos.v1.Offer;
import io.pilothouse.mesos.v1.TaskState;
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
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The scheduler API over a real port: what clients were seen to rely on, in both forms. */
class SchedulerApiTest {
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

  /** Reads as far as the first event, and no more. */
  private static void subscribed(Socket socket) throws IOException {
    socket.setSoTimeout(20_000);
    StringBuilder seen = new StringBuilder();
    while (seen.indexOf("SUBSCRIBED") < 0) {
      int read = socket.getInputStream().read();
      assertThat(read).as(seen.toString()).isNotNegative();
      seen.append((char) read);
    }
  }

  @Test
  void aFrameworkThatDoesNotReadLosesItsStream() throws Exception {
    site.close();
    site = new Site(Optional.empty(), 200_000);
    losesItsStream(50_000);
  }

  /** The bound of a scheduler as it is delivered: it comes before the heap is full. */
  @Test
  void theBoundThatFollowsFromTheHeapHolds() throws Exception {
    site.close();
    site = Site.asDelivered();
    losesItsStream(2_000_000);
  }

  /** One that does not read, while its executors send so much at a time. */
  private void losesItsStream(int bytes) throws Exception {
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
      subscribed(slow);
      AgentMessage.Builder message = AgentMessage.newBuilder();
      message.getMessageBuilder().getFrameworkIdBuilder().setValue("m-0000");
      message.getMessageBuilder().getExecutorIdBuilder().setValue("e");
      message.getMessageBuilder().setData(com.google.protobuf.ByteString.copyFrom(new byte[bytes]));
      try (Client client = client(MediaType.JSON)) {
        String answer = "";
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
        while (!answer.equals("Framework is not subscribed") && System.nanoTime() < deadline) {
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
}
