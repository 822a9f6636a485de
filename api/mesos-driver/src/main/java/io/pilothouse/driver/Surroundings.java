package io.pilothouse.driver;

import java.net.URI;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What an agent tells an executor by its environment.
 *
 * @param executor ExecutorID
 * @param framework FrameworkID
 * @param agentId AgentID
 * @param authorization of HTTP
 * @param recovery for how long the agent may be away
 */
@SuppressWarnings("ArrayRecordComponent") // nobody compares them
record Surroundings(
    URI agent,
    byte[] executor,
    byte[] framework,
    byte[] agentId,
    Optional<String> authorization,
    Duration recovery) {
  private static final Pattern DURATION = Pattern.compile("([0-9]+(?:\\.[0-9]+)?)([a-z]+)");

  /** Seconds. */
  private static final Map<String, Double> UNITS =
      Map.of(
          "ns", 1e-9, "us", 1e-6, "ms", 1e-3, "secs", 1.0, "mins", 60.0, "hrs", 3600.0, "days",
          86400.0, "weeks", 604800.0);

  /**
   * Reads it.
   *
   * @throws IllegalArgumentException naming the variable
   */
  static Surroundings of(Map<String, String> environment) {
    String token = environment.getOrDefault("MESOS_EXECUTOR_AUTHENTICATION_TOKEN", "");
    return new Surroundings(
        URI.create("http://" + need(environment, "MESOS_AGENT_ENDPOINT") + "/api/v1/executor"),
        id(need(environment, "MESOS_EXECUTOR_ID")),
        id(need(environment, "MESOS_FRAMEWORK_ID")),
        id(need(environment, "MESOS_SLAVE_ID")),
        token.isEmpty() ? Optional.empty() : Optional.of("Bearer " + token),
        duration(environment.getOrDefault("MESOS_RECOVERY_TIMEOUT", "15mins")));
  }

  private static String need(Map<String, String> environment, String name) {
    String value = environment.getOrDefault(name, "");
    if (value.isEmpty()) {
      throw new IllegalArgumentException(
          name + " is not in the environment: an executor is started by an agent, which sets it");
    }
    return value;
  }

  private static byte[] id(String value) {
    return new Message().text(1, value).toBytes();
  }

  private static Duration duration(String text) {
    Matcher matcher = DURATION.matcher(text);
    if (!matcher.matches() || !UNITS.containsKey(matcher.group(2))) {
      throw new IllegalArgumentException(
          "MESOS_RECOVERY_TIMEOUT is '" + text + "': expected a duration such as 15mins");
    }
    double seconds = Double.parseDouble(matcher.group(1)) * UNITS.get(matcher.group(2));
    return Duration.ofMillis((long) (seconds * 1000));
  }
}
