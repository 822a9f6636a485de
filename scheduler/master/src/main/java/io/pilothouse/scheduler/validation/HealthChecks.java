package io.pilothouse.scheduler.validation;

import static io.pilothouse.scheduler.validation.Objections.when;

import io.pilothouse.mesos.v1.CheckInfo;
import io.pilothouse.mesos.v1.CommandInfo;
import io.pilothouse.mesos.v1.HealthCheck;
import java.util.List;
import java.util.Optional;

/** Health checks, which kill, and checks, which only tell. */
final class HealthChecks {
  private HealthChecks() {}

  static Optional<String> of(HealthCheck check) {
    if (!check.hasType()) {
      return Optional.of("HealthCheck must specify 'type'");
    }
    Optional<String> means =
        switch (check.getType()) {
          case COMMAND ->
              check.hasCommand()
                  ? command(check.getCommand(), "Command health check", "Health check")
                  : Optional.of("Expecting 'command' to be set for COMMAND health check");
          case HTTP -> http(check);
          case TCP ->
              check.hasTcp()
                  ? port(check.getTcp().getPort(), "TCP health check")
                  : Optional.of("Expecting 'tcp' to be set for TCP health check");
          case UNKNOWN -> Optional.of("'UNKNOWN' is not a valid health check type");
        };
    if (means.isPresent()) {
      return means;
    }
    return Objections.first(
        List.of(
            () -> notNegative("delay_seconds", check.getDelaySeconds()),
            () -> notNegative("grace_period_seconds", check.getGracePeriodSeconds()),
            () -> notNegative("interval_seconds", check.getIntervalSeconds()),
            () -> notNegative("timeout_seconds", check.getTimeoutSeconds())));
  }

  static Optional<String> of(CheckInfo check) {
    if (!check.hasType()) {
      return Optional.of("CheckInfo must specify 'type'");
    }
    Optional<String> means =
        switch (check.getType()) {
          case COMMAND ->
              check.hasCommand()
                  ? command(check.getCommand().getCommand(), "Command check", "Check")
                  : Optional.of("Expecting 'command' to be set for COMMAND check");
          case HTTP -> {
            if (!check.hasHttp()) {
              yield Optional.of("Expecting 'http' to be set for HTTP check");
            }
            yield Objections.first(
                List.of(
                    () -> path(check.getHttp().hasPath(), check.getHttp().getPath(), "HTTP check"),
                    () -> port(check.getHttp().getPort(), "HTTP check")));
          }
          case TCP ->
              check.hasTcp()
                  ? port(check.getTcp().getPort(), "TCP check")
                  : Optional.of("Expecting 'tcp' to be set for TCP check");
          case UNKNOWN -> Optional.of("'UNKNOWN' is not a valid check type");
        };
    if (means.isPresent()) {
      return means;
    }
    return Objections.first(
        List.of(
            () -> notNegative("delay_seconds", check.getDelaySeconds()),
            () -> notNegative("interval_seconds", check.getIntervalSeconds()),
            () -> notNegative("timeout_seconds", check.getTimeoutSeconds())));
  }

  private static Optional<String> command(CommandInfo command, String what, String whose) {
    if (!command.hasValue()) {
      return Optional.of(
          what + " must contain " + (command.getShell() ? "'shell command'" : "'executable path'"));
    }
    return CommandCheck.command(command)
        .map(objection -> whose + "'s `CommandInfo` is invalid: " + objection);
  }

  private static Optional<String> http(HealthCheck check) {
    if (!check.hasHttp()) {
      return Optional.of("Expecting 'http' to be set for HTTP health check");
    }
    String scheme = check.getHttp().getScheme();
    if (check.getHttp().hasScheme() && !scheme.equals("http") && !scheme.equals("https")) {
      return Optional.of("Unsupported HTTP health check scheme: '" + scheme + "'");
    }
    return Objections.first(
        List.of(
            () -> path(check.getHttp().hasPath(), check.getHttp().getPath(), "HTTP health check"),
            () -> port(check.getHttp().getPort(), "HTTP health check")));
  }

  /**
   * Not in Mesos, where such a check fails for ever; an unsigned number, so it may look negative.
   */
  private static Optional<String> port(int port, String what) {
    return when(
        port < 1 || port > 0xffff,
        () ->
            "The port %s of %s must be one of 1 to 65535"
                .formatted(Integer.toUnsignedString(port), what));
  }

  private static Optional<String> path(boolean given, String path, String what) {
    return when(
        given && !path.startsWith("/"),
        () -> "The path '%s' of %s must start with '/'".formatted(path, what));
  }

  private static Optional<String> notNegative(String field, double value) {
    return when(!(value >= 0), "Expecting '" + field + "' to be non-negative");
  }
}
