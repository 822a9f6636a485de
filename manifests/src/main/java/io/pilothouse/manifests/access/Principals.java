package io.pilothouse.manifests.access;

import java.util.List;
import java.util.Optional;

/** How principals are written: a kind and a name, {@code operator/alice}. */
public final class Principals {
  /** Kinds of principals. */
  public static final List<String> KINDS =
      List.of("operator", "machine", "satellite", "watchdog", "framework");

  /** A name after the kind. */
  public static final String NAME = "[A-Za-z0-9][A-Za-z0-9._@-]{0,62}";

  /** A name, or a pattern of names with {@code *} and {@code ?}. */
  public static final String NAMES = "[A-Za-z0-9*?][A-Za-z0-9._@*?-]{0,62}";

  private Principals() {}

  /** The part before the slash; empty when there is none. */
  public static String kind(String principal) {
    int slash = principal.indexOf('/');
    return slash < 0 ? "" : principal.substring(0, slash);
  }

  /** Why a text selects no principals; empty when it does. */
  public static Optional<String> problem(String pattern) {
    String kind = kind(pattern);
    if (!KINDS.contains(kind)) {
      return Optional.of(
          "is not a principal; write KIND/NAME, with KIND one of " + String.join(", ", KINDS));
    }
    return pattern.substring(kind.length() + 1).matches(NAMES)
        ? Optional.empty()
        : Optional.of(
            "is not a principal; a name has 1 to 63 of A-Z a-z 0-9 . _ @ - and, in a pattern,"
                + " * and ?");
  }
}
