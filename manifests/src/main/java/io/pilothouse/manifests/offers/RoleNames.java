package io.pilothouse.manifests.offers;

import java.util.Optional;

/** What roles of frameworks may be called: paths, as Mesos has them. */
public final class RoleNames {
  private static final String PART = "(?!-)(?!([.]{1,2}|[*])(/|$))[^/\\s\\u0000-\\u001f\\u007f]+";

  /** The same rule as {@link #problem}, but for the length and rare blanks: for schemas. */
  public static final String PATTERN = PART + "(/" + PART + ")*";

  /** Characters: schedulers keep every role above one, too, by its path. */
  public static final int LONGEST = 255;

  private RoleNames() {}

  /** Why no role can be called so, to be read after the name; empty when one can. */
  public static Optional<String> problem(String name) {
    if (name.equals("*")) {
      return Optional.of("is everybody's role, which has weight 1 and no quota; use another name");
    }
    if (name.length() > LONGEST) {
      return Optional.of(
          "is no role: it has %s characters; use at most %s".formatted(name.length(), LONGEST));
    }
    for (String part : name.split("/", -1)) {
      boolean bad =
          part.isEmpty()
              || part.equals(".")
              || part.equals("..")
              || part.equals("*")
              || part.startsWith("-")
              || part.chars().anyMatch(RoleNames::isBlank);
      if (bad) {
        return Optional.of(
            "is no role; write names separated by /, such as ads/prod, none of them empty, '.',"
                + " '..' or '*', with '-' at its beginning, or with blanks");
      }
    }
    return Optional.empty();
  }

  /** Whitespace and control characters. A list of our own: a JDK's is another in the next. */
  public static boolean isBlank(int character) {
    return character <= ' '
        || (character >= 0x7f && character <= 0xa0)
        || character == 0x1680
        || (character >= 0x2000 && character <= 0x200a)
        || character == 0x2028
        || character == 0x2029
        || character == 0x202f
        || character == 0x205f
        || character == 0x3000;
  }
}
