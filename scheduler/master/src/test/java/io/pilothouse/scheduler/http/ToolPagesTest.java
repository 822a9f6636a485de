package io.pilothouse.scheduler.http;

import static io.pilothouse.scheduler.http.Subscriber.ID;
import static io.pilothouse.scheduler.http.Subscriber.PATH;
import static io.pilothouse.scheduler.http.Subscriber.SUBSCRIBE;
import static io.pilothouse.scheduler.http.Subscriber.call;
import static org.assertj.core.api.Assertions.assertThat;

import io.pilothouse.api.v1.AgentMessage;
import io.pilothouse.mesos.MediaType;
import io.pilothouse.mesos.v1.Offer;
import io.pilothouse.mesos.v1.TaskState;
import io.pilothouse.mesos.v1.scheduler.Event;
import io.pilothouse.scheduler.Site;
import io.pilothouse.scheduler.allocator.Quota;
import io.pilothouse.scheduler.allocator.resources.Quantities;
import io.pilothouse.scheduler.allocator.resources.Resources;
import io.pilothouse.scheduler.core.RoleFigures;
import io.pilothouse.scheduler.loop.Leadership;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The pages that are a part of {@code /state} each, and those of roles. */
class ToolPagesTest {
  private final Site site = new Site();
  private final Client framework = new Client(MediaType.JSON, site.url(PATH));

  @AfterEach
  void close() {
    framework.close();
    site.close();
  }

  private HttpResponse<String> ask(String method, String path) throws Exception {
    try (Client client = new Client(MediaType.JSON, site.url(path))) {
      return client.send(
          HttpRequest.newBuilder(URI.create(site.url(path)))
              .method(method, BodyPublishers.noBody())
              .build());
    }
  }

  private String get(String path) throws Exception {
    HttpResponse<String> answer = ask("GET", path);
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
    assertThat(answer.headers().firstValue("Content-Type")).hasValue("application/json");
    return answer.body();
  }

  /** Tasks t0, t1 … of a framework whose stream is given back; the first runs. */
  private Client.Reader<Event> running(int tasks) throws Exception {
    site.machine("cpus:4;mem:1024");
    Client.Reader<Event> stream =
        framework.stream(
            framework
                .request(call(framework, SUBSCRIBE.replace("'u',", "'u','failover_timeout':60,")))
                .build(),
            Event.getDefaultInstance());
    String id = stream.next().getSubscribed().getFrameworkId().getValue();
    Offer offer = stream.next(Event::hasOffers).getOffers().getOffers(0);
    StringBuilder infos = new StringBuilder();
    for (int i = 0; i < tasks; i++) {
      infos
          .append(i == 0 ? "" : ",")
          .append(
              ("{'name':'n','task_id':{'value':'t%d'},'agent_id':{'value':'a1'},'resources':[{"
                      + "'name':'cpus','type':'SCALAR','scalar':{'value':1},'role':'*'}],"
                      + "'command':{'value':'true'}}")
                  .formatted(i));
    }
    String accept =
        ("{'framework_id':{'value':'%s'},'type':'ACCEPT','accept':{'offer_ids':[{'value':'%s'}],"
                + "'filters':{'refuse_seconds':600},'operations':[{'type':'LAUNCH','launch':{'task_infos':[%s]}}]}}")
            .formatted(id, offer.getId().getValue(), infos);
    String streamId = stream.response.headers().firstValue(ID).orElseThrow();
    assertThat(
            framework
                .send(framework.request(call(framework, accept)).header(ID, streamId).build())
                .statusCode())
        .isEqualTo(202);
    for (int i = 0; i < tasks; i++) {
      tells(id, "t" + i, i);
    }
    stream.next(e -> e.getUpdate().getStatus().getTaskId().getValue().equals("t" + (tasks - 1)));
    return stream;
  }

  private void tells(String framework, String task, double at) {
    AgentMessage.Builder update = AgentMessage.newBuilder();
    update.getUpdateBuilder().getFrameworkIdBuilder().setValue(framework);
    update
        .getUpdateBuilder()
        .getStatusBuilder()
        .setState(TaskState.TASK_RUNNING)
        .setTimestamp(at)
        .setUuid(com.google.protobuf.ByteString.copyFromUtf8("0123456789abcdef"))
        .getTaskIdBuilder()
        .setValue(task);
    site.agentSays(update);
  }

  @Test
  void machinesAndFrameworksAreThoseOfTheState() throws Exception {
    try (Client.Reader<Event> stream = running(1)) {
      assertThat(stream.response.statusCode()).isEqualTo(200);
      assertThat(get("/slaves"))
          .contains("\"hostname\":\"m1\"", "\"recovered_slaves\":[]", "\"cpus\":4.0");
      assertThat(get("/master/slaves?slave_id=a1")).contains("\"id\":\"a1\"");
      assertThat(get("/slaves?slave_id=a2")).startsWith("{\"slaves\":[],");
      assertThat(get("/frameworks"))
          .contains(
              "\"id\":\"m-0000\"",
              "\"completed_frameworks\":[]",
              "\"unregistered_frameworks\":[]",
              "\"state\":\"TASK_RUNNING\"");
      assertThat(get("/master/frameworks?framework_id=m-0000")).contains("\"name\":\"n\"");
      assertThat(get("/frameworks?framework_id=m-0001")).startsWith("{\"frameworks\":[],");
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "''                              | t2 t1 t0",
        "?order=asc                      | t0 t1 t2",
        "?limit=1                        | t2",
        "?limit=1&offset=1&order=desc    | t1",
        "?limit=0                        | ''",
        "?offset=3                       | ''",
        "?task_id=t1                     | t1",
        "?task_id=t%31                   | t1",
        "?framework_id=m-0000&limit=2    | t2 t1",
        "?framework_id=other             | ''"
      })
  void tasksAreChosenByTheQuery(String query, String expected) throws Exception {
    try (Client.Reader<Event> stream = running(3)) {
      assertThat(stream.response.statusCode()).isEqualTo(200);
      String body = get("/tasks" + query);
      List<String> ids =
          java.util.regex.Pattern.compile("\"id\":\"(t\\d)\"")
              .matcher(body)
              .results()
              .map(each -> each.group(1))
              .toList();
      assertThat(String.join(" ", ids)).isEqualTo(expected);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"limit=-1", "limit=x", "offset=1e3", "limit=99999999999", "order=up", "limit="})
  void aQueryThatMeansNothingIsRefused(String query) throws Exception {
    HttpResponse<String> answer = ask("GET", "/tasks?" + query);
    assertThat(answer.statusCode()).isEqualTo(400);
    assertThat(answer.body()).startsWith("Failed to read the query: ").contains("expected");
  }

  @Test
  void rolesAreThoseThatFrameworksAreIn() throws Exception {
    try (Client.Reader<Event> stream = running(1)) {
      assertThat(stream.response.statusCode()).isEqualTo(200);
      assertThat(get("/roles"))
          .contains(
              "\"name\":\"*\"",
              "\"weight\":1.0",
              "\"frameworks\":[\"m-0000\"]",
              "\"resources\":{\"cpus\":1.0,\"disk\":0.0,\"gpus\":0.0,\"mem\":0.0}",
              "\"allocated\":{\"cpus\":1.0}",
              "\"guarantee\":{},\"limit\":{},\"consumed\":{\"cpus\":1.0}");
    }
    assertThat(get("/master/quota")).isEqualTo("{\"infos\":[],\"configs\":[]}");
    assertThat(get("/weights")).isEqualTo("[]");
  }

  @Test
  void whatWasSetOfRolesIsWrittenAsToolsReadIt() {
    RoleFigures plain = role("plain", 1, Quota.NONE);
    RoleFigures set = role("ads/prod", 2.5, Quota.guarantee("cpus:2").limited("cpus:4;mem:0"));
    assertThat(text(json -> ToolJson.quota(json, List.of(plain, set))))
        .isEqualTo(
            "{\"infos\":[{\"role\":\"ads/prod\",\"guarantee\":[{\"name\":\"cpus\",\"type\":"
                + "\"SCALAR\",\"scalar\":{\"value\":2.0}}]}],\"configs\":[{\"role\":\"ads/prod\","
                + "\"guarantees\":{\"cpus\":{\"value\":2.0}},\"limits\":{\"cpus\":{\"value\":4.0},"
                + "\"mem\":{\"value\":0.0}}}]}");
    assertThat(text(json -> ToolJson.weights(json, List.of(plain, set))))
        .isEqualTo("[{\"role\":\"ads/prod\",\"weight\":2.5}]");
    assertThat(text(json -> ToolJson.roles(json, List.of(set))))
        .contains("\"limit\":{\"cpus\":4.0,\"mem\":0.0}", "\"reserved\":{\"disk\":5.0}");
  }

  private static RoleFigures role(String name, double weight, Quota quota) {
    return new RoleFigures(
        name,
        weight,
        0,
        quota,
        Resources.parse("cpus:1"),
        Resources.NONE,
        Resources.parse("disk(web):5"),
        Quantities.parse("cpus:1"),
        0.25,
        "cpus",
        0,
        "",
        List.of());
  }

  private static String text(Pages.Writer writer) {
    return new String(Pages.document(writer), StandardCharsets.UTF_8);
  }

  @ParameterizedTest
  @CsvSource({
    "POST,/quota",
    "PUT,/quota",
    "DELETE,/quota/web",
    "POST,/weights",
    "PUT,/master/weights"
  })
  void rolesAreNotSetHere(String method, String path) throws Exception {
    HttpResponse<String> answer = ask(method, path);
    assertThat(answer.statusCode()).isEqualTo(403);
    assertThat(answer.body()).contains(method + " is not allowed", "`kind: Role`", "`pilot apply`");
  }

  @Test
  void anotherMethodIsNoneAndWhoDoesNotLeadSaysSo() throws Exception {
    HttpResponse<String> answer = ask("PATCH", "/weights");
    assertThat(answer.statusCode()).isEqualTo(405);
    assertThat(answer.headers().firstValue("Allow")).hasValue("GET");
    site.stopLeading(new Leadership.Standby(Optional.of("other:5050")));
    for (String path : List.of("/slaves", "/frameworks", "/tasks", "/roles", "/quota")) {
      answer = ask("GET", path);
      for (int i = 0; i < 200 && answer.statusCode() == 200; i++) {
        answer = ask("GET", path);
      }
      assertThat(answer.statusCode()).as(path).isEqualTo(307);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"/slaves", "/frameworks", "/tasks", "/roles", "/quota", "/weights"})
  void whereFrameworksAreAskedWhoTheyAreToolsAreToo(String path) throws Exception {
    try (Site asking = new Site(Optional.of(new Credentials(Map.of("ops", "secret"))), 1_000);
        Client client = new Client(MediaType.JSON, asking.url(path))) {
      assertThat(
              client
                  .send(HttpRequest.newBuilder(URI.create(asking.url(path))).build())
                  .statusCode())
          .isEqualTo(401);
    }
  }
}
