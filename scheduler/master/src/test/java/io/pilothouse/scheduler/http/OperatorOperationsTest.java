package io.pilothouse.scheduler.http;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.pilothouse.mesos.MediaType;
import io.pilothouse.mesos.v1.master.Call;
import io.pilothouse.scheduler.Site;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.Locale;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** An operator reserves and makes volumes, and sees them. */
class OperatorOperationsTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String DISK =
      "{'name':'disk','type':'SCALAR','scalar':{'value':%s},'reservations':[{'type':'DYNAMIC',"
          + "'role':'db'}]%s}";
  private static final String VOLUME =
      DISK.formatted(
          "100",
          ",'disk':{'persistence':{'id':'v1'},'volume':{'container_path':'data','mode':'RW'}}");

  private final Site site = new Site();

  @BeforeEach
  void machine() throws Exception {
    site.machine("cpus:4;mem:1024;disk:1000");
    site.settle();
    site.settle();
  }

  @AfterEach
  void close() {
    site.close();
  }

  private HttpResponse<String> post(String json) throws Exception {
    try (Client client = new Client(MediaType.JSON, site.url("/api/v1"))) {
      return client.send(client.request(client.body(json, Call.getDefaultInstance())).build());
    }
  }

  private int does(String type, String what) throws Exception {
    String field = type.toLowerCase(Locale.ROOT);
    return post("{'type':'%s','%s':{'agent_id':{'value':'a1'},%s}}".formatted(type, field, what))
        .statusCode();
  }

  private JsonNode slave() throws Exception {
    try (HttpClient http = HttpClient.newHttpClient()) {
      String body =
          http.send(
                  HttpRequest.newBuilder(URI.create(site.url("/slaves"))).build(),
                  BodyHandlers.ofString())
              .body();
      return JSON.readTree(body).at("/slaves/0");
    }
  }

  @Test
  void theWayOfAVolume() throws Exception {
    String disk = DISK.formatted("100", "");
    assertThat(does("RESERVE_RESOURCES", "'resources':[" + disk + "]")).isEqualTo(202);
    assertThat(does("CREATE_VOLUMES", "'volumes':[" + VOLUME + "]")).isEqualTo(202);
    assertThat(slave().at("/reserved_resources/db/disk").asDouble()).isEqualTo(100);
    assertThat(slave().at("/unreserved_resources/disk").asDouble()).isEqualTo(900);
    assertThat(slave().at("/reserved_resources_full/db/0/disk/persistence/id").asText())
        .isEqualTo("v1");
    assertThat(post("{'type':'GET_AGENTS'}").body()).contains("\"persistence\":{\"id\":\"v1\"");
    assertThat(does("SHRINK_VOLUME", "'volume':" + VOLUME + ",'subtract':{'value':40}"))
        .isEqualTo(202);
    String small = VOLUME.replace("'value':100", "'value':60");
    assertThat(does("GROW_VOLUME", "'volume':" + small + ",'addition':" + DISK.formatted("40", "")))
        .isEqualTo(202);
    assertThat(does("DESTROY_VOLUMES", "'volumes':[" + VOLUME + "]")).isEqualTo(202);
    assertThat(does("UNRESERVE_RESOURCES", "'resources':[" + disk + "]")).isEqualTo(202);
    assertThat(slave().at("/reserved_resources")).isEmpty();
  }

  @Test
  void whatCannotBeDoneIsSaid() throws Exception {
    assertThat(does("RESERVE_RESOURCES", "'resources':[" + DISK.formatted("1001", "") + "]"))
        .isEqualTo(409);
    assertThat(does("CREATE_VOLUMES", "'volumes':[" + DISK.formatted("1", "") + "]"))
        .isEqualTo(400);
    HttpResponse<String> without = post("{'type':'CREATE_VOLUMES'}");
    assertThat(without.statusCode()).isEqualTo(400);
    assertThat(without.body())
        .isEqualTo("Failed to validate master::Call: Expecting 'create_volumes' to be present");
    HttpResponse<String> nowhere =
        post(
            "{'type':'GROW_VOLUME','grow_volume':{'volume':"
                + VOLUME
                + ",'addition':"
                + VOLUME
                + "}}");
    assertThat(nowhere.body())
        .isEqualTo("Failed to validate master::Call: Expecting 'agent_id' to be present");
    HttpResponse<String> nobody =
        post("{'type':'RESERVE_RESOURCES','reserve_resources':{'agent_id':{'value':'x'}}}");
    assertThat(nobody.statusCode()).isEqualTo(400);
    assertThat(nobody.body()).isEqualTo("No agent found with specified ID");
  }

  @Test
  void operationsThatNobodyHasAcknowledgedAreListed() throws Exception {
    assertThat(post("{'type':'GET_OPERATIONS'}").body())
        .isEqualTo("{\"type\":\"GET_OPERATIONS\",\"get_operations\":{}}");
  }
}
