package io.pilothouse.tasks;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.pilothouse.mesos.MediaType;
import io.pilothouse.mesos.v1.ExecutorID;
import io.pilothouse.mesos.v1.ExecutorInfo;
import io.pilothouse.mesos.v1.FrameworkID;
import io.pilothouse.mesos.v1.TaskState;
import io.pilothouse.mesos.v1.TaskStatus;
import io.pilothouse.mesos.v1.executor.Call;
import io.pilothouse.mesos.v1.executor.Event;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The checks of an executor's calls: Mesos' order, statuses and texts. */
class ExecutorApiTest {
  private static final String JSON = "application/json";

  @TempDir private Path disk;
  private Desk desk;
  private PlayedExecutor executor;

  @BeforeEach
  void open() throws Exception {
    desk = new Desk(disk);
    desk.launches(Desk.inExecutor("t1", "e"));
    executor = PlayedExecutor.of(desk, "e", MediaType.JSON);
  }

  @AfterEach
  void close() throws Exception {
    executor.close();
    desk.close();
  }

  private HttpRequest.Builder request(String path) {
    return HttpRequest.newBuilder(
            URI.create("http://" + executor.environment.get("MESOS_AGENT_ENDPOINT") + path))
        .header("Authorization", "Bearer " + executor.token);
  }

  /** Status and text of the answer. */
  private String answer(HttpRequest.Builder request) throws Exception {
    HttpResponse<String> answer = executor.send(request.build());
    return (answer.statusCode() + " " + answer.body()).strip();
  }

  private String posted(Optional<String> type, String body) throws Exception {
    HttpRequest.Builder request =
        request("/api/v1/executor").POST(BodyPublishers.ofString(body.replace('\'', '"')));
    type.ifPresent(each -> request.header("Content-Type", each));
    return answer(request);
  }

  private String posted(String json) throws Exception {
    return posted(
        Optional.of(JSON),
        "{'framework_id':{'value':'f-1'},'executor_id':{'value':'e'}," + json.substring(1));
  }

  @Test
  void whatIsNoCallIsRefusedBeforeAnythingElse() throws Exception {
    assertThat(answer(request("/api/v1/executor").GET()))
        .isEqualTo("405 Expecting one of { 'POST' }, but received 'GET'");
    assertThat(posted(Optional.empty(), "{}"))
        .isEqualTo("400 Expecting 'Content-Type' to be present");
    assertThat(posted(Optional.of("text/plain"), "{}"))
        .isEqualTo("415 Expecting 'Content-Type' of application/json or application/x-protobuf");
    assertThat(posted(Optional.of(JSON), "MALFORMED"))
        .startsWith("400 Failed to parse body into JSON: ");
    assertThat(posted(Optional.of("application/x-protobuf"), "MALFORMED"))
        .isEqualTo("400 Failed to parse body into Call protobuf");
    assertThat(posted(Optional.of(JSON), "{'type':'HEARTBEAT'}"))
        .startsWith("400 Failed to convert JSON into Call protobuf: Missing required fields:");
    assertThat(answer(request("/elsewhere").GET())).isEqualTo("404 no such path: /elsewhere");
  }

  @Test
  void aCallHasWhatItsKindNeeds() throws Exception {
    assertThat(posted("{'no':1}"))
        .isEqualTo("400 Failed to validate Executor::Call: Expecting 'type' to be present");
    for (String each : new String[] {"subscribe", "update", "message"}) {
      assertThat(posted("{'type':'%s'}".formatted(each.toUpperCase(java.util.Locale.ROOT))))
          .isEqualTo(
              "400 Failed to validate Executor::Call: Expecting '%s' to be present"
                  .formatted(each));
    }
  }

  private String updated(TaskStatus.Builder status) throws Exception {
    HttpResponse<String> answer = executor.send(executor.update(status));
    return (answer.statusCode() + " " + answer.body()).strip();
  }

  @Test
  void aStatusIsOfTheExecutorThatSendsIt() throws Exception {
    String refused = "400 Failed to validate Executor::Call: ";
    assertThat(updated(executor.status("t1", TaskState.TASK_RUNNING).clearUuid()))
        .isEqualTo(refused + "Expecting 'uuid' to be present");
    assertThat(
            updated(
                executor
                    .status("t1", TaskState.TASK_RUNNING)
                    .setUuid(ByteString.copyFromUtf8("dummy_uuid"))))
        .isEqualTo(refused + "Not a valid UUID");
    assertThat(
            updated(
                executor
                    .status("t1", TaskState.TASK_RUNNING)
                    .setExecutorId(ExecutorID.newBuilder().setValue("other"))))
        .isEqualTo(
            refused + "ExecutorID in Call: e does not match ExecutorID in TaskStatus: other");
    assertThat(
            updated(
                executor
                    .status("t1", TaskState.TASK_RUNNING)
                    .setSource(TaskStatus.Source.SOURCE_AGENT)))
        .isEqualTo(
            refused
                + "Received Call from executor e of framework f-1 with invalid source, expecting"
                + " 'SOURCE_EXECUTOR'");
    assertThat(updated(executor.status("t1", TaskState.TASK_STAGING)))
        .isEqualTo(
            refused
                + "Received TASK_STAGING from executor e of framework f-1 which is not allowed");
  }

  @Test
  void anExecutorSpeaksForItselfAlone() throws Exception {
    Call.Builder call = executor.call(Call.Type.SUBSCRIBE);
    call.getSubscribeBuilder();
    assertThat(
            executor
                .send(call.clone().setFrameworkId(FrameworkID.newBuilder().setValue("f-9")))
                .body())
        .isEqualTo("Framework cannot be found");
    assertThat(
            executor.send(call.clone().setExecutorId(ExecutorID.newBuilder().setValue("x"))).body())
        .isEqualTo("Executor cannot be found");

    desk.launches(Desk.inExecutor("t2", "e2"));
    try (PlayedExecutor other = PlayedExecutor.of(desk, "e2", MediaType.JSON)) {
      HttpResponse<String> answer =
          executor.send(call.clone().setExecutorId(ExecutorID.newBuilder().setValue("e2")));
      assertThat(answer.statusCode()).isEqualTo(403);
      assertThat(answer.body()).isEqualTo("The call is of executor 'e' of framework 'f-1'");

      executor.subscribes();
      other.subscribes();
      HttpResponse<String> others =
          executor.send(executor.update(executor.status("t2", TaskState.TASK_FINISHED)));
      assertThat(others.statusCode()).isEqualTo(202);
      other.tells("t2", TaskState.TASK_RUNNING);
      desk.until("t2", TaskState.TASK_RUNNING);
      assertThat(desk.states()).doesNotContain("t2 FINISHED");
    }
  }

  @Test
  void whoeverHasNoTokenIsNobody() throws Exception {
    executor.token = "a guess";
    HttpResponse<String> answer = executor.send(executor.call(Call.Type.HEARTBEAT));
    assertThat(answer.statusCode()).isEqualTo(401);
    assertThat(answer.headers().firstValue("WWW-Authenticate"))
        .hasValue("Bearer realm=\"mesos-agent-executor\"");
    executor.token = "";
    assertThat(executor.send(executor.call(Call.Type.HEARTBEAT)).statusCode()).isEqualTo(401);
    assertThat(
            executor
                .send(
                    HttpRequest.newBuilder(
                            URI.create(
                                "http://"
                                    + executor.environment.get("MESOS_AGENT_ENDPOINT")
                                    + "/api/v1/executor"))
                        .POST(BodyPublishers.noBody())
                        .build())
                .statusCode())
        .as("without one, from a process that is no executor's")
        .isEqualTo(401);
  }

  @Test
  void anExecutorThatKnowsNoTokensIsKnownByItsProcess() throws Exception {
    launchesOld("unset MESOS_EXECUTOR_AUTHENTICATION_TOKEN;", "none none");

    desk.await(() -> answers().equals("202\n202\n"));
  }

  @Test
  void oneThatHasShownItsTokenIsKnownByThatAlone() throws Exception {
    launchesOld("", "none token none");

    desk.await(() -> answers().equals("202\n202\n401\n"));
    Path meta = disk.resolve("tasks/executors").resolve(desk.sandbox("old").getFileName());
    assertThat(ExecutorToken.load(meta).wasShown()).as("to the next agent").isTrue();
  }

  private void launchesOld(String before, String calls) throws Exception {
    String heartbeat =
        "{\"type\":\"HEARTBEAT\",\"framework_id\":{\"value\":\"f-1\"},\"executor_id\":"
            + "{\"value\":\"old\"}}";
    ExecutorInfo.Builder old = Desk.executor("old");
    old.getCommandBuilder()
        .setValue(
            "%s exec %s -XX:+UseSerialGC -cp %s %s '%s' %s"
                .formatted(
                    before,
                    Path.of(System.getProperty("java.home"), "bin", "java"),
                    System.getProperty("java.class.path"),
                    OldExecutor.class.getName(),
                    heartbeat,
                    calls));
    desk.launches(Desk.inExecutor("t2", old));
  }

  private String answers() {
    try {
      return desk.stdout("old");
    } catch (java.io.IOException e) {
      return ""; // it is not there yet
    }
  }

  @Test
  void onlyASubscribedExecutorIsListenedTo() throws Exception {
    assertThat(posted("{'type':'HEARTBEAT'}")).isEqualTo("202");
    assertThat(updated(executor.status("t1", TaskState.TASK_RUNNING)))
        .isEqualTo("403 Executor is not subscribed");
    assertThat(posted("{'type':'MESSAGE','message':{'data':'aGk='}}"))
        .isEqualTo("403 Executor is not subscribed");
    assertThat(posted("{'type':'UNKNOWN'}")).isEqualTo("501 Received 'UNKNOWN' call");
    assertThat(
            answer(
                request("/slave(1)/api/v1/executor")
                    .header("Content-Type", JSON)
                    .header("Accept", "text/html")
                    .POST(
                        BodyPublishers.ofString(
                            "{'type':'SUBSCRIBE','subscribe':{},'framework_id':{'value':'f-1'},"
                                    .replace('\'', '"')
                                + "\"executor_id\":{\"value\":\"e\"}}"))))
        .isEqualTo(
            "406 Expecting 'Accept' to allow 'application/x-protobuf' or 'application/json'");
  }

  @Test
  void whatIsTooLargeIsRefusedAndTheAgentGoesOn() throws Exception {
    executor.subscribes();
    executor.hears(Event.Type.SUBSCRIBED);
    executor.hears(Event.Type.LAUNCH);
    assertThat(
            updated(
                executor
                    .status("t1", TaskState.TASK_RUNNING)
                    .setData(ByteString.copyFrom(new byte[100_000]))))
        .startsWith("413 A status of 100")
        .endsWith("bytes; at most 65536 are taken");
    byte[] huge = "{\"x\":\"%s\"}".formatted("y".repeat(3 << 20)).getBytes(StandardCharsets.UTF_8);
    try {
      assertThat(executor.send(executor.request(huge).build()).statusCode()).isEqualTo(413);
    } catch (java.io.IOException closedWhileItSent) {
      assertThat(closedWhileItSent).isNotNull();
    }
    executor.tells("t1", TaskState.TASK_RUNNING);
    desk.until("t1", TaskState.TASK_RUNNING);
  }

  @Test
  void statusesWithoutEndAreRefusedUntilSomeAreAcknowledged() throws Exception {
    desk.acknowledges = false;
    executor.subscribes();
    executor.hears(Event.Type.SUBSCRIBED);
    executor.hears(Event.Type.LAUNCH);
    TaskStatus.Builder large =
        executor
            .status("t1", TaskState.TASK_RUNNING)
            .setData(ByteString.copyFrom(new byte[60_000]));
    int taken = 0;
    String answer = "202";
    while (answer.equals("202") && taken < 100) {
      answer = updated(large.clone().setUuid(PlayedExecutor.uuid()));
      taken++;
    }
    assertThat(answer)
        .startsWith("503 ")
        .endsWith("statuses of the task wait for its framework's acknowledgement; come again");
    assertThat(taken).isLessThan(25);
  }
}
