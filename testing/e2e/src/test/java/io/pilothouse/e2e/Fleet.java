package io.pilothouse.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * One fleet of real processes on this machine, with its home under {@code target/e2e/}. Closing it
 * stops it and fails when a process is left.
 */
final class Fleet implements AutoCloseable {
  static final int BASE_PORT = 23_000;
  private static final Duration UP = Duration.ofMinutes(5);
  private static final Duration DOWN = Duration.ofSeconds(60);

  private @Nullable HttpClient http;
  private final Path home;
  final PilotCli pilot;

  private Fleet(Path home, Map<String, String> environment) {
    this.home = home;
    this.pilot = new PilotCli(home, environment);
  }

  /** A fleet that is not started; what an earlier run left there is stopped and removed. */
  static Fleet prepare(String name) {
    return prepare(name, Map.of());
  }

  /** As {@link #prepare(String)}, with more in the environment of all that it starts. */
  static Fleet prepare(String name, Map<String, String> environment) {
    Fleet fleet = new Fleet(PilotCli.module().resolve("target/e2e").resolve(name), environment);
    Processes.of(fleet.home).forEach(ProcessHandle::destroyForcibly);
    fleet.remove();
    // a test run that is stopped half-way must not leave a fleet behind
    Thread last =
        new Thread(() -> Processes.of(fleet.home).forEach(ProcessHandle::destroyForcibly));
    Runtime.getRuntime().addShutdownHook(last);
    return fleet;
  }

  /** {@code pilot up} with these options; it must end with everything healthy. */
  Ran up(String... options) {
    return tryUp(options).exits(0);
  }

  /** {@code pilot up} that may fail. */
  Ran tryUp(String... options) {
    String[] args =
        Stream.concat(
                Stream.of("up", "--base-port", Integer.toString(BASE_PORT)), Stream.of(options))
            .toArray(String[]::new);
    return pilot.run(UP, args);
  }

  /** {@code pilot down}; afterwards no process of the fleet may be left. */
  Ran down() {
    Ran ran = pilot.run(DOWN, "down");
    List<ProcessHandle> left = Processes.of(home);
    List<String> described = Processes.describe(left);
    left.forEach(ProcessHandle::destroyForcibly);
    assertThat(described).as("processes left by %s", ran).isEmpty();
    return ran.exits(0);
  }

  /** Stops whatever runs, also when it never came up. */
  @Override
  public void close() {
    if (Files.exists(home.resolve("context.properties"))) {
      down();
    } else {
      Processes.of(home).forEach(ProcessHandle::destroyForcibly);
    }
  }

  Path home() {
    return home;
  }

  /** The fleet directory, which people edit. */
  Path files() {
    return home.resolve("fleet");
  }

  Path disk(String machine) {
    return home.resolve("machines").resolve(machine).resolve("disk");
  }

  JsonNode status() {
    // 1 is an answer, too: HEALTH_ERR
    Ran ran = pilot.run("status", "-o", "json");
    return ran.exitCode() == 1 && ran.err().isBlank() ? ran.json() : ran.exits(0).json();
  }

  long revision() {
    return status().path("dm").path("revision").asLong();
  }

  JsonNode machine(String name) {
    return pilot.json("machine", "show", name);
  }

  JsonNode rollout(String id) {
    return pilot.json("rollout", "show", id);
  }

  /** What happened since a revision. */
  Events eventsAfter(long revision) {
    return Events.of(pilot.json("events", "--since", Long.toString(revision)));
  }

  Events history(String machine) {
    return Events.of(pilot.json("machine", "history", machine, "--last", "1000"));
  }

  /** Waits for a state of one machine; a failure shows its history. */
  JsonNode awaitMachine(String name, String what, Duration limit, Predicate<JsonNode> good) {
    return Await.until(
        name + " " + what,
        limit,
        () -> machine(name),
        good,
        () -> pilot.run("machine", "history", name, "--last", "60").all());
  }

  /** Waits for a state of the whole fleet; a failure shows the newest events. */
  JsonNode awaitStatus(String what, Duration limit, Predicate<JsonNode> good) {
    return Await.until(what, limit, this::status, good, this::diagnosis);
  }

  JsonNode awaitAllHealthy(Duration limit) {
    return awaitStatus(
        "every machine is HEALTHY",
        limit,
        each ->
            each.path("machines").path("total").asInt() > 0
                && each.path("machines").path("healthy").asInt()
                    == each.path("machines").path("total").asInt());
  }

  /** For failures: what happened last, and what is open. */
  String diagnosis() {
    return pilot.run("status").all()
        + pilot.run("machine", "list").all()
        + pilot.run("events", "--last", "60").all();
  }

  /** The first page of what a machine serves, as curl shows it. */
  String page(String machine) {
    return get("http://" + machine(machine).path("address").asText() + "/");
  }

  String get(String address) {
    return send(HttpRequest.newBuilder(URI.create(address)).GET()).body();
  }

  /** Posts JSON as curl would, and returns whatever comes back. */
  HttpResponse<String> post(String address, String body) {
    return send(
        HttpRequest.newBuilder(URI.create(address))
            .header("content-type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofString(body)));
  }

  /** What machines serve is plain; our own programs want the certificate of who started them. */
  private HttpClient client() {
    HttpClient client = http;
    if (client == null) {
      Path certificate =
          home.resolve("pki").resolve("operator").resolve(System.getProperty("user.name"));
      client =
          HttpClient.newBuilder()
              .connectTimeout(Duration.ofSeconds(2))
              .sslContext(Pem.context(certificate))
              .build();
      http = client;
    }
    return client;
  }

  private HttpResponse<String> send(HttpRequest.Builder request) {
    try {
      return client()
          .send(
              request.timeout(Duration.ofSeconds(10)).build(),
              HttpResponse.BodyHandlers.ofString());
    } catch (IOException e) {
      throw new Ran.Unexpected(request.build().uri() + ": " + e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException(e);
    }
  }

  private void remove() {
    if (!Files.exists(home)) {
      return;
    }
    try (Stream<Path> walk = Files.walk(home)) {
      for (Path path : walk.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(path);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
