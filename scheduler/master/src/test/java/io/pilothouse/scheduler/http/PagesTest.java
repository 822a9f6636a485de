package io.pilothouse.scheduler.http;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pilothouse.api.v1.OfferRole;
import io.pilothouse.api.v1.OfferedResource;
import io.pilothouse.mesos.MediaType;
import io.pilothouse.mesos.v1.master.Call;
import io.pilothouse.mesos.v1.master.Event;
import io.pilothouse.mesos.v1.master.Response;
import io.pilothouse.scheduler.Site;
import io.pilothouse.scheduler.loop.Leadership;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Base64;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What tools ask and poll. */
class PagesTest {
  private final Site site = new Site();

  @AfterEach
  void close() {
    site.close();
  }

  private HttpResponse<String> get(String path) throws Exception {
    try (Client client = new Client(MediaType.JSON, site.url(path))) {
      return client.send(HttpRequest.newBuilder(URI.create(site.url(path))).build());
    }
  }

  private Response ask(MediaType type, String path, String json) throws Exception {
    try (Client client = new Client(type, site.url(path))) {
      HttpResponse<byte[]> answer =
          client.sendForBytes(client.request(client.body(json, Call.getDefaultInstance())).build());
      assertThat(answer.statusCode()).isEqualTo(200);
      assertThat(answer.headers().firstValue("Content-Type")).hasValue(type.header());
      return type.read(answer.body(), Response.getDefaultInstance(), "Response");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"/state", "/master/state-summary", "/metrics/snapshot", "/api/v1"})
  void whereFrameworksAreAskedWhoTheyAreToolsAreToo(String path) throws Exception {
    try (Site asking = new Site(Optional.of(new Credentials(Map.of("ops", "secret"))), 1_000);
        Client client = new Client(MediaType.JSON, asking.url(path))) {
      HttpRequest.Builder request =
          path.equals("/api/v1")
              ? client.request(client.body("{'type':'GET_STATE'}", Call.getDefaultInstance()))
              : HttpRequest.newBuilder(URI.create(asking.url(path)));
      assertThat(client.send(request.build()).statusCode()).isEqualTo(401);
      String pair = Base64.getEncoder().encodeToString("ops:secret".getBytes(US_ASCII));
      assertThat(client.send(request.header("Authorization", "Basic " + pair).build()).statusCode())
          .isEqualTo(200);
    }
  }

  @Test
  void secretsThatOthersMayReadAreNotTaken(@TempDir Path dir) throws Exception {
    Path file = Files.writeString(dir.resolve("credentials"), "web secret\n");
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r-----"));
    assertThatThrownBy(() -> Credentials.read(file))
        .hasMessage(file + ": others may read the secrets in it: chmod 600 " + file);
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
    assertThat(Credentials.read(file)).isNotNull();
  }

  @Test
  void theVersionIsNumbersAndDots() throws Exception {
    assertThat(get("/version").body()).contains("\"version\":\"1.11.0\"");
    assertThat(get("/version").headers().firstValue("Content-Type")).hasValue("application/json");
  }

  @Test
  void allIsServedBelowMasterTooAndTheLongestPathCounts() throws Exception {
    assertThat(get("/master/version/").statusCode()).isEqualTo(200);
    assertThat(get("/master/health").statusCode()).isEqualTo(200);
    assertThat(get("/nothing").statusCode()).isEqualTo(404);
    assertThat(
            ask(MediaType.JSON, "/api/v1/operator", "{'type':'GET_HEALTH'}")
                .getGetHealth()
                .getHealthy())
        .isTrue();
  }

  @Test
  void theLeaderIsHere() throws Exception {
    HttpResponse<String> answer = get("/redirect");
    assertThat(answer.statusCode()).isEqualTo(307);
    assertThat(answer.headers().firstValue("Location")).hasValue("//here:5050");
  }

  @Test
  void theStateNamesMachinesAndFrameworks() throws Exception {
    site.machine("cpus:4;mem:1024;ports:[31000-32000]");
    assertThat(get("/state").body())
        .contains(
            "\"activated_slaves\":1",
            "\"hostname\":\"m1\"",
            "\"cpus\":4.0",
            "\"ports\":\"[31000-32000]\"",
            "\"frameworks\":[]");
    assertThat(get("/master/state-summary").body()).contains("\"TASK_RUNNING\":0");
    assertThat(get("/metrics/snapshot").body()).contains("\"master/slaves_connected\":1.0");
  }

  @ParameterizedTest
  @EnumSource(MediaType.class)
  void operatorsSeeWhatThereIs(MediaType type) throws Exception {
    site.machine("cpus:4;mem:1024");
    Response state = ask(type, "/api/v1", "{'type':'GET_STATE'}");
    assertThat(state.getType()).isEqualTo(Response.Type.GET_STATE);
    assertThat(state.getGetState().getGetAgents().getAgentsCount()).isEqualTo(1);
    assertThat(
            ask(type, "/api/v1", "{'type':'GET_AGENTS'}").getGetAgents().getAgents(0).getActive())
        .isTrue();
    assertThat(
            ask(type, "/api/v1", "{'type':'GET_VERSION'}")
                .getGetVersion()
                .getVersionInfo()
                .getVersion())
        .isEqualTo("1.11.0");
    assertThat(
            ask(type, "/api/v1", "{'type':'GET_MASTER'}")
                .getGetMaster()
                .getMasterInfo()
                .getHostname())
        .isEqualTo("here");
    assertThat(ask(type, "/api/v1", "{'type':'GET_ROLES'}").getGetRoles().getRolesCount()).isZero();
    assertThat(ask(type, "/api/v1", "{'type':'GET_TASKS'}").hasGetTasks()).isTrue();
    assertThat(ask(type, "/api/v1", "{'type':'GET_EXECUTORS'}").hasGetExecutors()).isTrue();
    assertThat(ask(type, "/api/v1", "{'type':'GET_FRAMEWORKS'}").hasGetFrameworks()).isTrue();
    assertThat(ask(type, "/api/v1", "{'type':'GET_METRICS'}").getGetMetrics().getMetricsCount())
        .isPositive();
  }

  @ParameterizedTest
  @EnumSource(MediaType.class)
  void whoListensIsToldWhatChanges(MediaType type) throws Exception {
    try (Client client = new Client(type, site.url("/api/v1"));
        Client.Reader<Event> stream =
            client.stream(
                client
                    .request(client.body("{'type':'SUBSCRIBE'}", Call.getDefaultInstance()))
                    .build(),
                Event.getDefaultInstance())) {
      assertThat(stream.next().getSubscribed().getHeartbeatIntervalSeconds()).isEqualTo(15);
      assertThat(stream.next().getType()).isEqualTo(Event.Type.HEARTBEAT);
      site.machine("cpus:4;mem:1024");
      assertThat(stream.next(Event::hasAgentAdded).getAgentAdded().getAgent().getActive()).isTrue();
    }
  }

  private HttpResponse<String> post(String json) throws Exception {
    try (Client client = new Client(MediaType.JSON, site.url("/api/v1"))) {
      return client.send(client.request(client.body(json, Call.getDefaultInstance())).build());
    }
  }

  @Test
  void whatIsNotServedIsSaid() throws Exception {
    HttpResponse<String> answer = post("{'type':'UNKNOWN'}");
    assertThat(answer.statusCode()).isEqualTo(501);
    assertThat(answer.body()).contains("UNKNOWN is not served");
    assertThat(post("{}").statusCode()).isEqualTo(400);
  }

  @ParameterizedTest
  @EnumSource(MediaType.class)
  void quotasAndWeightsAreShownAsTheyAreSet(MediaType type) throws Exception {
    Response none = ask(type, "/api/v1", "{'type':'GET_QUOTA'}");
    assertThat(none.getType()).isEqualTo(Response.Type.GET_QUOTA);
    assertThat(none.getGetQuota().getStatus().getConfigsCount()).isZero();
    OfferedResource cpus = OfferedResource.newBuilder().setName("cpus").setMilli(1500).build();
    site.roles(OfferRole.newBuilder().setName("a").setWeightMilli(2500).addGuarantee(cpus).build());
    var quota = ask(type, "/api/v1", "{'type':'GET_QUOTA'}").getGetQuota().getStatus();
    assertThat(quota.getConfigs(0).getGuaranteesOrThrow("cpus").getValue()).isEqualTo(1.5);
    var weights = ask(type, "/api/v1", "{'type':'GET_WEIGHTS'}").getGetWeights();
    assertThat(weights.getWeightInfos(0).getWeight()).isEqualTo(2.5);
    var roles = ask(type, "/api/v1", "{'type':'GET_ROLES'}").getGetRoles();
    assertThat(roles.getRoles(0).getWeight()).isEqualTo(2.5);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{'type':'UPDATE_QUOTA','update_quota':{'quota_configs':[{'role':'a'}]}}",
        "{'type':'SET_QUOTA','set_quota':{'quota_request':{'role':'a'}}}",
        "{'type':'REMOVE_QUOTA','remove_quota':{'role':'a'}}",
        "{'type':'UPDATE_WEIGHTS','update_weights':{'weight_infos':[{'role':'a','weight':2}]}}",
      })
  void rolesAreSetInTextAndNotHere(String call) throws Exception {
    HttpResponse<String> answer = post(call);
    assertThat(answer.statusCode()).isEqualTo(403);
    assertThat(answer.body()).endsWith("in the fleet directory and run `pilot apply`");
  }

  @ParameterizedTest
  @ValueSource(strings = {"/state", "/master/state-summary", "/metrics/snapshot", "/api/v1"})
  void aStandbySaysWhereTheLeaderIsWithThePathAndTheQuery(String path) throws Exception {
    site.stopLeading(new Leadership.Standby(Optional.of("there:5050")));
    site.settle();
    HttpResponse<String> answer =
        path.equals("/api/v1") ? post("{'type':'GET_STATE'}") : get(path + "?jsonp=x");
    assertThat(answer.statusCode()).isEqualTo(307);
    assertThat(answer.headers().firstValue("Location"))
        .hasValue("//there:5050" + path + (path.equals("/api/v1") ? "" : "?jsonp=x"));
    site.stopLeading(new Leadership.Standby(Optional.empty()));
    site.settle();
    answer = path.equals("/api/v1") ? post("{'type':'GET_STATE'}") : get(path);
    assertThat(answer.statusCode()).isEqualTo(503);
    assertThat(answer.body()).isEqualTo("No leader elected");
  }

  @Test
  void anOperatorEndsAFramework() throws Exception {
    try (Client client = new Client(MediaType.JSON, site.url("/api/v1"))) {
      HttpResponse<String> answer =
          client.send(
              client
                  .request(
                      client.body(
                          "{'type':'TEARDOWN','teardown':{'framework_id':{'value':'none'}}}",
                          Call.getDefaultInstance()))
                  .build());
      assertThat(answer.statusCode()).isEqualTo(400);
      assertThat(answer.body()).isEqualTo("No framework found with specified ID");
    }
  }
}
