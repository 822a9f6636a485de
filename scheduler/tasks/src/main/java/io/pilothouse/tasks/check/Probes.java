package io.pilothouse.tasks.check;

import io.pilothouse.mesos.v1.CheckInfo;
import io.pilothouse.mesos.v1.CheckStatusInfo;
import io.pilothouse.mesos.v1.CommandInfo;
import io.pilothouse.mesos.v1.HealthCheck;
import io.pilothouse.mesos.v1.NetworkInfo;
import java.util.function.Function;

/** Which probe looks as a check says. */
final class Probes {
  private static final String LOOPBACK = "127.0.0.1";
  private static final String LOOPBACK_6 = "[::1]";

  private Probes() {}

  /**
   * Of a check.
   *
   * @param command makes the probe for one that is a command
   */
  static Probe of(CheckInfo check, Function<CommandInfo, Probe> command) {
    return switch (check.getType()) {
      case COMMAND -> command.apply(check.getCommand().getCommand());
      case HTTP ->
          new HttpLook(false, LOOPBACK, check.getHttp().getPort(), path(check.getHttp().getPath()));
      case TCP -> new TcpLook(LOOPBACK, check.getTcp().getPort());
      case UNKNOWN -> unknown();
    };
  }

  static Probe of(HealthCheck check, Function<CommandInfo, Probe> command) {
    return switch (check.getType()) {
      case COMMAND -> command.apply(check.getCommand());
      case HTTP ->
          new HttpLook(
              check.getHttp().getScheme().equals("https"),
              host(check.getHttp().getProtocol()),
              check.getHttp().getPort(),
              path(check.getHttp().getPath()));
      case TCP -> new TcpLook(host(check.getTcp().getProtocol()), check.getTcp().getPort());
      case UNKNOWN -> unknown();
    };
  }

  private static String host(NetworkInfo.Protocol protocol) {
    return protocol == NetworkInfo.Protocol.IPv6 ? LOOPBACK_6 : LOOPBACK;
  }

  private static String path(String path) {
    return path.isEmpty() ? "/" : path;
  }

  /** No scheduler passes it on. */
  private static Probe unknown() {
    return timeout ->
        new Probe.Finding(CheckStatusInfo.getDefaultInstance(), "its type is not known here");
  }
}
