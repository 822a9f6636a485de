package io.pilothouse.scheduler.http;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.AppenderBase;
import com.google.protobuf.ByteString;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import io.pilothouse.api.v1.SandboxReply;
import io.pilothouse.mesos.MediaType;
import io.pilothouse.mesos.MesosJson;
import io.pilothouse.mesos.v1.Offer;
import io.pilothouse.mesos.v1.master.Call;
import io.pilothouse.mesos.v1.scheduler.Event;
import io.pilothouse.scheduler.PlayedAgent;
import io.pilothouse.scheduler.Site;
import io.pilothouse.scheduler.loop.Leadership;
import io.pilothouse.testing.fuzz.Fuzz;
import io.pilothouse.testing.fuzz.RawCall;
import io.pilothouse.testing.fuzz.Summary;
import io.pilothouse.testing.fuzz.Wording;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ssl.SSLContext;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

/**
 * Requests to the scheduler's port as bytes of the socket: each is answered or its connection
 * closed, none by an error of ours, and the core that leads goes on.
 */
class ApiFuzzTest {
  private static final List<String> PATHS =
      List.of(
          "/api/v1/scheduler",
          "/api/v1",
          "/master/api/v1/operator",
          "/state",
          "/state-summary",
          "/metrics/snapshot",
          "/slaves?slave_id=a1",
          "/frameworks?framework_id=x",
          "/tasks?limit=1&offset=2&order=asc&task_id=t&framework_id=x",
          "/roles",
          "/quota",
          "/weights",
          "/flags",
          "/redirect",
          "/files/browse?path=/frameworks/x/executors/e/runs/latest/a",
          "/files/read?path=/slaves/a1/frameworks/x/executors/e/runs/r/a&offset=1&length=2",
          "/files/download?path=/frameworks/x/executors/e/runs/latest/a",
          "/maintenance/schedule",
          "/machine/down",
          "/teardown",
          "/version",
          "/nothing/here");

  private final Site site = new Site(Optional.of(new Credentials(Map.of("p", "s"))), 1 << 20);

  @BeforeEach
  void silence() {
    log(Level.OFF);
  }

  @AfterEach
  void close() {
    log(Level.INFO);
    site.close();
  }

  /** A line for each refused call would bury what other tests say. */
  private static void log(Level level) {
    if (LoggerFactory.getLogger("io.pilothouse") instanceof Logger logger) {
      logger.setLevel(level);
    }
  }

  private static byte[] request(String line, String type, String more, byte[] body) {
    List<String> headers = new ArrayList<>(List.of("Connection: close"));
    headers.add("Authorization: Basic cDpz");
    if (!type.isEmpty()) {
      headers.add("Content-Type: " + type);
      headers.add("Accept: " + type);
    }
    if (!more.isEmpty()) {
      headers.add(more);
    }
    return RawCall.request(line, headers, body);
  }

  private static <M extends Message> List<byte[]> posts(
      String path, String more, M prototype, String json) throws Exception {
    M call = MesosJson.read(json.replace('\'', '"').getBytes(UTF_8), prototype);
    List<byte[]> both = new ArrayList<>();
    for (MediaType each : MediaType.values()) {
      both.add(request("POST " + path, each.header(), more, each.write(call)));
    }
    return both;
  }

  /** Every call of operators, with as little as it must have. */
  private static List<byte[]> operators() throws Exception {
    List<byte[]> all = new ArrayList<>();
    for (Call.Type each : Call.Type.values()) {
      all.addAll(posts("/api/v1", "", Call.getDefaultInstance(), "{'type':'%s'}".formatted(each)));
    }
    String resource =
        "[{'name':'disk','type':'SCALAR','scalar':{'value':5},'reservations':[{'type':'DYNAMIC',"
            + "'role':'db','principal':'p'}]}]";
    for (String each :
        List.of(
            "{'type':'RESERVE_RESOURCES','reserve_resources':{AGENT,'resources':%s}}",
            "{'type':'UNRESERVE_RESOURCES','unreserve_resources':{AGENT,'resources':%s}}",
            "{'type':'CREATE_VOLUMES','create_volumes':{AGENT,'volumes':%s}}",
            "{'type':'DESTROY_VOLUMES','destroy_volumes':{AGENT,'volumes':%s}}",
            "{'type':'READ_FILE','read_file':{'path':'FILE','offset':1,'length':4}}",
            "{'type':'LIST_FILES','list_files':{'path':'FILE'}}",
            "{'type':'TEARDOWN','teardown':{'framework_id':{'value':'x'}}}")) {
      String call =
          each.replace("%s", resource)
              .replace("AGENT", "'agent_id':{'value':'a1'}")
              .replace("FILE'", "/frameworks/x/executors/e/runs/latest/a'");
      all.addAll(posts("/api/v1", "", Call.getDefaultInstance(), call));
    }
    return all;
  }

  private static Fuzz requests(String name) {
    return Fuzz.of(name)
        .tokens("\r\n", "\0", "\u00ff", "/", "//", "..", "%00", "%2f", "%zz", "?", "&", "#", ";")
        .tokens("{", "}", "[", "]", "\"", ":", ",", "null", "true", "1e999999999", "\\u0000", "NaN")
        .tokens("Transfer-Encoding: chunked\r\n", "Expect: 100-continue\r\n", "GET ", "PUT ", "=")
        .tokens("Content-Length: 9223372036854775807\r\n", "Accept: a/b;q=0\r\n", "-1", "\u000b")
        .tokens("Mesos-Stream-Id: x\r\n", "Authorization: Basic \u00ff\r\n", "http://a:b/")
        .tokens("path=", "offset=", "length=", "limit=", "order=", "frameworkId=", "/master", "\t");
  }

  /** Most of them with the length that they have. */
  private static byte[] sent(byte[] input) {
    return input.length % 8 == 0 ? input : RawCall.complete(input);
  }

  private boolean call(byte[] input) throws Exception {
    String answer = RawCall.patiently(site.port(), sent(input));
    int status = RawCall.status(answer);
    assertThat(status).as(answer).isNotEqualTo(500);
    if (status >= 400 && answer.contains("text/plain")) {
      Wording.check(RawCall.text(answer).strip());
    }
    // a core that has failed is dropped
    assertThat(site.loop.leadership()).isInstanceOf(Leadership.Leading.class);
    return status / 100 == 2;
  }

  private static void both(Summary summary) {
    assertThat(summary.taken()).as(summary.toString()).isPositive();
    assertThat(summary.refused()).as(summary.toString()).isPositive();
  }

  @Test
  void pagesAndOperators() throws Exception {
    site.machine("cpus:4;mem:1024;disk:100");
    List<byte[]> likely = new ArrayList<>(operators());
    for (String path : PATHS) {
      likely.add(request("GET " + path, "", "", new byte[0]));
      likely.add(request("POST " + path, "", "", "frameworkId=x".getBytes(UTF_8)));
    }
    both(requests("scheduler-pages").likely(likely).inputs(600).run(this::call));
  }

  @Test
  void frameworks() throws Exception {
    site.machine("cpus:4;mem:1024;disk:100;ports:[31000-31010]");
    try (Client client = new Client(MediaType.JSON, site.url(Subscriber.PATH));
        Client.Reader<Event> stream =
            client.stream(
                client
                    .request(Subscriber.call(client, Subscriber.SUBSCRIBE))
                    .header("Authorization", "Basic cDpz")
                    .build(),
                Event.getDefaultInstance())) {
      String id = stream.next().getSubscribed().getFrameworkId().getValue();
      Offer offer = stream.next(Event::hasOffers).getOffers().getOffers(0);
      String of = "{'framework_id':{'value':'" + id + "'},";
      String more = "Mesos-Stream-Id: " + Subscriber.streamId(stream);
      var prototype = io.pilothouse.mesos.v1.scheduler.Call.getDefaultInstance();
      List<byte[]> likely = new ArrayList<>();
      likely.addAll(posts(Subscriber.PATH, "", prototype, Subscriber.SUBSCRIBE));
      for (String each :
          List.of(
              "'type':'RECONCILE','reconcile':{'tasks':[{'task_id':{'value':'t'}}]}}",
              "'type':'DECLINE','decline':{'offer_ids':[{'value':'%s'}],'filters':{}}}"
                  .formatted(offer.getId().getValue()),
              "'type':'REVIVE'}",
              "'type':'KILL','kill':{'task_id':{'value':'t'}}}",
              "'type':'RECONCILE_OPERATIONS','reconcile_operations':{}}",
              "'type':'REQUEST','request':{}}")) {
        likely.addAll(posts(Subscriber.PATH, more, prototype, of + each));
      }
      both(requests("scheduler-calls").likely(likely).inputs(400).run(this::call));
    }
  }

  @Test
  void whoDoesNotLead() {
    site.stopLeading(new Leadership.Standby(Optional.of("other:5050")));
    List<byte[]> likely = new ArrayList<>();
    for (String path : PATHS) {
      likely.add(request("GET " + path, "", "", new byte[0]));
    }
    Summary summary =
        requests("scheduler-standby")
            .likely(likely)
            .inputs(200)
            .run(
                input -> {
                  String answer = RawCall.patiently(site.port(), input);
                  assertThat(RawCall.status(answer)).as(answer).isNotEqualTo(500);
                  return RawCall.status(answer) == 307;
                });
    both(summary);
  }

  /** What an agent says of a sandbox goes to whoever looks into it. */
  @Test
  void agentsThatLie() throws Exception {
    site.machineWithoutAgent("cpus:4;mem:1024");
    String path = "?path=/frameworks/f1/executors/t1/runs/latest/a";
    List<byte[]> requests = new ArrayList<>();
    for (String each : List.of("/files/download", "/files/read", "/files/browse")) {
      requests.add(request("GET " + each + path + "&offset=0", "", "", new byte[0]));
    }
    SandboxReply.Builder sound = SandboxReply.newBuilder().setSize(5).setContainerId("c1");
    sound.setData(ByteString.copyFromUtf8("12345")).addEntriesBuilder().setName("a").setMode(0644);
    try (PlayedAgent agent = new PlayedAgent(site)) {
      both(
          Fuzz.of("sandbox-answers")
              .sound(sound.build().toByteArray())
              .tokens("\u0010\u0002", "\u001a\u0002no", "(\u0005", "2\u0001x", "\u00ff\u00ff\u000f")
              .inputs(200)
              .run(
                  input -> {
                    SandboxReply reply;
                    try {
                      reply = SandboxReply.parseFrom(input);
                    } catch (InvalidProtocolBufferException e) {
                      return false;
                    }
                    AtomicInteger looks = new AtomicInteger();
                    agent.answers(
                        look ->
                            Optional.of(
                                looks.getAndIncrement() == 0
                                    ? reply.toBuilder()
                                    : SandboxReply.newBuilder()));
                    byte[] request = requests.get(input.length % requests.size());
                    String answer = RawCall.sound(site.port(), request);
                    assertThat(RawCall.status(answer)).as("an answer").isPositive();
                    return RawCall.status(answer) == 200;
                  }));
    }
  }

  @Test
  void anAgentThatSaysAFileHasFewerThanNoBytesIsNotBelieved() throws Exception {
    site.machineWithoutAgent("cpus:4;mem:1024");
    try (PlayedAgent agent = new PlayedAgent(site)) {
      agent.answers(look -> Optional.of(SandboxReply.newBuilder().setSize(-5)));
      String path = "/files/download?path=/frameworks/f1/executors/t1/runs/latest/a";
      String answer = RawCall.sound(site.port(), request("GET " + path, "", "", new byte[0]));
      assertThat(answer)
          .startsWith("HTTP/1.1 500 ")
          .contains("the agent of machine m1 says that the file has 18446744073709551611 bytes");
    }
  }

  @Test
  void aPathThatCannotBeDecodedIsAnswered() throws Exception {
    assertThat(RawCall.of(site.port(), request("GET /%zz", "", "", new byte[0])))
        .startsWith("HTTP/1.1 404 ")
        .contains("no such path: /%zz");
  }

  @Test
  void aRefusalMovesNoCursorAndFillsNoLog() throws Exception {
    String answer =
        RawCall.of(site.port(), request("GET /%1b%0a" + "x".repeat(3_000), "", "", new byte[0]));
    assertThat(answer).startsWith("HTTP/1.1 404 ").contains("no such path: /??xxx");
    assertThat(answer).hasSizeLessThan(2_500);
  }

  @Test
  void whoSpeaksNoTlsIsALineOfTheLog() throws Exception {
    log(Level.INFO);
    Logger logger = (Logger) LoggerFactory.getLogger("io.pilothouse.mesos.http");
    BlockingQueue<ILoggingEvent> lines = new LinkedBlockingQueue<>();
    AppenderBase<ILoggingEvent> appender =
        new AppenderBase<>() {
          @Override
          protected void append(ILoggingEvent line) {
            lines.add(line);
          }
        };
    appender.start();
    logger.addAppender(appender);
    try (ApiServer tls =
        new ApiServer(
            new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
            Optional.of(SSLContext.getDefault()),
            exchange -> {})) {
      assertThat(RawCall.of(tls.port(), "GET / HTTP/1.1\r\n\r\n".getBytes(UTF_8)))
          .doesNotContain("HTTP");
      ILoggingEvent line = lines.poll(20, TimeUnit.SECONDS);
      assertThat(line).isNotNull();
      assertThat(line.getFormattedMessage()).contains("what it sends cannot be read");
      assertThat(line.getThrowableProxy()).as("a stack").isNull();
      assertThat(lines).as("more of it").isEmpty();
    } finally {
      logger.detachAppender(appender);
    }
  }
}
