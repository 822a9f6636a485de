package io.pilothouse.agent;

import io.pilothouse.manifests.ProcessSpec.Probe;
import io.pilothouse.manifests.ProcessSpec.Ready;
import io.pilothouse.watchdog.HttpProbe;
import java.io.File;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/** Asks a process whether it serves. */
final class Readiness {
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
    Duration timeout = ready.timeout();
    return switch (ready.probe()) {
      case Probe.Tcp tcp -> tcp(tcp.port().orElse(port), timeout);
      case Probe.Http http -> http(http.path(), http.port().orElse(port), timeout);
      case Probe.Command command -> command(command.run(), directory, environment, timeout);
    };
  }

  private Optional<String> tcp(int at, Duration timeout) {
    try (Socket socket = new Socket()) {
      socket.connect(new InetSocketAddress(host, at), (int) timeout.toMillis());
      return Optional.empty();
    } catch (IOException e) {
      return Optional.of("port %d does not accept: %s".formatted(at, e.getMessage()));
    }
  }

  private Optional<String> http(String path, int at, Duration timeout) {
    try {
      int code = HttpProbe.status(host, at, path, timeout);
      return code >= 200 && code < 400
          ? Optional.empty()
          : Optional.of("GET %s answered %d".formatted(path, code));
    } catch (IOException e) {
      return Optional.of("GET %s on port %d: %s".formatted(path, at, e.getMessage()));
    }
  }

  private static Optional<String> command(
      String command, Path directory, Map<String, String> environment, Duration timeout)
      throws InterruptedException {
    try {
      ProcessBuilder builder =
          new ProcessBuilder("setsid", "/bin/sh", "-c", command)
              .directory(directory.toFile())
              .redirectInput(new File("/dev/null"))
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.DISCARD);
      builder.environment().putAll(environment);
      Process process = builder.start();
      if (!process.waitFor(timeout.toMillis(), TimeUnit.MILLISECONDS)) {
        Groups.kill(process.pid());
        return Optional.of("the ready command did not end in " + timeout.toMillis() + " ms");
      }
      return process.exitValue() == 0
          ? Optional.empty()
          : Optional.of("the ready command exited with " + process.exitValue());
    } catch (IOException e) {
      return Optional.of("the ready command cannot be run: " + e.getMessage());
    }
  }
}
