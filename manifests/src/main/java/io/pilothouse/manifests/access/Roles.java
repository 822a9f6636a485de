package io.pilothouse.manifests.access;

import io.pilothouse.api.v1.AccessRole;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/** The roles by the words that people write, and whose they can be. */
public final class Roles {

  /** Roles that have a meaning for satellites' leases; also the roles of the leases. */
  public static final List<String> LEASES = List.of("provisioning", "repair", "scheduler");

  private static final String PREFIX = "ROLE_";

  private Roles() {}

  /** All roles by word. */
  public static SortedMap<String, AccessRole> byWord() {
    SortedMap<String, AccessRole> words = new TreeMap<>();
    for (AccessRole role : AccessRole.values()) {
      if (role != AccessRole.ACCESS_ROLE_UNSPECIFIED && role != AccessRole.UNRECOGNIZED) {
        words.put(word(role), role);
      }
    }
    return words;
  }

  /** As people write it: {@code operator}. */
  public static String word(AccessRole role) {
    return role.name().startsWith(PREFIX)
        ? role.name().substring(PREFIX.length()).toLowerCase(Locale.ROOT)
        : "unknown";
  }

  /** The role that all principals of a kind have until an Access names some of them. */
  public static Optional<AccessRole> ownOf(String kind) {
    return switch (kind) {
      case "machine" -> Optional.of(AccessRole.ROLE_MACHINE);
      case "satellite" -> Optional.of(AccessRole.ROLE_SATELLITE);
      case "watchdog" -> Optional.of(AccessRole.ROLE_WATCHDOG);
      default -> Optional.empty();
    };
  }

  /** Kinds of principals that can have the role. */
  public static List<String> kindsOf(AccessRole role) {
    return switch (role) {
      case ROLE_VIEWER, ROLE_OPERATOR, ROLE_APPROVER, ROLE_ENGINEER -> List.of("operator");
      case ROLE_WATCHDOG -> List.of("watchdog", "operator");
      case ROLE_SATELLITE -> List.of("satellite");
      case ROLE_MACHINE -> List.of("machine");
      case ROLE_FRAMEWORK -> List.of("framework");
      case ACCESS_ROLE_UNSPECIFIED, UNRECOGNIZED -> List.of();
    };
  }
}
