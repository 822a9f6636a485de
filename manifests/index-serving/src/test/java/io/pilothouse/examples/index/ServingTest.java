package io.pilothouse.examples.index;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A column behind HTTP, as balancers and Pilothouse see it. */
class ServingTest {
  private final HttpClient client = HttpClient.newHttpClient();
  @TempDir Path dir;
  private HttpServer server;
  private ColumnService service;

  @BeforeEach
  void start() throws IOException {
    Settings settings = new Settings("7", 1, Settings.BM25, 1);
    Path corpus =
        Files.writeString(dir.resolve("corpus.txt"), "1\tOak\tan old oak\n2\tElm\ta tree\n");
    Path circle = Files.writeString(dir.resolve("synonyms.txt"), "gale = storm\nstorm = gale\n");
    Index index = Index.read(corpus, 1, settings);
    service = new ColumnService("idx-r1-c1", 1, settings, index, Synonyms.read(circle));
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 8);
    server.createContext("/healthz", service::health);
    server.createContext("/search", service::search);
    server.start();
  }

  @AfterEach
  void stop() {
    server.stop(0);
  }

  private HttpResponse<String> get(String path) throws IOException, InterruptedException {
    URI uri = URI.create("http://127.0.0.1:%d%s".formatted(server.getAddress().getPort(), path));
    return client.send(
        HttpRequest.newBuilder(uri).timeout(Duration.ofSeconds(10)).build(),
        HttpResponse.BodyHandlers.ofString());
  }

  @Test
  void itAnswersWhatItHolds() throws Exception {
    ColumnAnswer answer = ColumnAnswer.of(get("/search?q=OAK&k=1").body());
    assertThat(answer.machine()).isEqualTo("idx-r1-c1");
    assertThat(answer.version()).isEqualTo("7");
    assertThat(answer.hits()).extracting(Index.Hit::title).containsExactly("Oak");
  }

  @Test
  void aWrongQueryIsTheAskersFaultAndNoReasonToBeTakenOut() throws Exception {
    for (int i = 0; i < 50; i++) {
      assertThat(get("/search?q=oak&k=0").statusCode()).isEqualTo(400);
    }
    assertThat(get("/search").body()).contains("?q=");
    assertThat(get("/healthz").statusCode()).isEqualTo(200);
  }

  @Test
  void oneThatFailsTooManyQueriesSaysThatItShouldNotBeAsked() throws Exception {
    assertThat(get("/healthz").statusCode()).isEqualTo(200);
    for (int i = 0; i < 5; i++) {
      assertThat(get("/search?q=gale").statusCode()).isEqualTo(500);
    }
    assertThat(get("/healthz").statusCode()).isEqualTo(503);
    assertThat(get("/healthz").body()).contains("5 of the last 50 queries failed");
  }

  @Test
  void oneThatStopsFailsItsHealthCheckFirstAndGoesOnAnswering() throws Exception {
    service.drain(Duration.ZERO);
    assertThat(get("/healthz").statusCode()).isEqualTo(503);
    assertThat(get("/search?q=oak").statusCode()).isEqualTo(200);
  }

  @Test
  void aLoadIsToldWhatIsWrongWithItsOptions() {
    assertThatThrownBy(() -> LoadOptions.of("--rate", "0", "http://127.0.0.1:1"))
        .hasMessageContaining("--rate 0");
    assertThatThrownBy(() -> LoadOptions.of("--rate")).hasMessageContaining("value of --rate");
    assertThatThrownBy(() -> LoadOptions.of("ftp://x")).hasMessageContaining("ftp://x");
    assertThatThrownBy(() -> LoadOptions.of()).hasMessageContaining("whom to ask");
  }

  @Test
  void aPhaseCountsWhatBecameOfEachRequest() {
    Phase phase = new Phase("kill \"3\"");
    for (int i = 1; i <= 98; i++) {
      phase.took(Phase.Outcome.COMPLETE, i * 1_000_000L, false, "1.0.0");
    }
    phase.took(Phase.Outcome.PARTIAL, 99_000_000, false, "1.0.0+1.1.0");
    phase.took(Phase.Outcome.FAILED, 500_000_000, true, "");
    phase.broke();
    assertThat(phase.unanswered()).isEqualTo(2);
    assertThat(phase.json())
        .isEqualTo(
            "{\"phase\":\"kill '3'\",\"requests\":100,\"complete\":98,\"partial\":1,\"failed\":1,"
                + "\"moved\":1,\"broken\":1,\"p50_ms\":50.0,\"p99_ms\":99.0,\"max_ms\":500.0,"
                + "\"versions\":{\"1.0.0\":98,\"1.0.0+1.1.0\":1}}");
  }
}
