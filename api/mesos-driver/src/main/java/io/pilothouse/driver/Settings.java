package io.pilothouse.driver;

import io.pilothouse.mesos.stream.SchedulerHttp;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;

/**
 * Where the framework's scheduler is, and how patient it is.
 *
 * @param master as the framework gives it
 * @param authorization of HTTP, from a Credential
 * @param acknowledges updates by itself when the framework's callback has returned
 */
public record Settings(
    String master, Optional<String> authorization, boolean acknowledges, Timing timing) {
  /**
   * How patient it is.
   *
   * @param patience for a connection, an answer to a call, and for SUBSCRIBED
   */
  public record Timing(Duration firstPause, Duration longestPause, Duration patience) {
    public static final Timing USUAL =
        new Timing(Duration.ofMillis(200), Duration.ofSeconds(15), Duration.ofSeconds(30));
  }

  /** HTTP Basic, of a Credential's bytes. Its secret was bytes once, and is a string now. */
  public static String authorization(byte[] credential) {
    Fields fields;
    try {
      fields = Fields.of(credential);
    } catch (IOException e) {
      throw new IllegalArgumentException("Credential cannot be read: " + e.getMessage(), e);
    }
    String principal = fields.text(1);
    if (principal.isEmpty() || principal.contains(":")) {
      throw new IllegalArgumentException(
          "Credential.principal '" + principal + "': expected at least one character, and no ':'");
    }
    return SchedulerHttp.basic(principal, fields.text(2));
  }
}
