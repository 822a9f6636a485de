package io.pilothouse.agent;

import io.pilothouse.manifests.ProcessSpec.Look;
import io.pilothouse.manifests.ProcessSpec.Probe;
import io.pilothouse.watchdog.HttpProbe;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.time.Duration;
import java.util.Optional;

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
  Optional<String> problem(String name, Look look, ShellLine shell) throws InterruptedException {
    Duration timeout = look.timeout();
    return switch (look.probe()) {
      case Probe.Tcp tcp -> tcp(tcp.port().at(port), timeout);
      case Probe.Http http -> http(http.path(), http.port().at(port), timeout);
      case Probe.Command command -> shell.look("the " + name + " command", command.run(), timeout);
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
}
