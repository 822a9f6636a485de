package io.pilothouse.dm.server;

import io.pilothouse.manifests.access.Principals;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Who calls, as {@code pilot-principal} says: {@code operator/alice}, {@code machine/web-03},
 * {@code satellite/repair-1}, {@code watchdog/burn-test}, {@code framework/batch}.
 */
record Principal(Kind kind, String name) {

  /** What a principal may do follows from its kind; see {@link Access}. */
  enum Kind {
    OPERATOR("operator"),
    MACHINE("machine"),
    SATELLITE("satellite"),
    WATCHDOG("watchdog"),
    FRAMEWORK("framework");

    private final String prefix;

    Kind(String prefix) {
      this.prefix = prefix;
    }
  }

  private static final Pattern FORM =
      Pattern.compile("(%s)/(%s)".formatted(String.join("|", Principals.KINDS), Principals.NAME));

  /** Empty when the text is missing or of another form. */
  static Optional<Principal> parse(@Nullable String text) {
    Matcher form = FORM.matcher(text == null ? "" : text);
    if (!form.matches()) {
      return Optional.empty();
    }
    for (Kind kind : Kind.values()) {
      if (kind.prefix.equals(form.group(1))) {
        return Optional.of(new Principal(kind, form.group(2)));
      }
    }
    throw new IllegalStateException("no kind for " + form.group(1));
  }

  @Override
  public String toString() {
    return kind.prefix + "/" + name;
  }
}
