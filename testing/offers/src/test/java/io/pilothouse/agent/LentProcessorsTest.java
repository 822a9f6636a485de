package io.pilothouse.agent;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.pilothouse.processes.Cgroups;
import io.pilothouse.processes.Family;
import io.pilothouse.tasks.lending.LenderQos;
import io.pilothouse.tasks.lending.Lending;
import io.pilothouse.tasks.lending.SlackEstimator;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * What a task has and does not use runs another framework's task, until the first wants it: a real
 * replica, the scheduler as a process, the agent's part for offers, this kernel's control groups.
 */
@Tag("system")
@Timeout(120)
class LentProcessorsTest {
  private static final String KNOWS = ",'capabilities':[{'type':'REVOCABLE_RESOURCES'}]";

  /** On a machine that has other things to do, too. */
  private static final String BURNS =
      "for i in 1 2 3; do (while :; do :; done) & done; while :; do :; done";

  @TempDir private Path dir;
  private final Cgroups cgroups =
      Cgroups.find(Cgroups.MOUNTS, "pilothouse-test-" + UUID.randomUUID() + "/m");
  private OfferedFleet fleet;
  private Started scheduler;
  private OfferedAgent agent;
  private String api;
  private Framework owner;
  private Framework borrower;

  @BeforeEach
  void start() throws Exception {
    Files.createDirectories(dir.resolve("machine"));
    fleet = new OfferedFleet(dir);
    api = OfferedFleet.free().toString();
    scheduler =
        Started.java(
            dir.resolve("scheduler.log"),
            System.getProperty("java.class.path"),
            fleet.scheduler(api, OfferedFleet.free().toString()));
    fleet.bringsIntoService();
    agent = agent();
    owner = new Framework(api);
    borrower = new Framework(api);
  }

  /** Faster than an agent is, and whatever else this machine does. */
  private OfferedAgent agent() {
    Lending lending =
        new Lending(
            new SlackEstimator(new SlackEstimator.Care(Duration.ofSeconds(1), 0.95, 0.2)),
            new LenderQos(new LenderQos.Bounds(Duration.ofMillis(800), 3, 2, 1, 1e6)),
            Duration.ofMillis(50),
            Duration.ofMillis(500));
    return new OfferedAgent(fleet, OfferedFleet.MACHINE, dir.resolve("machine"), cgroups, lending);
  }

  @AfterEach
  void stop() throws Exception {
    owner.close();
    borrower.close();
    agent.stops();
    Family.killForgotten(dir.resolve("machine"), "PILOT_TASK", Set.of());
    cgroups.retain(Set.of());
    scheduler.close();
    fleet.close();
  }

  private static boolean subscribes(Framework framework, String more) {
    try {
      framework.subscribes(more);
      return true;
    } catch (Exception | AssertionError e) {
      return false; // it does not lead yet
    }
  }

  private static double cpus(JsonNode offer, boolean revocable) {
    double sum = 0;
    for (JsonNode each : offer.get("resources")) {
      if (each.get("name").asText().equals("cpus") && each.has("revocable") == revocable) {
        sum += each.at("/scalar/value").asDouble();
      }
    }
    return sum;
  }

  private static String launch(JsonNode offer, String task, String cpus, String line) {
    return ("{'type':'LAUNCH','launch':{'task_infos':[{'name':'%s','task_id':{'value':'%s'},"
            + "'agent_id':%s,'resources':[{'name':'cpus','type':'SCALAR',%s}],"
            + "'command':{'value':'%s'}}]}}")
        .formatted(task, task, offer.get("agent_id"), cpus, line);
  }

  /** An offer with at least so much that is lent; others are taken and kept. */
  private JsonNode lent(double cpus) {
    while (true) {
      JsonNode offer = borrower.offer();
      if (cpus(offer, true) >= cpus) {
        return offer;
      }
    }
  }

  @Test
  void itIsOfferedUsedAndTakenBack() throws Exception {
    OfferedFleet.until(() -> subscribes(owner, ""));
    JsonNode all = owner.offer();
    assertThat(cpus(all, false)).isEqualTo(2);
    owner.accepts(
        all,
        launch(
            all, "own", "'scalar':{'value':2}", "while [ ! -e go ]; do sleep 0.1; done; " + BURNS));
    owner.hears("own", "TASK_RUNNING");

    OfferedFleet.until(() -> subscribes(borrower, KNOWS));
    JsonNode offer = lent(1.2);
    assertThat(cpus(offer, false)).as("all of the others are in use").isZero();
    borrower.accepts(offer, launch(offer, "lent", "'scalar':{'value':1.2},'revocable':{}", BURNS));
    borrower.hears("lent", "TASK_RUNNING");
    JsonNode agents = borrower.operator("{'type':'GET_AGENTS'}").at("/get_agents/agents/0");
    assertThat(agents.get("allocated_resources").toString()).contains("revocable");

    agent.stops();
    agent = agent();

    Files.createFile(
        dir.resolve("machine/tasks/frameworks/%s/executors/own/runs/latest".formatted(owner.id))
            .toRealPath()
            .resolve("go"));
    JsonNode end = borrower.hears("lent", "TASK_KILLED");
    assertThat(end.get("reason").asText()).isEqualTo("REASON_CONTAINER_PREEMPTED");
    assertThat(end.get("message").asText())
        .startsWith("revoked: of 2.0 processors that tasks may have here, ");
  }
}
