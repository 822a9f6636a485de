package io.pilothouse.manifests;

import io.pilothouse.api.v1.WatchdogSpec;
import java.util.List;
import java.util.Optional;

/**
 * A watchdog that comes with the product: what it looks at, what it can say, and what it can be
 * told. The table of all is {@link BuiltInWatchdogs}.
 *
 * @param runner BUILTIN (on the machine) or REMOTE (from outside)
 * @param looksAt one line
 * @param args what may be set, {@code key=value}
 * @param faults codes of its errors
 */
public record BuiltInWatchdog(
    String name, WatchdogSpec.Runner runner, String looksAt, List<Arg> args, List<Fault> faults) {

  /** What an argument's value may be. */
  public enum Shape {
    /** A whole number from 1. */
    COUNT("a whole number from 1, such as 5"),
    /** A number above 0, fractions allowed. */
    NUMBER("a number above 0, such as 2.5"),
    DURATION("a duration such as 500ms, 90s, 5m, 1h or 2d"),
    /** A share in percent. */
    SHARE("a share above 0% and up to 100%, such as 10%"),
    TEXT("a text");

    private final String expected;

    Shape(String expected) {
      this.expected = expected;
    }

    /** In words, for an error. */
    public String expected() {
      return expected;
    }
  }

  /**
   * One argument.
   *
   * @param preset its value when it is not given; may be empty for a text
   */
  public record Arg(String key, Shape shape, String preset, String meaning) {}

  /** One code that its errors have. */
  public record Fault(String code, String meaning) {}

  public BuiltInWatchdog {
    args = List.copyOf(args);
    faults = List.copyOf(faults);
  }

  /** The argument of that name. */
  Optional<Arg> arg(String key) {
    return args.stream().filter(each -> each.key().equals(key)).findFirst();
  }
}
