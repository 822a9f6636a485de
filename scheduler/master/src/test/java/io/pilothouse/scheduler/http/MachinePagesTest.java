package io.pilothouse.scheduler.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.pilothouse.api.v1.OfferableMachine;
import io.pilothouse.api.v1.PullOfferableReply;
import io.pilothouse.mesos.MediaType;
import io.pilothouse.scheduler.PlayedAgent;
import io.pilothouse.scheduler.Site;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What tools ask of machines, of the scheduler's setting, and the older way to end a framework. */
class MachinePagesTest {
  private static final long AT = 4_000_000_000_000L;

  private final Site site = new Site();
  private final Client http = new Client(MediaType.JSON, site.url("/"));

  @AfterEach
  void close() {
    http.close();
    site.close();
  }

  private HttpResponse<String> ask(String method, String path, String body) throws Exception {
    return http.send(
        HttpRequest.newBuilder(URI.create(site.url(path)))
            .header("Content-Type", "application/json")
            .method(method, BodyPublishers.ofString(body.replace('\'', '"')))
            .build());
  }

  private HttpResponse<String> call(String type) throws Exception {
    return ask("POST", "/api/v1", "{'type':'" + type + "'}");
  }

  private void isTaken() {
    OfferableMachine machine =
        OfferableMachine.newBuilder().setName("m1").setTakenAt(AT).setTakenBy("drain").build();
    site.loop.submit(
        (core, now) ->
            core.machines(PullOfferableReply.newBuilder().addMachines(machine).build(), now));
  }

  @Test
  void whatTheDeviceManagerTakesIsMaintenance() throws Exception {
    assertThat(ask("GET", "/maintenance/schedule", "").body()).isEqualTo("{}");
    assertThat(ask("GET", "/maintenance/status", "").body()).isEqualTo("{}");
    assertThat(call("GET_MAINTENANCE_SCHEDULE").body())
        .isEqualTo(
            "{\"type\":\"GET_MAINTENANCE_SCHEDULE\",\"get_maintenance_schedule\":{\"schedule\":{}}}");
    isTaken();
    String schedule =
        "{'windows':[{'machine_ids':[{'hostname':'m1'}],'unavailability':{'start':{'nanoseconds':"
            + AT
            + "000000}}}]}";
    assertThat(ask("GET", "/master/maintenance/schedule", "").body())
        .isEqualTo(schedule.replace('\'', '"'));
    assertThat(call("GET_MAINTENANCE_SCHEDULE").body())
        .isEqualTo(
            ("{'type':'GET_MAINTENANCE_SCHEDULE','get_maintenance_schedule':{'schedule':"
                    + schedule
                    + "}}")
                .replace('\'', '"'));
    String status = "{'draining_machines':[{'id':{'hostname':'m1'}}]}".replace('\'', '"');
    assertThat(ask("GET", "/maintenance/status", "").body()).isEqualTo(status);
    assertThat(call("GET_MAINTENANCE_STATUS").body()).contains("{\"status\":" + status + "}");
  }

  @ParameterizedTest
  @CsvSource({
    "UPDATE_MAINTENANCE_SCHEDULE, pilot machine drain M --reason WHY",
    "START_MAINTENANCE, pilot machine drain M --reason WHY",
    "DRAIN_AGENT, pilot machine drain M --reason WHY",
    "DEACTIVATE_AGENT, pilot machine drain M --reason WHY",
    "STOP_MAINTENANCE, pilot machine undrain M",
    "REACTIVATE_AGENT, pilot machine undrain M",
    "MARK_AGENT_GONE, pilot machine decommission M --reason WHY",
  })
  void machinesAreTheDeviceManagers(String type, String command) throws Exception {
    HttpResponse<String> answer = call(type);
    assertThat(answer.statusCode()).isEqualTo(403);
    assertThat(answer.body())
        .isEqualTo(
            "%s is not allowed: machines are the Device Manager's: run `%s`"
                .formatted(type, command));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      value = {
        "POST | /maintenance/schedule | 403 | POST /maintenance/schedule is not allowed",
        "POST | /machine/down | 403 | POST /machine/down is not allowed: machines are the Device Manager's: run `pilot machine drain M --reason WHY`",
        "POST | /machine/up | 403 | POST /machine/up is not allowed: machines are the Device Manager's: run `pilot machine undrain M`",
        "GET | /machine/up | 405 | Expecting one of { 'POST' }, but received 'GET'",
        "DELETE | /maintenance/schedule | 405 | Expecting one of { 'GET' }, but received 'DELETE'",
        "POST | /flags | 405 | Expecting one of { 'GET' }, but received 'POST'",
        "GET | /teardown | 405 | Expecting one of { 'POST' }, but received 'GET'",
        "POST | /teardown | 400 | Missing 'frameworkId' query parameter in the request body",
      })
  void whatIsNotDoneHereSaysSo(String method, String path, int status, String text)
      throws Exception {
    HttpResponse<String> answer = ask(method, path, "");
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(status);
    assertThat(answer.body()).startsWith(text);
  }

  @Test
  void whatTheSchedulerWasSetUpWithCanBeRead() throws Exception {
    String flags = ask("GET", "/flags", "").body();
    assertThat(flags)
        .startsWith("{\"flags\":{\"agent_ping_timeout\":\"15secs\"")
        .contains(
            "\"max_completed_tasks_per_framework\":\"1000\"",
            "\"offer_timeout\":\"120secs\"",
            "\"root_submissions\":\"true\"")
        .doesNotContain("\"roles\"");
    assertThat(call("GET_FLAGS").body())
        .startsWith("{\"type\":\"GET_FLAGS\",\"get_flags\":{\"flags\":[{\"name\":")
        .contains("{\"name\":\"offer_timeout\",\"value\":\"120secs\"}");
  }

  @Test
  void whatIsNotServedIsSaid() throws Exception {
    HttpResponse<String> answer = call("UNKNOWN");
    assertThat(answer.statusCode()).isEqualTo(501);
    assertThat(answer.body()).isEqualTo("Call UNKNOWN is not served by this scheduler");
  }

  @Test
  void theLogIsMadeToSayMoreForAWhile() throws Exception {
    assertThat(call("GET_LOGGING_LEVEL").body())
        .isEqualTo("{\"type\":\"GET_LOGGING_LEVEL\",\"get_logging_level\":{\"level\":0}}");
    assertThat(call("SET_LOGGING_LEVEL").body())
        .isEqualTo("Failed to validate master::Call: Expecting 'set_logging_level' to be present");
  }

  @Test
  void aFrameworkIsTornDownByAForm() throws Exception {
    site.machineWithoutAgent("cpus:4;mem:1024");
    try (PlayedAgent agent = new PlayedAgent(site)) {
      assertThat(agent.looks).isEmpty();
      assertThat(ask("POST", "/teardown", "frameworkId=f%31&more=x").statusCode()).isEqualTo(200);
      assertThat(ask("GET", "/frameworks", "").body())
          .contains("\"completed_frameworks\":[{", "\"id\":\"f1\"");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"frameworkId=f9", "frameworkId=%zz", "frameworkId=a&frameworkId=b"})
  void oneThatIsNotThereCannotBeTornDown(String form) throws Exception {
    HttpResponse<String> answer = ask("POST", "/master/teardown", form);
    assertThat(answer.statusCode()).isEqualTo(400);
    assertThat(answer.body())
        .isIn(
            "No framework found with specified ID",
            "Missing 'frameworkId' query parameter in the request body");
  }
}
