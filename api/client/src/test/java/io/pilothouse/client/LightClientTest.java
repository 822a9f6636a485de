package io.pilothouse.client;

import static java.time.Duration.ofMillis;
import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import com.sun.net.httpserver.HttpServer;
import io.pilothouse.api.v1.GetMachineRequest;
import io.pilothouse.api.v1.GetStatusRequest;
import io.pilothouse.api.v1.StatusReply;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class LightClientTest {
  private final List<HttpServer> servers = new ArrayList<>();
  private final List<String> asked = new CopyOnWriteArrayList<>();

  @AfterEach
  void stop() {
    servers.forEach(each -> each.stop(0));
  }

  private String server(HttpHandler handler) throws IOException {
    HttpServer server =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    String address = "127.0.0.1:" + server.getAddress().getPort();
    server.createContext(
        "/",
        exchange -> {
          asked.add(address);
          try (exchange) {
            handler.handle(exchange);
          }
        });
    server.start();
    servers.add(server);
    return address;
  }

  private static void send(HttpExchange exchange, int code, byte[] body) throws IOException {
    exchange.sendResponseHeaders(code, body.length == 0 ? -1 : body.length);
    exchange.getResponseBody().write(body);
  }

  private static void json(HttpExchange exchange, int code, String text) throws IOException {
    send(exchange, code, text.getBytes(StandardCharsets.UTF_8));
  }

  private static byte[] status(String health) {
    return StatusReply.newBuilder().setHealth(health).build().toByteArray();
  }

  private static StatusReply ask(Duration deadline, String... servers) {
    return new LightClient(List.of(servers), "operator/alice")
        .call("GetStatus", GetStatusRequest.getDefaultInstance(), StatusReply.parser(), deadline);
  }

  @Test
  void postsProtobufAndReadsTheAnswer() throws IOException {
    List<String> seen = new ArrayList<>();
    String server =
        server(
            exchange -> {
              seen.add(exchange.getRequestMethod() + " " + exchange.getRequestURI());
              for (String name : List.of("Content-Type", "pilot-principal", "pilot-request-id")) {
                seen.add(String.valueOf(exchange.getRequestHeaders().getFirst(name)));
              }
              seen.add(
                  GetMachineRequest.parseFrom(exchange.getRequestBody().readAllBytes()).getName());
              send(exchange, 200, status("HEALTH_OK"));
            });
    StatusReply reply =
        new LightClient(List.of(server), "operator/alice\r\nevil: 1")
            .call(
                "GetMachine",
                GetMachineRequest.newBuilder().setName("web-03").build(),
                StatusReply.parser(),
                ofSeconds(10));
    assertThat(reply.getHealth()).isEqualTo("HEALTH_OK");
    assertThat(seen.get(0)).isEqualTo("POST /pilothouse.v1.Operator/GetMachine");
    assertThat(seen.get(1)).isEqualTo("application/proto");
    assertThat(seen.get(2)).startsWith("operator/alice").contains("evil");
    assertThat(seen.get(3)).matches("[0-9a-f]{16}");
    assertThat(seen.get(4)).isEqualTo("web-03");
  }

  @Test
  void readsAnAnswerSentInChunks() throws IOException {
    String server =
        server(
            exchange -> {
              exchange.sendResponseHeaders(200, 0); // 0: chunked
              exchange.getResponseBody().write(status("HEALTH_" + "X".repeat(20_000)));
            });
    assertThat(ask(ofSeconds(10), server).getHealth()).hasSize(20_007);
  }

  @Test
  void followsTheNamedLeader() throws IOException {
    String leader = server(exchange -> send(exchange, 200, status("HEALTH_WARN")));
    String follower =
        server(
            exchange -> {
              exchange.getResponseHeaders().set("pilot-leader", "127.0.0.1:1," + leader);
              json(exchange, 503, "{\"code\":\"UNAVAILABLE\",\"message\":\"not the leader\"}");
            });
    assertThat(ask(ofSeconds(10), follower).getHealth()).isEqualTo("HEALTH_WARN");
    assertThat(asked).containsExactly(follower, leader);
  }

  @Test
  void refusalsAreThrownWithTheirRemedy() throws IOException {
    String server =
        server(
            exchange ->
                json(
                    exchange,
                    404,
                    "{\"code\":\"NOT_FOUND\",\"details\":[{\"a\":1}],"
                        + "\"message\":\"no machine \\\"web-99\\\"\",\"remedy\":\"pilot machine list\"}"));
    assertThatThrownBy(() -> ask(ofSeconds(10), server))
        .isInstanceOfSatisfying(
            DmException.class,
            e -> {
              assertThat(e).hasMessage("no machine \"web-99\"");
              assertThat(e.code()).isEqualTo("NOT_FOUND");
              assertThat(e.remedy()).isEqualTo("pilot machine list");
            });
    assertThat(asked).hasSize(1);
  }

  private static HttpHandler busy(List<String> waits, HttpHandler then) {
    List<String> left = new CopyOnWriteArrayList<>(waits);
    return exchange -> {
      if (left.isEmpty()) {
        then.handle(exchange);
        return;
      }
      exchange.getResponseHeaders().set("Retry-After", "1");
      exchange.getResponseHeaders().set("retry-after-ms", left.remove(0));
      json(exchange, 429, "{\"code\":\"RESOURCE_EXHAUSTED\",\"message\":\"1024 are under way\"}");
    };
  }

  @Test
  void aBusyDeviceManagerIsAskedAgain() throws IOException {
    String server =
        server(busy(List.of("5", "5"), exchange -> send(exchange, 200, status("HEALTH_OK"))));
    assertThat(ask(ofSeconds(20), server).getHealth()).isEqualTo("HEALTH_OK");
    assertThat(asked).hasSize(3);
  }

  @Test
  void saysHowOftenItTriedABusyDeviceManager() throws IOException {
    String server =
        server(
            busy(
                List.of("1", "1", "1", "1", "1", "1"),
                exchange -> send(exchange, 200, status("HEALTH_OK"))));
    assertThatThrownBy(() -> ask(ofSeconds(20), server))
        .isInstanceOf(DmException.class)
        .hasMessage("the Device Manager is busy, tried 6 times: 1024 are under way");
  }

  @Test
  void saysSoWhenTheServerIsNoDeviceManager() throws IOException {
    String server = server(exchange -> json(exchange, 404, "<h1>No context found</h1>"));
    assertThatThrownBy(() -> ask(ofSeconds(10), server))
        .isInstanceOf(DmException.class)
        .hasMessageContaining(server + " answered HTTP 404: <h1>No context");
  }

  @Test
  void aHungServerIsLeftForAnother() throws IOException {
    String alive = server(exchange -> send(exchange, 200, status("HEALTH_OK")));
    // accepts connections (the kernel does) and never answers, like a stopped process
    try (ServerSocket hung = new ServerSocket(0, 5, InetAddress.getLoopbackAddress())) {
      StatusReply reply =
          new LightClient(List.of("127.0.0.1:" + hung.getLocalPort(), alive), "operator/alice")
              .call(
                  "GetStatus",
                  GetStatusRequest.getDefaultInstance(),
                  StatusReply.parser(),
                  ofSeconds(20),
                  ofMillis(300));
      assertThat(reply.getHealth()).isEqualTo("HEALTH_OK");
    }
  }

  @Test
  void givesUpAtTheDeadlineAndSaysWhomItTried() throws IOException {
    int free;
    try (ServerSocket socket = new ServerSocket(0)) {
      free = socket.getLocalPort();
    }
    String noQuorum =
        server(
            exchange ->
                json(exchange, 503, "{\"code\":\"UNAVAILABLE\",\"message\":\"no quorum\"}"));
    assertThatThrownBy(() -> ask(ofMillis(500), "127.0.0.1:" + free, noQuorum))
        .isInstanceOf(UnreachableException.class)
        .hasMessageContaining("GetStatus within 500 ms")
        .hasMessageContaining("127.0.0.1:" + free + " (Connection refused)")
        .hasMessageContaining(noQuorum + " (no quorum)");
  }

  @Test
  void anAnswerCutShortIsNotTakenForAnAnswer() throws IOException {
    String server =
        server(
            exchange -> {
              exchange.sendResponseHeaders(200, 100);
              exchange.getResponseBody().write(status("HEALTH_OK"));
              exchange.getResponseBody().flush();
              throw new IOException("cut");
            });
    assertThatThrownBy(() -> ask(ofMillis(300), server)).isInstanceOf(UnreachableException.class);
  }

  /** What the light client is for: each class loaded costs start-up time. */
  @Test
  void loadsNeitherGrpcNorJson() throws Exception {
    String server = server(exchange -> send(exchange, 200, status("HEALTH_OK")));
    Process child =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xshare:auto",
                "-XX:TieredStopAtLevel=1",
                "-Xlog:class+load:stdout",
                "-cp",
                System.getProperty("java.class.path"),
                LightClientTest.class.getName(),
                server)
            .redirectErrorStream(true)
            .start();
    String output = new String(child.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(child.waitFor(30, TimeUnit.SECONDS)).isTrue();
    assertThat(output).contains("answer HEALTH_OK");
    assertThat(output.lines().filter(each -> each.contains("source:")).map(LightClientTest::name))
        .noneMatch(each -> each.startsWith("io.grpc") || each.startsWith("com.fasterxml"))
        .noneMatch(each -> each.endsWith(".OperatorProto")); // descriptors: 30 ms of parsing
  }

  private static String name(String line) {
    String rest = line.substring(line.indexOf("] ") + 2);
    return rest.substring(rest.lastIndexOf("] ") + 1).strip().split(" ", 2)[0];
  }

  /** Run as a program of its own by the test above. */
  public static void main(String[] args) {
    long start = System.nanoTime();
    String health = ask(ofSeconds(10), args).getHealth();
    System.out.println("answer " + health);
    System.out.println(
        String.format(Locale.ROOT, "took %.1f ms", (System.nanoTime() - start) / 1e6));
  }
}
