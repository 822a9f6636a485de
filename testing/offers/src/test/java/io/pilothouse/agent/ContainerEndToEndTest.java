package io.pilothouse.agent;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.pilothouse.filesync.Sha256;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A task in a container, of an image that the machine's manifest ships, through the real scheduler
 * and the agent's part for offers. Needs root, Debian's crun and busybox-static.
 */
@Tag("system")
@Timeout(120)
class ContainerEndToEndTest {
  @TempDir private static Path dir;
  private static OfferedSite site;
  private static Framework framework;

  @BeforeAll
  static void start() throws Exception {
    ships();
    site = new OfferedSite(dir);
    framework = new Framework(site.api, OfferedSite.PRINCIPAL + ":" + OfferedSite.SECRET);
    framework.subscribes();
  }

  @AfterAll
  static void stop() throws Exception {
    framework.close();
    site.close();
  }

  /** As a rollout leaves it: the archive is in the version that runs. */
  private static void ships() throws Exception {
    Path root = Files.createDirectories(dir.resolve("image/root/bin"));
    assertThat(Path.of("/bin/busybox")).as("install busybox-static").isExecutable();
    Files.copy(Path.of("/bin/busybox"), root.resolve("busybox"));
    for (String each : new String[] {"sh", "sleep", "cat"}) {
      Files.createSymbolicLink(root.resolve(each), Path.of("busybox"));
    }
    Path image = dir.resolve("image");
    tar(image.resolve("root"), image.resolve("layer.tar"), ".");
    String config =
        "{\"os\":\"linux\",\"config\":{\"Env\":[\"SAYS=the image\"]},\"rootfs\":{\"diff_ids\":"
            + "[\"sha256:%s\"]}}".formatted(Sha256.hex(image.resolve("layer.tar")));
    String id = Sha256.hex(config.getBytes(StandardCharsets.UTF_8));
    Files.writeString(image.resolve(id + ".json"), config);
    Files.writeString(
        image.resolve("manifest.json"),
        "[{\"Config\":\"%s.json\",\"RepoTags\":[\"app:v1\"],\"Layers\":[\"layer.tar\"]}]"
            .formatted(id));
    Path shelf = Files.createDirectories(dir.resolve("machine/active/images"));
    tar(image, shelf.resolve("app.tar"), "layer.tar", id + ".json", "manifest.json");
  }

  private static void tar(Path from, Path to, String... names)
      throws IOException, InterruptedException {
    List<String> line =
        new ArrayList<>(List.of("tar", "-cf", to.toString(), "-C", from.toString()));
    line.addAll(List.of(names));
    assertThat(new ProcessBuilder(line).inheritIO().start().waitFor()).isZero();
  }

  private static void launches(String task, String line, String container) throws Exception {
    JsonNode offer = framework.offer();
    framework.accepts(
        offer,
        ("{'type':'LAUNCH','launch':{'task_infos':[{'name':'n','task_id':{'value':'%s'},"
                + "'agent_id':%s,'resources':[{'name':'cpus','type':'SCALAR','scalar':{'value':0.5}},"
                + "{'name':'mem','type':'SCALAR','scalar':{'value':64}}],"
                + "'command':{'value':'%s'},'container':%s}]}}")
            .formatted(task, offer.get("agent_id"), line, container));
  }

  @Test
  void aTaskRunsInAContainerOfTheImageThatItNames() throws Exception {
    launches(
        "t1",
        "echo $SAYS; exec sleep 600",
        "{'type':'DOCKER','docker':{'image':'app:v1','network':'HOST'}}");
    framework.hears("t1", "TASK_STARTING");
    framework.hears("t1", "TASK_RUNNING");
    OfferedFleet.until(() -> said("t1").equals("the image\n"));

    framework.kills("t1");

    framework.hears("t1", "TASK_KILLED");
    launches(
        "t2",
        "true",
        "{'type':'MESOS','mesos':{'image':{'type':'DOCKER','docker':{'name':'app:v2'}}}}");
    JsonNode end = framework.hears("t2", "TASK_FAILED");
    assertThat(end.get("reason").asText()).isEqualTo("REASON_CONTAINER_LAUNCH_FAILED");
    assertThat(end.get("message").asText()).endsWith("holds the image 'app:v2': there are app:v1");
  }

  private static String said(String task) {
    try {
      return site.output(framework.id, task);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  void whatIsNotServedIsRefusedByItsField() throws Exception {
    launches("t3", "true", "{'type':'DOCKER','docker':{'image':'app:v1','network':'BRIDGE'}}");
    assertThat(framework.hears("t3", "TASK_FAILED").get("message").asText())
        .isEqualTo(
            "Failed to launch container: ContainerInfo.docker.network (BRIDGE) is not served by"
                + " this agent: use HOST, and the ports that the task was offered (PORT0 …)");
  }
}
