package io.pilothouse.watchdog;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import io.pilothouse.api.v1.PullTargetsReply;
import io.pilothouse.api.v1.Target;
import io.pilothouse.api.v1.VerdictKind;
import io.pilothouse.api.v1.VerdictReportItem;
import io.pilothouse.api.v1.WatchdogSpec;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Collects over HTTP from as many agents as it takes. */
@Timeout(60)
class SlowWatchTest {
  private static final WatchdogSpec SPEC =
      WatchdogSpec.newBuilder().setName("slow").setEveryMs(60_000).addArgs("rounds=1").build();

  private final List<HttpServer> servers = new ArrayList<>();
  private final List<Target> targets = new ArrayList<>();
  private final Map<String, VerdictReportItem> said = new ConcurrentHashMap<>();
  private SlowWatch watch;

  @BeforeEach
  void start() {
    watch =
        new SlowWatch(
            PullTargetsReply::getDefaultInstance,
            each -> said.put(each.getMachine(), each),
            java.util.Optional.empty());
  }

  @AfterEach
  void stop() {
    servers.forEach(each -> each.stop(0));
  }

  @Test
  void theSlowOneIsFoundAmongItsTypesPeersOnly() throws Exception {
    for (int i = 0; i < 12; i++) {
      agent("web-%02d".formatted(i), "frontend", latency(0.002 + i * 0.00001));
      agent("db-%02d".formatted(i), "backend", latency(0.3 + i * 0.001));
    }
    agent("web-13", "frontend", latency(0.3)); // as a backend is, and no frontend
    watch.look(SPEC, targets);
    assertThat(said).hasSize(25);
    assertThat(said.get("web-13").getKind()).isEqualTo(VerdictKind.ERROR);
    assertThat(said.get("web-13").getFault()).isEqualTo("machine.slow");
    assertThat(said.get("web-13").getValidForMs()).isEqualTo(180_000);
    assertThat(said.values())
        .filteredOn(each -> each.getKind() != VerdictKind.OK)
        .extracting(VerdictReportItem::getMachine)
        .containsExactly("web-13");
  }

  @Test
  void machinesThatCannotTellAreNotAccused() throws Exception {
    for (int i = 0; i < 12; i++) {
      agent("web-%02d".formatted(i), "frontend", latency(0.002));
    }
    agent("older", "frontend", "{\"counters\": {}}");
    agent("stale", "frontend", latency(9).replace("\"age_ms\": 10", "\"age_ms\": 999999"));
    agent("broken", "frontend", "{\"counters\": ");
    targets.add(Target.newBuilder().setMachine("new").setType("frontend").build());
    try (ServerSocket deaf = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
      target("deaf", "frontend", deaf.getLocalPort());
      watch.look(SPEC, targets);
    }
    assertThat(said.get("older").getKind()).isEqualTo(VerdictKind.OK);
    assertThat(said.get("stale").getText()).contains("no recent counter \"disk_read_latency\"");
    assertThat(said.get("new").getKind()).isEqualTo(VerdictKind.OK);
    assertThat(said.get("broken").getKind()).isEqualTo(VerdictKind.UNKNOWN);
    assertThat(said.get("deaf").getText()).contains("no answer in 2000 ms");
  }

  @Test
  void wrongArgumentsAreSaidOfEach() throws Exception {
    agent("web-01", "frontend", latency(0.002));
    watch.look(SPEC.toBuilder().addArgs("pears=9").build(), targets);
    assertThat(said.get("web-01").getKind()).isEqualTo(VerdictKind.UNKNOWN);
    assertThat(said.get("web-01").getText()).contains("did you mean \"peers\"?");
  }

  private static String latency(double seconds) {
    return ("{\"machine\": \"m\", \"counters\": {\"disk_read_latency\": {\"value\": %s,"
            + " \"unit\": \"seconds\", \"age_ms\": 10}}}")
        .formatted(seconds);
  }

  private void agent(String machine, String type, String counters) throws IOException {
    HttpServer server =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext(
        "/counters",
        exchange -> {
          byte[] bytes = counters.getBytes(StandardCharsets.UTF_8);
          exchange.sendResponseHeaders(200, bytes.length);
          exchange.getResponseBody().write(bytes);
          exchange.close();
        });
    server.start();
    servers.add(server);
    target(machine, type, server.getAddress().getPort());
  }

  private void target(String machine, String type, int port) {
    targets.add(
        Target.newBuilder()
            .setMachine(machine)
            .setType(type)
            .setAgentAddress("127.0.0.1:" + port)
            .build());
  }
}
