package io.pilothouse.agent;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * An executor that was written for Mesos' own driver and its classes of 1.11.0
 * (testing/frameworks/executor), with ours before them on its class path, under the real agent.
 */
@Timeout(120)
class OldExecutorTest {
  private static final Path MODULE =
      Path.of("..", "frameworks", "executor", "target").toAbsolutePath().normalize();
  private static final Path API = Path.of("..", "..", "api").toAbsolutePath().normalize();

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

  private static String executor(String id) throws IOException {
    String classPath =
        String.join(
            ":",
            API.resolve("mesos-driver/target/classes").toString(),
            API.resolve("mesos/target/classes").toString(),
            MODULE.resolve("classes").toString(),
            Files.readString(MODULE.resolve("class-path")).strip());
    String java =
        "exec %s -XX:TieredStopAtLevel=1 -XX:+UseSerialGC -Xmx64m -cp %s %s"
            .formatted(
                Path.of(System.getProperty("java.home"), "bin", "java"),
                classPath,
                "io.pilothouse.testing.executor.Main");
    return ("'executor':{'type':'CUSTOM','executor_id':{'value':'%s'},%s,'command':{'value':"
            + "'%s'},'shutdown_grace_period':{'nanoseconds':20000000000}}")
        .formatted(id, resources(0.2, 128), java);
  }

  private static String resources(double cpus, int mem) {
    return ("'resources':[{'name':'cpus','type':'SCALAR','scalar':{'value':%s}},"
            + "{'name':'mem','type':'SCALAR','scalar':{'value':%d}}]")
        .formatted(cpus, mem);
  }

  private static String base64(String text) {
    return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8));
  }

  private static void launches(String executor, String task, String data) throws Exception {
    JsonNode offer = framework.offer();
    framework.accepts(
        offer,
        ("{'type':'LAUNCH','launch':{'task_infos':[{'name':'n','task_id':{'value':'%s'},"
                + "'agent_id':%s,%s,'data':'%s',%s}]}}")
            .formatted(
                task, offer.get("agent_id"), resources(0.1, 16), base64(data), executor(executor)));
  }

  private static void says(String executor, JsonNode agent, String message) throws Exception {
    framework.call(
        "{'type':'MESSAGE','message':{'agent_id':%s,'executor_id':{'value':'%s'},'data':'%s'}}"
            .formatted(agent, executor, base64(message)));
  }

  private static List<String> noted(String executor) throws IOException {
    return Files.readAllLines(site.sandbox(framework.id, executor).resolve("stdout"));
  }

  private static void isFree() {
    OfferedFleet.until(() -> site.state().at("/slaves/0/used_resources/cpus").asDouble() == 0);
  }

  @Test
  void itsTasksRunThroughARestartOfTheAgentAndNothingThatItSaysIsLost() throws Exception {
    launches("old", "t1", "hello");
    assertThat(framework.hears("t1", "TASK_FINISHED").get("message").asText())
        .isEqualTo("done: hello");
    launches("old", "t2", "wait");
    JsonNode agent = framework.hears("t2", "TASK_RUNNING").get("agent_id");
    launches("old", "t3", "alone");
    framework.hears("t3", "TASK_RUNNING");
    says("old", agent, "are you there?");
    assertThat(framework.next("MESSAGE").at("/message/data").asText())
        .isEqualTo(base64("are you there?"));

    var unused = framework.offer(); // it is void with the agent's end
    site.restartsAgent();

    assertThat(framework.hears("t3", "TASK_FINISHED").get("message").asText())
        .isEqualTo("while the agent was away");
    launches("old", "t4", "again");
    framework.hears("t4", "TASK_FINISHED");
    framework.kills("t2");
    assertThat(framework.hears("t2", "TASK_KILLED").get("message").asText()).isEqualTo("as told");
    assertThat(noted("old"))
        .containsSubsequence(
            "registered old of test on web-01",
            "launch t1 hello",
            "launch t3 alone",
            "disconnected",
            "reregistered on web-01",
            "launch t4 again",
            "kill t2");
    assertThat(noted("old")).as("each once").doesNotHaveDuplicates();

    launches("old", "t5", "wait");
    framework.hears("t5", "TASK_RUNNING");
    says("old", agent, "exit");
    assertThat(framework.hears("t5", "TASK_FAILED").get("message").asText())
        .isEqualTo("Executor exited with status 7");
    isFree();
  }

  @Test
  void oneThatIsShutDownIsToldAndEndsByItself() throws Exception {
    launches("told", "t6", "wait");
    JsonNode agent = framework.hears("t6", "TASK_RUNNING").get("agent_id");

    framework.call(
        "{'type':'SHUTDOWN','shutdown':{'agent_id':%s,'executor_id':{'value':'told'}}}"
            .formatted(agent));

    assertThat(framework.hears("t6", "TASK_FAILED").get("message").asText())
        .isEqualTo("Executor exited with status 0");
    assertThat(noted("told")).containsSubsequence("shutdown", "run DRIVER_STOPPED");
    isFree();
  }
}
