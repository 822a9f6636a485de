package io.pilothouse.scheduler.validation;

import io.pilothouse.scheduler.allocator.Framework;
import java.util.Optional;

/** A role is a path, such as {@code eng/web}; * is everybody's. */
public final class RoleNames {
  private static final int BRIEF = 64;

  private RoleNames() {}

  public static Optional<String> objection(String role) {
    if (role.equals("*")) {
      return Optional.empty();
    }
    // Mesos has no bound, and its allocator a recursion; as long as those of `kind: Role`
    if (role.length() > Framework.LONGEST_ROLE) {
      return Optional.of(
          "Role '%s...' has %d characters; expected at most %d"
              .formatted(role.substring(0, BRIEF), role.length(), Framework.LONGEST_ROLE));
    }
    if (role.startsWith("/")) {
      return Optional.of("Role '" + role + "' cannot start with a slash");
    }
    if (role.endsWith("/")) {
      return Optional.of("Role '" + role + "' cannot end with a slash");
    }
    if (role.contains("//")) {
      return Optional.of("Role '" + role + "' cannot contain two adjacent slashes");
    }
    if (role.isEmpty()) {
      return Optional.of("Role names cannot be the empty string");
    }
    for (String component : role.split("/", -1)) {
      if (component.equals(".") || component.equals("..") || component.equals("*")) {
        return Optional.of(
            "Role '%s' cannot include '%s' as a component".formatted(role, component));
      }
      if (component.startsWith("-")) {
        return Optional.of(
            "Role component '%s' is invalid because it starts with a dash".formatted(component));
      }
      // stricter than Mesos, which lets other control characters pass
      if (component.chars().anyMatch(each -> each <= ' ' || each == 0x7f)) {
        return Optional.of(
            "Role component '%s' is invalid because it contains backspace or whitespace"
                .formatted(component));
      }
    }
    return Optional.empty();
  }

  /** A role strictly below another. */
  public static boolean isBelow(String role, String ancestor) {
    return role.startsWith(ancestor + "/");
  }
}
