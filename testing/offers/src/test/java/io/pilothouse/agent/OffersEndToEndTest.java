package io.pilothouse.agent;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.pilothouse.api.v1.Condition;
import io.pilothouse.api.v1.VerdictKind;
import io.pilothouse.client.ServerAddress;
import io.pilothouse.kit.Rounds;
import io.pilothouse.processes.Cgroups;
import io.pilothouse.processes.Family;
import io.pilothouse.processes.ProcFs;
import java.io.File;
import java.io.IOException;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
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
  private static Process scheduler;
  private static Framework framework;
  private static Agent agent;

  /** As much of the agent as offers are about. */
  private static final class Agent {
    private final Wanted wanted;
    private final Offers offers;
    private final List<Rounds> rounds = new ArrayList<>();

    Agent() {
      Disk disk = new Disk(dir.resolve("machine"));
      SimpleMeterRegistry meters = new SimpleMeterRegistry();
      wanted = new Wanted(OfferedFleet.MACHINE, fleet.machine, disk, true);
      Surroundings around =
          new Surroundings(
              disk,
              Cgroups.none("a test"),
              new Readiness("127.0.0.1", 80),
              Map.of("PATH", "/usr/bin:/bin", "PILOT_MACHINE", OfferedFleet.MACHINE),
              80,
              () -> {});
      offers =
          new Offers(
              new Offers.Setting(
                  OfferedFleet.MACHINE,
                  OfferedFleet.BOOT,
                  new ServerAddress("127.0.0.1", 81),
                  around,
                  () -> Cgroups.none("a test")),
              wanted,
              Optional.empty());
      rounds.add(new Rounds("pull", Duration.ofMillis(20), wanted::pull, meters));
      rounds.getFirst().start();
      Rounds tasks = new Rounds("tasks", Duration.ofMillis(200), offers::round, meters);
      rounds.add(tasks);
      offers.start(tasks);
    }

    void stops() {
      rounds.forEach(Rounds::close);
      offers.close();
    }
  }

  @BeforeAll
  static void start() throws Exception {
    Files.createDirectories(dir.resolve("machine"));
    fleet = new OfferedFleet(dir);
    String api = OfferedFleet.free().toString();
    scheduler =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty("java.class.path"),
                "io.pilothouse.scheduler.Main",
                "--id",
                "scheduler-1",
                "--servers",
                fleet.address,
                "--http",
                OfferedFleet.free().toString(),
                "--api",
                api,
                "--agents",
                OfferedFleet.free().toString())
            .redirectErrorStream(true)
            .redirectOutput(dir.resolve("scheduler.log").toFile())
            .redirectInput(new File("/dev/null"))
            .start();
    fleet.bringsIntoService();
    agent = new Agent();
    OfferedFleet.until(() -> listens(api));
    framework = new Framework(api);
  }

  private static boolean listens(String address) {
    ServerAddress at = ServerAddress.parse(address);
    try (Socket socket = new Socket(at.host(), at.port())) {
      return socket.isConnected();
    } catch (IOException e) {
      assertThat(scheduler.isAlive()).as("the scheduler: " + log()).isTrue();
      return false;
    }
  }

  private static String log() {
    try {
      return Files.readString(dir.resolve("scheduler.log"));
    } catch (IOException e) {
      return e.toString();
    }
  }

  @AfterAll
  static void stop() throws Exception {
    framework.close();
    agent.stops();
    Family.killForgotten(dir.resolve("machine"), "PILOT_TASK", Set.of());
    scheduler.destroyForcibly().waitFor(10, TimeUnit.SECONDS);
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
    agent = new Agent();
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

  private static Path sandbox(String task) throws Exception {
    return dir.resolve(
            "machine/tasks/frameworks/%s/executors/%s/runs/latest".formatted(framework.id, task))
        .toRealPath();
  }
}
