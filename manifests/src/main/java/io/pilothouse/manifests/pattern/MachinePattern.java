package io.pilothouse.manifests.pattern;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Names of machines: {@code web-03}, or with one range of numbers {@code web-[001-480]}. The
 * numbers of a range have as many digits as its bounds.
 */
public final class MachinePattern {
  private static final Pattern TEXT =
      Pattern.compile("([a-z0-9.-]*)\\[([0-9]{1,9})-([0-9]{1,9})\\]([a-z0-9.-]*)");

  /** What a pattern may look like, for schemas. */
  public static final String REGEX =
      "[a-z0-9][a-z0-9.-]{0,62}|[a-z0-9.-]*\\[[0-9]+-[0-9]+\\][a-z0-9.-]*";

  private final String text;
  private final String before;
  private final String after;
  private final int from;
  private final int to;
  private final int fewestDigits;
  private final int mostDigits;

  private MachinePattern(String text, String before, String low, String high, String after) {
    this.text = text;
    this.before = before;
    this.after = after;
    this.from = low.isEmpty() ? 0 : Integer.parseInt(low);
    this.to = high.isEmpty() ? -1 : Integer.parseInt(high);
    this.fewestDigits = low.length();
    this.mostDigits = high.length();
  }

  /** A pattern, or what is wrong with the text. */
  public sealed interface Parsed {
    record Good(MachinePattern pattern) implements Parsed {}

    record Bad(String why) implements Parsed {}
  }

  public static Parsed parse(String text) {
    Matcher matcher = TEXT.matcher(text);
    if (!matcher.matches()) {
      return text.matches(REGEX)
          ? new Parsed.Good(new MachinePattern(text, text, "", "", ""))
          : new Parsed.Bad(
              "is not a machine's name or pattern; write for example web-03 or web-[001-480]");
    }
    String low = matcher.group(2);
    String high = matcher.group(3);
    if (low.length() != high.length() && (low.startsWith("0") || high.startsWith("0"))) {
      return new Parsed.Bad(
          "has bounds of %s and %s digits; give both as many digits as the names have"
              .formatted(low.length(), high.length()));
    }
    if (Integer.parseInt(low) > Integer.parseInt(high)) {
      return new Parsed.Bad(
          "selects nothing: %s is greater than %s; swap them".formatted(low, high));
    }
    return new Parsed.Good(new MachinePattern(text, matcher.group(1), low, high, matcher.group(4)));
  }

  /** The name when it is one name and no range. */
  public Optional<String> single() {
    return to < 0 ? Optional.of(text) : Optional.empty();
  }

  /** Whether the pattern selects the machine of this name. */
  public boolean matches(String name) {
    if (to < 0) {
      return name.equals(text);
    }
    int digits = name.length() - before.length() - after.length();
    if (digits < fewestDigits
        || digits > mostDigits
        || !name.startsWith(before)
        || !name.endsWith(after)) {
      return false;
    }
    int number = 0;
    for (int i = before.length(); i < before.length() + digits; i++) {
      char c = name.charAt(i);
      if (c < '0' || c > '9') {
        return false;
      }
      number = number * 10 + (c - '0');
    }
    boolean padded = digits > fewestDigits && name.charAt(before.length()) == '0';
    return !padded && number >= from && number <= to;
  }

  /** As it is written. */
  public String text() {
    return text;
  }

  @Override
  public String toString() {
    return text;
  }
}
