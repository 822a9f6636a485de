package io.pilothouse.agent;

import io.pilothouse.agent.ProcessSpec.AlwaysReady;
import io.pilothouse.agent.ProcessSpec.CommandReady;
import io.pilothouse.agent.ProcessSpec.HttpReady;
import io.pilothouse.agent.ProcessSpec.Ready;
import io.pilothouse.agent.ProcessSpec.TcpReady;
import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/** Asks a process whether it serves. */
final class Readiness {
  private static final Duration TIMEOUT = Duration.ofSeconds(2);

  private final String host;
  private final int port;

  /** Processes serve on the machine's address, unless their manifest names another port. */
  Readiness(String host, int port) {
    this.host = host;
    this.port = port;
  }

  /** What is wrong, or empty when it serves. */
  Optional<String> problem(Ready ready, Path directory, Map<String, String> environment)
      throws InterruptedException {
    return switch (ready) {
      case AlwaysReady always -> Optional.empty();
      case TcpReady tcp -> tcp(portOf(tcp.port()));
      case HttpReady http -> http(http.path(), portOf(http.port()));
      case CommandReady command -> command(command.command(), directory, environment);
    };
  }

  private int portOf(int given) {
    return given == 0 ? port : given;
  }

  private Optional<String> tcp(int at) {
    try (Socket socket = new Socket()) {
      socket.connect(new InetSocketAddress(host, at), (int) TIMEOUT.toMillis());
      return Optional.empty();
    } catch (IOException e) {
      return Optional.of("port %d does not accept: %s".formatted(at, e.getMessage()));
    }
  }

  private Optional<String> http(String path, int at) {
    try {
      HttpURLConnection connection =
          (HttpURLConnection)
              URI.create("http://%s:%d%s".formatted(host, at, path)).toURL().openConnection();
      connection.setConnectTimeout((int) TIMEOUT.toMillis());
      connection.setReadTimeout((int) TIMEOUT.toMillis());
      connection.setUseCaches(false);
      connection.setInstanceFollowRedirects(false);
      try {
        int code = connection.getResponseCode();
        return code >= 200 && code < 400
            ? Optional.empty()
            : Optional.of("GET %s answered %d".formatted(path, code));
      } finally {
        connection.disconnect();
      }
    } catch (IOException | IllegalArgumentException e) {
      return Optional.of("GET %s on port %d: %s".formatted(path, at, e.getMessage()));
    }
  }

  private static Optional<String> command(
      String command, Path directory, Map<String, String> environment)
      throws InterruptedException {
    try {
      ProcessBuilder builder =
          new ProcessBuilder("/bin/sh", "-c", command)
              .directory(directory.toFile())
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.DISCARD);
      builder.environment().putAll(environment);
      Process process = builder.start();
      if (!process.waitFor(TIMEOUT.toMillis(), TimeUnit.MILLISECONDS)) {
        process.destroyForcibly();
        return Optional.of("the ready command did not end in " + TIMEOUT.toMillis() + " ms");
      }
      return process.exitValue() == 0
          ? Optional.empty()
          : Optional.of("the ready command exited with " + process.exitValue());
    } catch (IOException e) {
      return Optional.of("the ready command cannot be run: " + e.getMessage());
    }
  }
}
