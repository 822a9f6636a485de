package io.pilothouse.tasks;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import io.pilothouse.mesos.MediaType;
import io.pilothouse.mesos.MesosJson;
import io.pilothouse.mesos.v1.executor.Call;
import io.pilothouse.testing.fuzz.Fuzz;
import io.pilothouse.testing.fuzz.RawCall;
import io.pilothouse.testing.fuzz.Summary;
import io.pilothouse.testing.fuzz.Wording;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

/** Requests to the agent's port for executors, as bytes of the socket. */
class ExecutorApiFuzzTest {
  @TempDir private Path disk;
  private Desk desk;
  private PlayedExecutor executor;

  @BeforeEach
  void open() throws Exception {
    log(Level.OFF);
    desk = new Desk(disk);
    desk.launches(Desk.inExecutor("t1", "e"));
    executor = PlayedExecutor.of(desk, "e", MediaType.JSON);
  }

  @AfterEach
  void close() throws Exception {
    executor.close();
    desk.close();
    log(Level.INFO);
  }

  /** A line for each refused call would bury what other tests say. */
  private static void log(Level level) {
    if (LoggerFactory.getLogger("io.pilothouse") instanceof Logger logger) {
      logger.setLevel(level);
    }
  }

  private List<byte[]> calls() throws Exception {
    String of = "{'framework_id':{'value':'f-1'},'executor_id':{'value':'e'},'type':";
    String status =
        "{'task_id':{'value':'t1'},'state':'TASK_RUNNING','source':'SOURCE_EXECUTOR',"
            + "'executor_id':{'value':'e'},'uuid':'MDEyMzQ1Njc4OWFiY2RlZg==','timestamp':1}";
    List<byte[]> all = new ArrayList<>();
    for (String each :
        List.of(
            "'SUBSCRIBE','subscribe':{}}",
            "'SUBSCRIBE','subscribe':{'unacknowledged_tasks':[{'name':'t','task_id':{'value':'t1'},"
                + "'agent_id':{'value':'a'}}],'unacknowledged_updates':[{'status':"
                + status
                + "}]}}",
            "'UPDATE','update':{'status':" + status + "}}",
            "'MESSAGE','message':{'data':'aGk='}}",
            "'HEARTBEAT'}")) {
      Call call =
          MesosJson.read((of + each).replace('\'', '"').getBytes(UTF_8), Call.getDefaultInstance());
      for (MediaType type : MediaType.values()) {
        all.add(request(type.header(), type.write(call)));
      }
    }
    return all;
  }

  private byte[] request(String type, byte[] body) {
    return RawCall.request(
        "POST /api/v1/executor",
        List.of(
            "Connection: close",
            "Authorization: Bearer " + executor.token,
            "Content-Type: " + type,
            "Accept: " + type),
        body);
  }

  @Test
  void ofAnybody() throws Exception {
    String endpoint = String.valueOf(executor.environment.get("MESOS_AGENT_ENDPOINT"));
    int port = Integer.parseInt(endpoint.substring(endpoint.indexOf(':') + 1));
    Summary summary =
        Fuzz.of("executor-calls")
            .likely(calls())
            .tokens("\r\n", "\0", "\u00ff", "/", "%zz", "%2f", "{", "}", "[", "]", "\"", ":", ",")
            .tokens("null", "true", "1e999999999", "\\u0000", "NaN", "TASK_FINISHED", "t2", "?")
            .tokens("Transfer-Encoding: chunked\r\n", "Expect: 100-continue\r\n", "GET ")
            .tokens("Content-Length: 9223372036854775807\r\n", "/slave(1)", "UNKNOWN", "\u001b")
            .inputs(300)
            .run(
                input -> {
                  byte[] sent = input.length % 8 == 0 ? input : RawCall.complete(input);
                  String answer = RawCall.patiently(port, sent);
                  int status = RawCall.status(answer);
                  assertThat(status).as(answer).isNotEqualTo(500);
                  if (status >= 400 && answer.contains("text/plain")) {
                    Wording.check(RawCall.text(answer).strip());
                  }
                  return status / 100 == 2;
                });
    assertThat(summary.taken()).as(summary.toString()).isPositive();
    assertThat(summary.refused()).as(summary.toString()).isPositive();
    desk.tasks.round();
  }
}
