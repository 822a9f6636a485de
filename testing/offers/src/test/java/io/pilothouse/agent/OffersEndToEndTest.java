package io.pilothouse.agent;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.pilothouse.api.v1.Condition;
import io.pilothouse.api.v1.ListTaskFilesRequest;
import io.pilothouse.api.v1.ReadTaskFileReply;
import io.pilothouse.api.v1.ReadTaskFileRequest;
import io.pilothouse.api.v1.SandboxEntry;
import io.pilothouse.api.v1.SchedulerQueriesGrpc;
import io.pilothouse.api.v1.SchedulerQueriesGrpc.SchedulerQueriesBlockingStub;
import io.pilothouse.api.v1.VerdictKind;
import io.pilothouse.client.PeerConnection;
import io.pilothouse.client.ServerAddress;
import io.pilothouse.processes.Family;
import io.pilothouse.processes.ProcFs;
import io.pilothouse.tls.Peers;
import java.io.IOException;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * From the Device Manager to the task and back: a real replica, the scheduler as a process, the
 * agent's part for offers, a framework that speaks plain JSON. The test plays provisioning, and the
 * machine's watchdog.
 */
@Timeout(120)
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class OffersEndToEndTest {
  @TempDir private static Path dir;
  private static OfferedFleet fleet;
  private static Started scheduler;
  private static Framework framework;
  private static OfferedAgent agent;
  private static ServerAddress agents;

  @BeforeAll
  static void start() throws Exception {
    Files.createDirectories(dir.resolve("machine"));
    fleet = new OfferedFleet(dir);
    String api = OfferedFleet.free().toString();
    agents = ServerAddress.parse(OfferedFleet.free().toString());
    scheduler =
        Started.java(
            dir.resolve("scheduler.log"),
            System.getProperty("java.class.path"),
            fleet.scheduler(api, agents.toString()));
    fleet.bringsIntoService();
    agent = new OfferedAgent(fleet, dir.resolve("machine"));
    OfferedFleet.until(() -> listens(api));
    framework = new Framework(api);
  }

  private static boolean listens(String address) {
    ServerAddress at = ServerAddress.parse(address);
    try (Socket socket = new Socket(at.host(), at.port())) {
      return socket.isConnected();
    } catch (IOException e) {
      assertThat(scheduler.isAlive()).as("the scheduler: %s", scheduler.said()).isTrue();
      return false;
    }
  }

  @AfterAll
  static void stop() throws Exception {
    framework.close();
    agent.stops();
    Family.killForgotten(dir.resolve("machine"), "PILOT_TASK", Set.of());
    scheduler.close();
    fleet.close();
  }

  @Test
  @Order(1)
  void aHealthyMachineIsOfferedAndACommandRunsOnIt() throws Exception {
    OfferedFleet.until(() -> subscribed());

    JsonNode offer = framework.offer();
    assertThat(offer.get("hostname").asText()).isEqualTo(OfferedFleet.MACHINE);
    assertThat(offer.get("attributes").toString()).contains("r7").contains("su-1");
    framework.launches(offer, "t1", "echo hi; exit 0");

    framework.hears("t1", "TASK_RUNNING");
    JsonNode end = framework.hears("t1", "TASK_FINISHED");
    assertThat(end.get("message").asText()).isEqualTo("Command exited with status 0");
    assertThat(Files.readString(sandbox("t1").resolve("stdout"))).isEqualTo("hi\n");
  }

  /** Once it leads; before, it says that it does not. */
  private static boolean subscribed() {
    try {
      framework.subscribes();
      return true;
    } catch (AssertionError e) {
      return false;
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  @Order(2)
  void aTaskIsKilled() throws Exception {
    framework.launches(framework.offer(), "t2", "sleep 600");
    framework.hears("t2", "TASK_RUNNING");

    framework.kills("t2");

    assertThat(framework.hears("t2", "TASK_KILLED").get("message").asText())
        .isEqualTo("Command terminated with signal Terminated");
  }

  @Test
  @Order(3)
  void aTaskOutlivesTheAgent() throws Exception {
    framework.launches(
        framework.offer(), "t3", "echo $$; while [ ! -e go ]; do sleep 0.05; done; exit 5");
    framework.hears("t3", "TASK_RUNNING");
    Path sandbox = sandbox("t3");
    OfferedFleet.until(() -> sandbox.resolve("stdout").toFile().length() > 0);
    long pid = Long.parseLong(Files.readString(sandbox.resolve("stdout")).strip());

    agent.stops();
    agent = new OfferedAgent(fleet, dir.resolve("machine"));
    Files.createFile(sandbox.resolve("go"));

    assertThat(framework.hears("t3", "TASK_FAILED").get("message").asText())
        .isEqualTo("Command exited with status 5");
    assertThat(ProcFs.startTicks(pid)).isEmpty();
  }

  @Test
  @Order(4)
  void whatWasOfferedOfAMachineThatFailsIsTakenBackAndItIsOfferedAgainWhenItIsWell()
      throws Exception {
    JsonNode offer = framework.offer();

    fleet.says(VerdictKind.ERROR);

    framework.next("RESCIND", each -> each.at("/rescind/offer_id").equals(offer.get("id")));
    OfferedFleet.until(() -> framework.openOffers() == 0);
    assertThat(fleet.condition()).isNotEqualTo(Condition.HEALTHY);
    fleet.says(VerdictKind.OK);
    assertThat(framework.offer().get("hostname").asText()).isEqualTo(OfferedFleet.MACHINE);
  }

  @Test
  @Order(5)
  void whatATaskWroteIsReadThroughTheScheduler() throws Exception {
    try (PeerConnection connection =
        new PeerConnection(agents, "operator/ann", Peers.ANY, Optional.empty())) {
      SchedulerQueriesBlockingStub ann =
          SchedulerQueriesGrpc.newBlockingStub(connection.channel())
              .withDeadlineAfter(30, TimeUnit.SECONDS);
      ReadTaskFileRequest.Builder question =
          ReadTaskFileRequest.newBuilder().setPath("stdout").setLength(100);
      question.getOfBuilder().setTask("t1");
      ReadTaskFileReply reply = ann.readTaskFile(question.build());
      assertThat(reply.getData().toStringUtf8()).isEqualTo("hi\n");
      assertThat(reply.getOver()).isTrue();
      ListTaskFilesRequest.Builder all = ListTaskFilesRequest.newBuilder();
      all.getOfBuilder().setTask("t1").setMachine(OfferedFleet.MACHINE).setFramework("test");
      assertThat(ann.listTaskFiles(all.build()).getEntriesList())
          .extracting(SandboxEntry::getName)
          .containsExactly("stderr", "stdout");
    }
    JsonNode read =
        framework.operator(
            ("{'type':'READ_FILE','read_file':{'path':'/frameworks/%s/executors/t1/runs/latest/"
                    + "stdout','offset':1}}")
                .formatted(framework.id));
    assertThat(read.at("/read_file/data").binaryValue()).asString().isEqualTo("i\n");
  }

  private static Path sandbox(String task) throws Exception {
    return dir.resolve(
            "machine/tasks/frameworks/%s/executors/%s/runs/latest".formatted(framework.id, task))
        .toRealPath();
  }
}
