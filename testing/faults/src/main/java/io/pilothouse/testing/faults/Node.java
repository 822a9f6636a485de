package io.pilothouse.testing.faults;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.File;
import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.Proxy;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * One replica of the Device Manager: a process of its own, with an address and a group of its own.
 */
final class Node implements AutoCloseable {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int RAFT = 7001;
  private static final int GRPC = 7002;
  private static final int HTTP = 7003;
  private static final int FIRST_GROUP = 61_000;
  private static final int PATIENCE_MS = 500;

  private final int number;
  private final Path dir;
  private final List<String> command;
  private @Nullable Process process;
  private boolean stopped;
  private boolean killed;

  /**
   * Prepares a replica.
   *
   * @param number from 1
   * @param of how many
   * @param dist a built distribution
   * @param more flags of each replica
   */
  Node(int number, int of, Path dist, Path dir, List<String> more) {
    this(number, IntStream.rangeClosed(1, of).boxed().toList(), dist, dir, more);
  }

  /** One that waits to be taken in. */
  static Node joining(int number, Path dist, Path dir) {
    return new Node(number, List.of(number), dist, dir, List.of("--join"));
  }

  private Node(int number, List<Integer> of, Path dist, Path dir, List<String> more) {
    this.number = number;
    this.dir = dir;
    List<String> peers =
        of.stream().map(i -> "dm-%d=%s".formatted(i, String.join("/", addresses(i)))).toList();
    // a group of its own: the packet filter knows by it whose packets they are
    List<String> all =
        new ArrayList<>(
            List.of(
                "setpriv",
                "--regid",
                Integer.toString(group()),
                "--clear-groups",
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "@" + dist.resolve("jvm").resolve("dm.args"),
                "-XX:TieredStopAtLevel=1",
                "-cp",
                dist.resolve("lib") + "/*",
                "io.pilothouse.dm.server.Main",
                "--id",
                name(),
                "--cluster",
                "faults",
                "--data",
                dir.resolve(name()).toString(),
                "--peers",
                String.join(",", peers)));
    all.addAll(more);
    this.command = List.copyOf(all);
  }

  private static String address(int number) {
    return "127.0.1." + number;
  }

  private static List<String> addresses(int number) {
    return List.of(
        address(number) + ":" + RAFT, address(number) + ":" + GRPC, address(number) + ":" + HTTP);
  }

  /** Of Raft, gRPC and HTTP. */
  List<String> addresses() {
    return addresses(number);
  }

  /** Where its data is. */
  Path data() {
    return dir.resolve(name());
  }

  String name() {
    return "dm-" + number;
  }

  String address() {
    return address(number);
  }

  int group() {
    return FIRST_GROUP + number;
  }

  String grpc() {
    return address() + ":" + GRPC;
  }

  void start() throws IOException {
    Files.createDirectories(dir);
    File log = dir.resolve(name() + ".log").toFile();
    process =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.appendTo(log))
            .start();
    stopped = false;
    killed = false;
  }

  boolean isUp() {
    return process != null && process.isAlive() && !stopped;
  }

  boolean isAlive() {
    return process != null && process.isAlive();
  }

  /** Whether it has ended, and not by our hand. */
  boolean hasEnded() {
    return process != null && !process.isAlive() && !killed;
  }

  /** SIGKILL: nothing is flushed, nobody is told. */
  void kill() throws InterruptedException {
    killed = true;
    if (process != null) {
      process.destroyForcibly();
      process.waitFor();
    }
    stopped = false;
  }

  /** SIGSTOP: it holds its connections and answers nobody. */
  void stop() throws IOException, InterruptedException {
    signal("STOP");
    stopped = true;
  }

  void go() throws IOException, InterruptedException {
    signal("CONT");
    stopped = false;
  }

  private void signal(String name) throws IOException, InterruptedException {
    if (process != null) {
      Commands.run("kill", "-" + name, Long.toString(process.pid()));
    }
  }

  /** What its page says; empty when it does not answer. */
  Optional<JsonNode> status() {
    try {
      URI uri = URI.create("http://%s:%d/status".formatted(address(), HTTP));
      HttpURLConnection http = (HttpURLConnection) uri.toURL().openConnection(Proxy.NO_PROXY);
      http.setConnectTimeout(PATIENCE_MS);
      http.setReadTimeout(PATIENCE_MS);
      try (var in = http.getInputStream()) {
        return Optional.of(JSON.readTree(in));
      } finally {
        http.disconnect();
      }
    } catch (IOException e) {
      return Optional.empty(); // down, stopped or cut off: what this asks for
    }
  }

  /** The end of its log, for a report. */
  String lastWords() throws IOException {
    List<String> lines = Files.readAllLines(dir.resolve(name() + ".log"));
    return String.join("\n", lines.subList(Math.max(0, lines.size() - 15), lines.size()));
  }

  /** Asks it to end, and ends it. */
  @Override
  public void close() {
    Process running = process;
    if (running == null || !running.isAlive()) {
      return;
    }
    killed = true;
    try {
      go();
      running.destroy();
      if (!running.waitFor(5, TimeUnit.SECONDS)) {
        running.destroyForcibly();
      }
    } catch (IOException | InterruptedException e) {
      running.destroyForcibly();
      if (e instanceof InterruptedException) {
        Thread.currentThread().interrupt();
      }
    }
  }
}
