package io.pilothouse.agent;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.pilothouse.processes.Family;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Set;

/**
 * A fleet of one Healthy machine, or more, each with a real agent's part for offers, and a
 * scheduler, a process of its own, that leads and asks frameworks who they are.
 */
final class OfferedSite {
  static final String PRINCIPAL = "batch";
  static final String SECRET = "key-of-batch";
  private static final ObjectMapper JSON = new ObjectMapper();

  final Path dir;
  final OfferedFleet fleet;

  /** Where frameworks go: host and port. */
  final String api = OfferedFleet.free().toString();

  private final HttpClient http = HttpClient.newHttpClient();
  private final List<String> command;
  private Started scheduler;
  private final List<OfferedAgent> agents = new ArrayList<>();

  OfferedSite(Path dir) throws Exception {
    this(dir, true, OfferedFleet.MACHINE);
  }

  /**
   * With these machines.
   *
   * @param machines web-01 first; it has the directory that tests look into
   */
  OfferedSite(Path dir, String... machines) throws Exception {
    this(dir, true, machines);
  }

  /** Of one machine, where nobody is asked who he is. */
  static OfferedSite open(Path dir) throws Exception {
    return new OfferedSite(dir, false, OfferedFleet.MACHINE);
  }

  private OfferedSite(Path dir, boolean asks, String... machines) throws Exception {
    this.dir = dir;
    fleet = new OfferedFleet(dir, List.of(machines));
    command = new ArrayList<>(fleet.scheduler(api, OfferedFleet.free().toString()));
    if (asks) {
      command.addAll(List.of("--framework-credentials", credentials().toString()));
    }
    scheduler = starts("scheduler.log");
    fleet.bringsIntoService();
    for (String machine : machines) {
      agents.add(new OfferedAgent(fleet, machine, disk(machine)));
    }
    OfferedFleet.until(this::leads);
  }

  private Path disk(String machine) throws IOException {
    return Files.createDirectories(
        dir.resolve(machine.equals(OfferedFleet.MACHINE) ? "machine" : machine));
  }

  private Started starts(String log) throws IOException {
    return Started.java(dir.resolve(log), System.getProperty("java.class.path"), command);
  }

  /** Killed, and started again where it was. */
  void restartsScheduler() throws IOException {
    scheduler.close();
    scheduler = starts("scheduler-again.log");
    OfferedFleet.until(this::leads);
  }

  /** The first machine's ends as an agent does, and another comes. */
  void restartsAgent() throws IOException {
    agents.get(0).stops();
    agents.set(0, new OfferedAgent(fleet, OfferedFleet.MACHINE, disk(OfferedFleet.MACHINE)));
  }

  private Path credentials() throws IOException {
    Path file =
        Files.createFile(
            dir.resolve("credentials"),
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
    return Files.writeString(file, PRINCIPAL + " " + SECRET + "\n");
  }

  private boolean leads() {
    assertThat(scheduler.isAlive()).as("the scheduler: %s", scheduler.said()).isTrue();
    try {
      return get("/state").statusCode() == 200;
    } catch (IOException e) {
      return false; // it does not listen yet
    }
  }

  private HttpResponse<String> get(String path) throws IOException {
    String known =
        Base64.getEncoder()
            .encodeToString((PRINCIPAL + ":" + SECRET).getBytes(StandardCharsets.UTF_8));
    try {
      return http.send(
          HttpRequest.newBuilder(URI.create("http://" + api + path))
              .header("Authorization", "Basic " + known)
              .build(),
          BodyHandlers.ofString());
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  /** What operators' tools see. */
  JsonNode state() {
    try {
      HttpResponse<String> answer = get("/state");
      assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
      return JSON.readTree(answer.body());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The framework is done, and all that it had is free. */
  void hasForgotten(String framework) {
    OfferedFleet.until(() -> state().at("/slaves/0/used_resources/cpus").asDouble(-1) == 0);
    JsonNode state = state();
    assertThat(state.get("frameworks")).isEmpty();
    List<String> completed = new ArrayList<>();
    state.get("completed_frameworks").forEach(each -> completed.add(each.get("id").asText()));
    assertThat(completed).contains(framework);
  }

  /** What a task has written to its standard output. */
  String output(String framework, String task) throws IOException {
    return Files.readString(sandbox(framework, task).resolve("stdout"));
  }

  Path sandbox(String framework, String task) throws IOException {
    return dir.resolve(
            "machine/tasks/frameworks/%s/executors/%s/runs/latest".formatted(framework, task))
        .toRealPath();
  }

  void close() throws Exception {
    http.shutdownNow();
    agents.forEach(OfferedAgent::stops);
    for (String machine : fleet.machines()) {
      Family.killForgotten(disk(machine), "PILOT_TASK", Set.of());
    }
    scheduler.close();
    fleet.close();
  }
}
