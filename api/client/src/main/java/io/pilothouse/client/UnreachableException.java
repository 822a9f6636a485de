package io.pilothouse.client;

import java.time.Duration;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * No server able to answer was found before the deadline: none reachable, or no quorum. A write may
 * or may not have been done.
 */
public final class UnreachableException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public UnreachableException(String message) {
    super(message);
  }

  UnreachableException(String asked, Duration deadline, Map<ServerAddress, String> failures) {
    this(
        "no Device Manager answered %s within %s ms; tried %s"
            .formatted(
                asked,
                deadline.toMillis(),
                failures.entrySet().stream()
                    .map(each -> each.getKey() + " (" + each.getValue() + ")")
                    .collect(Collectors.joining(", "))));
  }
}
