package io.pilothouse.kit;

import static org.assertj.core.api.Assertions.assertThat;

import io.pilothouse.client.ServerAddress;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

final class ProgramTest {
  private static final String LOOPBACK = "127.0.0.1:";

  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();
  private final Program program = new Program();

  @AfterEach
  void stop() {
    program.close();
  }

  private int start(Program.Body body, String... args) {
    return program.start(
        body,
        args,
        new PrintStream(out, true, StandardCharsets.UTF_8),
        new PrintStream(err, true, StandardCharsets.UTF_8));
  }

  private String errors() {
    return err.toString(StandardCharsets.UTF_8);
  }

  @Command(name = "sample")
  static final class Sample implements Program.Body {
    @Mixin final ProgramOptions options = new ProgramOptions();
    boolean started;

    @Override
    public void start(Program program) {
      started = true;
      program.closing(options.page(program)).start();
    }
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  private static String[] args(String id, String servers, String http) {
    return new String[] {"--id", id, "--servers", servers, "--http", http};
  }

  @Test
  void readsItsFlags() throws Exception {
    Sample sample = new Sample();
    int port = freePort();
    assertThat(start(sample, args("repair-1", "127.0.0.1:1,[::1]:2", LOOPBACK + port)))
        .isEqualTo(-1);
    assertThat(sample.options.id()).isEqualTo("repair-1");
    assertThat(sample.options.servers()).containsExactly("127.0.0.1:1", "[::1]:2");
    assertThat(sample.options.http()).isEqualTo(new ServerAddress("127.0.0.1", port));
  }

  @Test
  void badFlagsAreTwo() {
    Sample sample = new Sample();
    assertThat(start(sample)).isEqualTo(2);
    assertThat(start(sample, "--id=x", "--servers=127.0.0.1:1", "--http=127.0.0.1:1", "--nonsense"))
        .isEqualTo(2);
    assertThat(start(sample, args("x", "nowhere", LOOPBACK + 1))).isEqualTo(2);
    assertThat(start(sample, args("a b", "127.0.0.1:1", LOOPBACK + 1))).isEqualTo(2);
    assertThat(errors())
        .contains(
            "Missing required",
            "--nonsense",
            "bad server address 'nowhere'",
            "bad --id 'a b'",
            "sample --help");
    assertThat(sample.started).isFalse();
  }

  @Test
  void helpIsZeroAndListsTheFlags() {
    assertThat(start(new Sample(), "--help")).isZero();
    assertThat(out.toString(StandardCharsets.UTF_8)).contains("--id", "--servers", "--http");
  }

  @Test
  void aPortInUseIsSaidSo() throws Exception {
    try (ServerSocket other = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      String http = LOOPBACK + other.getLocalPort();
      assertThat(start(new Sample(), args("x", "127.0.0.1:1", http))).isEqualTo(1);
      assertThat(errors()).contains("cannot serve HTTP on " + http, "another --http");
    }
  }

  @Test
  void othersMayNotReachItUnlessTold() {
    assertThat(start(new Sample(), args("x", "127.0.0.1:1", "0.0.0.0:18999"))).isEqualTo(1);
    assertThat(errors()).contains("--listen-beyond-loopback");
  }

  @Test
  void closesInReverseOrder() {
    List<String> closed = new ArrayList<>();
    program.closing(() -> closed.add("first"));
    program.closing(
        () -> {
          throw new IOException("broken");
        });
    program.closing(() -> closed.add("last"));
    program.close();
    assertThat(closed).containsExactly("last", "first");
  }

  private HttpPage page() {
    ServerAddress anyPort = new ServerAddress("127.0.0.1", 0);
    return program.closing(HttpPage.onLoopback(anyPort, program.meters()));
  }

  private static HttpResponse<String> get(HttpPage page, String path) throws Exception {
    try (HttpClient client = HttpClient.newHttpClient()) {
      URI uri = URI.create("http://127.0.0.1:" + page.port() + path);
      return client.send(HttpRequest.newBuilder(uri).build(), BodyHandlers.ofString());
    }
  }

  @Test
  void servesMetricsHealthAndStatus() throws Exception {
    HttpPage page =
        page()
            .status(() -> Map.of("doing", List.of("a \"b\"", 7, true, Optional.empty())))
            .check("disk", () -> Optional.of("is full"))
            .context("/broken", exchange -> Integer.parseInt("x"))
            .start();
    program.meters().counter("pilot.test").increment();
    assertThat(get(page, "/metrics").body()).contains("pilot_test_total 1.0", "jvm_memory");
    assertThat(get(page, "/health").statusCode()).isEqualTo(503);
    assertThat(get(page, "/health").body()).contains("\"healthy\" : false", "is full");
    assertThat(get(page, "/status").body()).contains("[ \"a \\\"b\\\"\", 7, true, null ]");
    assertThat(get(page, "/nothing").statusCode()).isEqualTo(404);
    assertThat(get(page, "/broken").statusCode()).isEqualTo(500);
    page.check("disk", Optional::empty);
    assertThat(get(page, "/health").statusCode()).isEqualTo(200);
  }
}
