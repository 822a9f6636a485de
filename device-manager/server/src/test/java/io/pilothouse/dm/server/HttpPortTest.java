package io.pilothouse.dm.server;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.pilothouse.api.v1.GetMachineReply;
import io.pilothouse.api.v1.GetMachineRequest;
import io.pilothouse.dm.raft.HostPort;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class HttpPortTest {

  private final EdgeHarness dm = new EdgeHarness();
  private final HttpClient client = HttpClient.newHttpClient();
  private HttpPort port;
  private String base = "";

  @BeforeEach
  void open() throws IOException {
    dm.fleet.apply();
    int free;
    try (ServerSocket socket = new ServerSocket(0)) {
      free = socket.getLocalPort();
    }
    SelfReport self =
        new SelfReport("dm-1", Optional.empty(), dm.ledger, dm.edge.waiters(), dm.clock.clocks());
    port =
        HttpPort.open(
            new HostPort("127.0.0.1", free),
            Optional.empty(),
            new PrometheusMeterRegistry(PrometheusConfig.DEFAULT)::scrape,
            self,
            new HttpGateway(dm.channel(), dm.edge.access()),
            work -> Thread.ofVirtual().start(work));
    base = "http://127.0.0.1:" + port.port();
  }

  @AfterEach
  void close() {
    client.close();
    port.close();
    dm.close();
  }

  @Test
  void whoMayNotCallIsToldBeforeTheBodyIsRead() throws Exception {
    HttpResponse<String> answer =
        client.send(
            HttpRequest.newBuilder(URI.create(base + "/pilothouse.v1.Operator/ApplyFleet"))
                .header("Content-Type", "application/proto")
                .header("pilot-principal", "machine/web-01")
                .POST(BodyPublishers.ofByteArray("this is no fleet".getBytes(UTF_8)))
                .build(),
            BodyHandlers.ofString());
    assertThat(answer.statusCode()).isEqualTo(403);
    assertThat(answer.body()).contains("machine/web-01 may not call");
  }

  private HttpRequest.Builder call(String method, String type) {
    return HttpRequest.newBuilder(URI.create(base + "/pilothouse.v1.Operator/" + method))
        .header("Content-Type", type)
        .header("pilot-principal", "operator/alice")
        .header("pilot-request-id", "http-1");
  }

  private HttpResponse<String> json(String method, String body) throws Exception {
    return client.send(
        call(method, "application/json").POST(BodyPublishers.ofString(body)).build(),
        BodyHandlers.ofString());
  }

  private HttpResponse<String> page(String path) throws Exception {
    return client.send(
        HttpRequest.newBuilder(URI.create(base + path)).build(), BodyHandlers.ofString());
  }

  @Test
  void jsonInAndOut() throws Exception {
    HttpResponse<String> reply = json("GetMachine", "{\"name\":\"web-01\"}");

    assertThat(reply.statusCode()).isEqualTo(200);
    assertThat(reply.headers().firstValue("Content-Type")).hasValue("application/json");
    assertThat(reply.body()).contains("\"scale_unit\": \"su-1\"");
  }

  @Test
  void aWriteByHttpIsTheSameWrite() throws Exception {
    HttpResponse<String> reply =
        json(
            "ControlMachine",
            "{\"machine\":\"web-01\",\"verb\":\"hold\",\"context\":{\"reason\":\"why\"}}");

    assertThat(reply.statusCode()).as(reply.body()).isEqualTo(200);
    assertThat(dm.ledger.submitted().getLast().getPrincipal()).isEqualTo("operator/alice");
    assertThat(dm.ledger.submitted().getLast().getRequestId()).isEqualTo("http-1");
  }

  @Test
  void aNumberThatNoMemoryHoldsIsRefused() throws Exception {
    HttpResponse<String> reply = json("ListEvents", "{\"since_index\": 1e999999999}");

    assertThat(reply.statusCode()).as(reply.body()).isEqualTo(400);
    assertThat(reply.body()).contains("Out of range uint64 value");
  }

  @Test
  void protobufInAndOut() throws Exception {
    byte[] body = GetMachineRequest.newBuilder().setName("web-01").build().toByteArray();

    HttpResponse<byte[]> reply =
        client.send(
            call("GetMachine", "application/proto").POST(BodyPublishers.ofByteArray(body)).build(),
            BodyHandlers.ofByteArray());

    assertThat(reply.statusCode()).isEqualTo(200);
    assertThat(reply.headers().firstValue("Content-Type")).hasValue("application/proto");
    assertThat(GetMachineReply.parseFrom(reply.body()).getMachine().getName()).isEqualTo("web-01");
  }

  @Test
  void errorsHaveCodeMessageAndRemedy() throws Exception {
    HttpResponse<String> missing = json("GetMachine", "{\"name\":\"we\\\"b-01\"}");
    HttpResponse<String> field = json("GetMachine", "{\"nam\":\"web-01\"}");
    HttpResponse<String> method = json("GetMachines", "{}");
    HttpResponse<String> type =
        client.send(
            call("GetStatus", "text/plain").POST(BodyPublishers.ofString("{}")).build(),
            BodyHandlers.ofString());
    HttpResponse<String> get =
        client.send(call("GetStatus", "application/json").GET().build(), BodyHandlers.ofString());

    assertThat(missing.statusCode()).isEqualTo(404);
    assertThat(missing.body())
        .isEqualTo(
            "{\"code\":\"NOT_FOUND\",\"message\":\"no machine \\\"we\\\"b-01\\\" is known"
                + " (did you mean \\\"web-01\\\"?)\","
                + "\"remedy\":\"`pilot machine list` shows those there are\"}\n");
    assertThat(field.statusCode()).isEqualTo(400);
    assertThat(field.body()).contains("INVALID_ARGUMENT").contains("nam");
    assertThat(method.statusCode()).isEqualTo(404);
    assertThat(method.body()).contains("GetMachine,");
    assertThat(type.statusCode()).isEqualTo(400);
    assertThat(get.statusCode()).isEqualTo(405);
  }

  @Test
  void withoutAPrincipalNothingIsDone() throws Exception {
    HttpResponse<String> reply =
        client.send(
            HttpRequest.newBuilder(URI.create(base + "/pilothouse.v1.Operator/GetStatus"))
                .header("Content-Type", "application/json")
                .POST(BodyPublishers.ofString("{}"))
                .build(),
            BodyHandlers.ofString());

    assertThat(reply.statusCode()).isEqualTo(401);
    assertThat(reply.body()).contains("pilot-principal");
  }

  @Test
  void anotherReplicaNamesTheLeader() throws Exception {
    dm.ledger.leaderIs(Optional.of(FakeLedger.OTHER));

    HttpResponse<String> reply = json("GetStatus", "{}");

    assertThat(reply.statusCode()).isEqualTo(503);
    assertThat(reply.headers().firstValue("pilot-leader"))
        .hasValue("127.0.0.1:18502,127.0.0.1:18522");
    assertThat(reply.body()).contains("UNAVAILABLE");
  }

  @Test
  void pagesOfTheReplicaItself() throws Exception {
    assertThat(page("/health").statusCode()).isEqualTo(200);
    assertThat(page("/status").body())
        .contains("\"role\":\"leader\"")
        .contains("\"applied\":1")
        .contains("\"id\":\"dm-1\"");
    assertThat(page("/metrics").statusCode()).isEqualTo(200);
    assertThat(page("/nothing").statusCode()).isEqualTo(404);

    dm.ledger.leaderIs(Optional.empty());

    assertThat(page("/health").statusCode()).isEqualTo(503);
    assertThat(page("/health").body()).contains("no leader");
  }
}
