package io.pilothouse.agent;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A framework with an executor of its own, and one with a group of tasks, through the real
 * scheduler and the agent's part for offers. The executor is a program of its own.
 */
@Timeout(120)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class ExecutorsEndToEndTest {
  @TempDir private static Path dir;
  private static OfferedSite site;
  private static Framework framework;

  @BeforeAll
  static void start() throws Exception {
    site = new OfferedSite(dir);
    framework = new Framework(site.api, OfferedSite.PRINCIPAL + ":" + OfferedSite.SECRET);
    framework.subscribes();
  }

  @AfterAll
  static void stop() throws Exception {
    framework.close();
    site.close();
  }

  private static String base64(String text) {
    return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8));
  }

  private static String resources(double cpus, int mem, int disk) {
    String all =
        ("{'name':'cpus','type':'SCALAR','scalar':{'value':%s}},"
                + "{'name':'mem','type':'SCALAR','scalar':{'value':%d}}")
            .formatted(cpus, mem);
    return "'resources':[%s]"
        .formatted(
            disk == 0
                ? all
                : all + ",{'name':'disk','type':'SCALAR','scalar':{'value':%d}}".formatted(disk));
  }

  private static String executor() {
    String java =
        "exec %s -XX:TieredStopAtLevel=1 -XX:+UseSerialGC -Xmx64m -cp %s %s"
            .formatted(
                Path.of(System.getProperty("java.home"), "bin", "java"),
                System.getProperty("java.class.path"),
                SmallExecutor.class.getName());
    return "'executor':{'type':'CUSTOM','executor_id':{'value':'small'},%s,'command':{'value':'%s'}}"
        .formatted(resources(0.2, 128, 0), java);
  }

  private static void launches(String task, String data) throws Exception {
    JsonNode offer = framework.offer();
    framework.accepts(
        offer,
        ("{'type':'LAUNCH','launch':{'task_infos':[{'name':'n','task_id':{'value':'%s'},"
                + "'agent_id':%s,%s,'data':'%s',%s}]}}")
            .formatted(task, offer.get("agent_id"), resources(0.1, 32, 0), base64(data), executor()));
  }

  private static void toExecutor(JsonNode agent, String message) throws Exception {
    framework.call(
        "{'type':'MESSAGE','message':{'agent_id':%s,'executor_id':{'value':'small'},'data':'%s'}}"
            .formatted(agent, base64(message)));
  }

  @Test
  @Order(1)
  void tasksOfAnExecutorRunAndItsResourcesAreCountedOnce() throws Exception {
    launches("t1", "hello");
    assertThat(framework.hears("t1", "TASK_FINISHED").get("message").asText())
        .isEqualTo("done: hello");
    launches("t2", "wait");
    JsonNode running = framework.hears("t2", "TASK_RUNNING");
    assertThat(running.at("/executor_id/value").asText()).isEqualTo("small");
    assertThat(site.state().at("/slaves/0/used_resources/cpus").asDouble()).isEqualTo(0.3);

    toExecutor(running.get("agent_id"), "are you there?");
    JsonNode answer = framework.next("MESSAGE").get("message");
    assertThat(new String(answer.get("data").binaryValue(), StandardCharsets.UTF_8))
        .isEqualTo("are you there?");
  }

  @Test
  @Order(2)
  void anExecutorOutlivesTheAgentAndThenEnds() throws Exception {
    var unused = framework.offer(); // it is void with the agent's end
    site.restartsAgent();
    launches("t3", "again");
    framework.hears("t3", "TASK_FINISHED");

    framework.kills("t2");
    JsonNode killed = framework.hears("t2", "TASK_KILLED");
    assertThat(killed.get("message").asText()).isEqualTo("as told");
    launches("t4", "wait");
    framework.hears("t4", "TASK_RUNNING");
    toExecutor(killed.get("agent_id"), "exit");

    JsonNode failed = framework.hears("t4", "TASK_FAILED");
    assertThat(failed.get("reason").asText()).isEqualTo("REASON_EXECUTOR_TERMINATED");
    assertThat(failed.get("message").asText()).isEqualTo("Executor exited with status 7");
    JsonNode failure = framework.next("FAILURE").get("failure");
    assertThat(failure.at("/executor_id/value").asText()).isEqualTo("small");
    assertThat(failure.get("status").asInt()).isEqualTo(7 << 8);
    OfferedFleet.until(() -> site.state().at("/slaves/0/used_resources/cpus").asDouble() == 0);
  }

  @Test
  @Order(3)
  void aGroupOfTasksLivesAndDiesTogether() throws Exception {
    JsonNode offer = framework.offer();
    String task =
        "{'name':'n','task_id':{'value':'%s'},'agent_id':"
            + offer.get("agent_id")
            + ","
            + resources(0.1, 32, 0)
            + ",'command':{'value':'%s'}}";
    framework.accepts(
        offer,
        ("{'type':'LAUNCH_GROUP','launch_group':{'executor':{'type':'DEFAULT','executor_id':"
                + "{'value':'group'},%s},'task_group':{'tasks':[%s,%s]}}}")
            .formatted(
                resources(0.1, 32, 8),
                task.formatted("a", "sleep 600"),
                task.formatted("b", "while [ ! -e go ]; do sleep 0.05; done; exit 4")));
    framework.hears("a", "TASK_RUNNING");
    framework.hears("b", "TASK_RUNNING");
    Path sandbox = site.sandbox(framework.id, "group").resolve("tasks/b");
    Files.createFile(sandbox.resolve("go"));

    framework.hears("b", "TASK_FAILED");
    assertThat(framework.hears("a", "TASK_KILLED").get("message").asText())
        .startsWith("Task 'b' of its group ended as TASK_FAILED");
    JsonNode failure = framework.next("FAILURE").get("failure");
    assertThat(failure.at("/executor_id/value").asText()).isEqualTo("group");
    OfferedFleet.until(() -> site.state().at("/slaves/0/used_resources/cpus").asDouble() == 0);
  }
}
