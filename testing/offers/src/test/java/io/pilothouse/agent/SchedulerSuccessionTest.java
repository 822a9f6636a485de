package io.pilothouse.agent;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.pilothouse.framework.Framework;
import io.pilothouse.framework.FrameworkOptions;
import io.pilothouse.framework.Tasks;
import io.pilothouse.mesos.v1.FrameworkInfo;
import io.pilothouse.mesos.v1.Offer;
import io.pilothouse.processes.Family;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Two schedulers, processes of their own, and kill -9 of the one that leads: ADR 0051. */
@Timeout(180)
class SchedulerSuccessionTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir private Path dir;
  private final HttpClient http = HttpClient.newHttpClient();
  private OfferedFleet fleet;
  private OfferedAgent agent;
  private Running first;
  private Running second;

  /** One of the two. */
  private record Running(Started process, String api, String page, List<String> command) {}

  @BeforeEach
  void start() throws Exception {
    fleet = new OfferedFleet(dir);
    first = starts("scheduler-1");
    fleet.bringsIntoService();
    OfferedFleet.until(() -> answer(first.api(), "/state") == 200);
    second = starts("scheduler-2");
    agent = new OfferedAgent(fleet, Files.createDirectories(dir.resolve("machine")));
    OfferedFleet.until(() -> page(second).path("leader_watched").asBoolean());
  }

  @AfterEach
  void stop() throws Exception {
    http.shutdownNow();
    agent.stops();
    Family.killForgotten(dir.resolve("machine"), "PILOT_TASK", Set.of());
    first.process().close();
    second.process().close();
    fleet.close();
  }

  private Running starts(String id) throws Exception {
    String api = OfferedFleet.free().toString();
    List<String> command = new ArrayList<>(fleet.scheduler(api, OfferedFleet.free().toString()));
    command.set(command.indexOf("--id") + 1, id);
    return new Running(process(id + ".log", command), api, after(command, "--http"), command);
  }

  private Started process(String log, List<String> command) throws IOException {
    return Started.java(dir.resolve(log), System.getProperty("java.class.path"), command);
  }

  private static String after(List<String> command, String option) {
    return command.get(command.indexOf(option) + 1);
  }

  @Test
  void theStandbyTakesOverAtOnceAndTheTaskGoesOn() throws Exception {
    OfferKeeper keeper = new OfferKeeper();
    BlockingQueue<String> ids = new LinkedBlockingQueue<>();
    FrameworkInfo info =
        FrameworkInfo.newBuilder().setUser("").setName("kept").setFailoverTimeout(60).build();
    try (Framework framework =
        Framework.start(
            FrameworkOptions.of(List.of(first.api(), second.api()), info)
                .keepingId(id -> ids.add(id.getValue())),
            keeper)) {
      keeper.says("subscribed");
      String id = ids.poll(60, TimeUnit.SECONDS);
      launch(framework, keeper, "t1", "while [ ! -e go ]; do sleep 0.05; done; echo went");
      keeper.says("t1 TASK_RUNNING");

      first.process().close();

      keeper.says("subscribed");
      assertThat(second.process().said()).contains("does not run any more", "asks for the lease");
      assertThat(page(second).path("leads_with_token").asText()).matches("[1-9][0-9]*");
      Files.createFile(sandbox(id, "t1").resolve("go"));
      keeper.says("t1 TASK_FINISHED");
      assertThat(Files.readString(sandbox(id, "t1").resolve("stdout"))).isEqualTo("went\n");

      first =
          new Running(
              process("scheduler-1-again.log", first.command()),
              first.api(),
              first.page(),
              first.command());
      OfferedFleet.until(() -> answer(first.api(), "/state") == 307);
      assertThat(answer(second.api(), "/state")).as("it goes on leading").isEqualTo(200);
      launch(framework, keeper, "t2", "echo after");
      keeper.says("t2 TASK_FINISHED");
      framework.teardown();
      framework.join();
    }
  }

  private static void launch(Framework framework, OfferKeeper keeper, String id, String command) {
    Offer offer = keeper.offer(each -> true);
    framework.launch(offer, Tasks.command(offer, id, command, 0.5, 64));
  }

  private Path sandbox(String framework, String task) throws IOException {
    return dir.resolve(
            "machine/tasks/frameworks/%s/executors/%s/runs/latest".formatted(framework, task))
        .toRealPath();
  }

  /** The status; 0 when nobody listens. */
  private int answer(String api, String path) {
    @Nullable HttpResponse<String> answer = get(api, path);
    return answer == null ? 0 : answer.statusCode();
  }

  private JsonNode page(Running scheduler) {
    @Nullable HttpResponse<String> answer = get(scheduler.page(), "/status");
    try {
      return answer == null ? JSON.createObjectNode() : JSON.readTree(answer.body());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private @Nullable HttpResponse<String> get(String at, String path) {
    try {
      return http.send(
          HttpRequest.newBuilder(URI.create("http://" + at + path)).build(),
          BodyHandlers.ofString());
    } catch (IOException e) {
      return null; // it does not listen
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }
}
