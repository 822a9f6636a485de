package io.pilothouse.agent;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.sun.net.httpserver.HttpServer;
import io.pilothouse.filesync.Sha256;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A task that is fetched from a server with its checksum, runs, is well and then is not, through
 * the real scheduler and the agent's part for offers.
 */
@Timeout(120)
class FetchedTaskEndToEndTest {
  @TempDir private static Path dir;
  private static OfferedSite site;
  private static Framework framework;
  private static HttpServer server;
  private static byte[] archive;

  @BeforeAll
  static void start() throws Exception {
    archive = archive();
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext(
        "/app.tar.gz",
        exchange -> {
          exchange.sendResponseHeaders(200, archive.length);
          exchange.getResponseBody().write(archive);
          exchange.close();
        });
    server.start();
    site = new OfferedSite(dir);
    framework = new Framework(site.api, OfferedSite.PRINCIPAL + ":" + OfferedSite.SECRET);
    framework.subscribes();
  }

  @AfterAll
  static void stop() throws Exception {
    framework.close();
    site.close();
    server.stop(0);
  }

  private static byte[] archive() throws Exception {
    Path app = Files.createDirectories(dir.resolve("packed/app"));
    Path run =
        Files.writeString(app.resolve("run"), "#!/bin/sh\necho from the archive\nexec sleep 600\n");
    assertThat(run.toFile().setExecutable(true)).isTrue();
    Process tar =
        new ProcessBuilder("tar", "-czf", "app.tar.gz", "app")
            .directory(dir.resolve("packed").toFile())
            .inheritIO()
            .start();
    assertThat(tar.waitFor()).isZero();
    return Files.readAllBytes(dir.resolve("packed/app.tar.gz"));
  }

  private static void launches(String task, String sha256, String health) throws Exception {
    JsonNode offer = framework.offer();
    String uri =
        "http://127.0.0.1:%d/app.tar.gz#sha256=%s".formatted(server.getAddress().getPort(), sha256);
    framework.accepts(
        offer,
        ("{'type':'LAUNCH','launch':{'task_infos':[{'name':'n','task_id':{'value':'%s'},"
                + "'agent_id':%s,'resources':[{'name':'cpus','type':'SCALAR','scalar':{'value':0.5}},"
                + "{'name':'mem','type':'SCALAR','scalar':{'value':64}}],"
                + "'command':{'value':'app/run','uris':[{'value':'%s','cache':true}]}%s}]}}")
            .formatted(task, offer.get("agent_id"), uri, health));
  }

  @Test
  void aTaskIsFetchedRunsAndIsKilledWhenItIsIll() throws Exception {
    launches(
        "t1",
        Sha256.hex(archive),
        ",'health_check':{'type':'COMMAND','command':{'value':'test ! -e ill'},'delay_seconds':0,"
            + "'interval_seconds':0.1,'consecutive_failures':2,'grace_period_seconds':0}");
    framework.hears("t1", "TASK_STARTING");
    assertThat(framework.hears("t1", "TASK_RUNNING").has("healthy")).isFalse();
    JsonNode well = framework.hears("t1", "TASK_RUNNING");
    assertThat(well.get("healthy").asBoolean()).isTrue();
    assertThat(well.get("reason").asText()).isEqualTo("REASON_TASK_HEALTH_CHECK_STATUS_UPDATED");
    assertThat(site.output(framework.id, "t1")).isEqualTo("from the archive\n");

    Files.createFile(site.sandbox(framework.id, "t1").resolve("ill"));

    assertThat(framework.hears("t1", "TASK_RUNNING").get("healthy").asBoolean()).isFalse();
    JsonNode end = framework.hears("t1", "TASK_KILLED");
    assertThat(end.get("healthy").asBoolean()).isFalse();
    assertThat(end.get("message").asText())
        .startsWith("Health check failed 2 times consecutively, at last: Command exited with");
  }

  @Test
  void oneWhoseArchiveIsNotTheOneThatWasMeantDoesNotRun() throws Exception {
    launches("t2", "0".repeat(64), "");

    JsonNode end = framework.hears("t2", "TASK_FAILED");

    assertThat(end.get("reason").asText()).isEqualTo("REASON_CONTAINER_LAUNCH_FAILED");
    assertThat(end.get("message").asText())
        .contains("it has the SHA-256 " + Sha256.hex(archive) + ", expected was 000");
  }
}
