package io.pilothouse.mesos.http;

import io.pilothouse.mesos.MediaType;
import java.util.List;
import java.util.Optional;

/** Which of the two types an Accept header allows. */
public final class Accept {
  private Accept() {}

  /** JSON if it is allowed; without a header all is. */
  public static Optional<MediaType> choose(List<String> headers) {
    for (MediaType each : MediaType.values()) {
      if (headers.isEmpty() || allows(headers, each.header())) {
        return Optional.of(each);
      }
    }
    return Optional.empty();
  }

  private static boolean allows(List<String> headers, String type) {
    return headers.stream()
        .flatMap(header -> List.of(header.split(",", -1)).stream())
        .anyMatch(range -> matches(range, type));
  }

  private static boolean matches(String range, String type) {
    String[] parts = range.split(";", -1);
    for (int i = 1; i < parts.length; i++) {
      if (parts[i].strip().matches("q=0(\\.0*)?")) {
        return false;
      }
    }
    String wanted = parts[0].strip();
    return wanted.equals("*/*")
        || wanted.equals(type)
        || (wanted.endsWith("/*") && type.startsWith(wanted.substring(0, wanted.length() - 1)));
  }
}
