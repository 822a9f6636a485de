package io.pilothouse.e2e;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.time.Duration;

/**
 * A command that ended.
 *
 * @param command as it would be typed
 * @param out what it wrote to stdout: data
 * @param err what it wrote to stderr: talk and errors
 */
record Ran(String command, int exitCode, String out, String err, Duration took) {

  /** The command did not end as expected. An await treats it as "not yet". */
  static final class Unexpected extends AssertionError {
    private static final long serialVersionUID = 1;

    Unexpected(String message) {
      super(message);
    }
  }

  /** Fails with everything that was printed when the exit code is another. */
  Ran exits(int expected) {
    if (exitCode != expected) {
      throw new Unexpected("expected exit code " + expected + " of " + this);
    }
    return this;
  }

  /** Stdout as one JSON document; it must be nothing else. */
  JsonNode json() {
    try {
      return new ObjectMapper().readTree(out);
    } catch (JsonProcessingException e) {
      throw new AssertionError("stdout is not one JSON document: " + this, e);
    }
  }

  /** The error object that {@code -o json} leaves on stderr. */
  JsonNode error() {
    String[] lines = err.strip().split("\n", -1);
    try {
      JsonNode error = new ObjectMapper().readTree(lines[lines.length - 1]).path("error");
      if (error.path("message").asText().isEmpty()) {
        throw new AssertionError("stderr ends without an error object: " + this);
      }
      return error;
    } catch (JsonProcessingException e) {
      throw new AssertionError("stderr does not end with JSON: " + this, e);
    }
  }

  /** Stdout and stderr together, for what may be said on either. */
  String all() {
    return out + err;
  }

  @Override
  public String toString() {
    return "`%s`: exit code %s after %.1f s%n--- stdout%n%s%n--- stderr%n%s"
        .formatted(command, exitCode, took.toMillis() / 1000.0, out.strip(), err.strip());
  }
}
