package io.pilothouse.watchdog;

import io.pilothouse.api.v1.VerdictKind;
import io.pilothouse.manifests.BuiltInArgs;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.SortedMap;

/**
 * Which machines of a type are slow but alive (a lesson of Isard 2007's first version: as serious
 * as stopped ones). Median and median absolute deviation are used, which half of the machines would
 * have to move; a mean and its deviation are moved by the very machine that is looked for.
 *
 * <p>Never more than a small share of a type errs at once: what many have in common is load or
 * something that they share, and taking overloaded machines away makes the others fail. That is a
 * WARNING and not UNKNOWN, which after a while would count as a fault of each.
 *
 * @param counter compared; more is slower
 * @param peers fewer others tell nothing
 * @param mads so many deviations above the median …
 * @param times … and so many times the median …
 * @param least … and so much above it is slow
 * @param rounds in a row before it is an ERROR
 * @param most share of a type that may err at once
 */
record SlowRule(
    String counter, int peers, double mads, double times, double least, int rounds, double most) {
  static final String FAULT = "machine.slow";

  /** What is said of one machine. */
  record Said(VerdictKind kind, String text) {}

  /** A machine's value. */
  record Measured(double value, String unit) {}

  static SlowRule of(BuiltInArgs args) {
    return new SlowRule(
        args.text("counter"),
        args.count("peers"),
        args.number("mads"),
        args.number("times"),
        args.number("least"),
        args.count("rounds"),
        args.share("most"));
  }

  /**
   * Judges the machines of one type.
   *
   * @param values of those that have the counter
   * @param inARow how often each was slow until now; brought up to date
   */
  Map<String, Said> judge(SortedMap<String, Measured> values, Map<String, Integer> inARow) {
    Map<String, Said> said = new LinkedHashMap<>();
    if (values.size() <= peers) {
      values.keySet().forEach(inARow::remove);
      String text =
          "%s of %d machines, which tells nothing: %d peers are needed"
              .formatted(counter, values.size(), peers);
      values.keySet().forEach(each -> said.put(each, new Said(VerdictKind.OK, text)));
      return said;
    }
    double[] sorted = values.values().stream().mapToDouble(Measured::value).sorted().toArray();
    double median = median(sorted);
    double deviation =
        median(Arrays.stream(sorted).map(each -> Math.abs(each - median)).sorted().toArray());
    Map<String, Boolean> slow = new HashMap<>();
    values.forEach((machine, each) -> slow.put(machine, isSlow(each.value(), median, deviation)));
    long count = slow.values().stream().filter(each -> each).count();
    boolean common = count > Math.max(1, most * values.size());
    values.forEach(
        (machine, each) -> {
          if (!slow.get(machine)) {
            inARow.remove(machine);
            said.put(machine, new Said(VerdictKind.OK, compared(each, median)));
          } else {
            said.put(
                machine,
                common
                    ? common(each, median, count, values.size(), machine, inARow)
                    : alone(each, median, deviation, inARow.merge(machine, 1, Integer::sum)));
          }
        });
    return said;
  }

  private boolean isSlow(double value, double median, double deviation) {
    return value > median + mads * deviation && value > times * median && value >= median + least;
  }

  private Said common(
      Measured each,
      double median,
      long slow,
      int all,
      String machine,
      Map<String, Integer> inARow) {
    inARow.remove(machine); // begins anew once it is alone
    return new Said(
        VerdictKind.WARNING,
        "%s, as %d of %d machines are at once: a common cause, not this machine"
            .formatted(compared(each, median), slow, all));
  }

  private Said alone(Measured each, double median, double deviation, int row) {
    String far =
        deviation == 0
            ? "all peers alike"
            : String.format(Locale.ROOT, "%.0f MADs", (each.value() - median) / deviation);
    String text = "%s, %s".formatted(compared(each, median), far);
    return row >= rounds
        ? new Said(VerdictKind.ERROR, text)
        : new Said(VerdictKind.WARNING, "%s (%d of %d looks)".formatted(text, row, rounds));
  }

  private String compared(Measured each, double median) {
    return "%s %s, peers' median %s"
        .formatted(counter, words(each.value(), each.unit()), words(median, each.unit()));
  }

  static String words(double value, String unit) {
    return switch (unit) {
      case "seconds" -> value < 1 ? number(value * 1000) + " ms" : number(value) + " s";
      case "ratio" -> number(value * 100) + " %";
      default -> number(value) + (unit.isEmpty() ? "" : " " + unit);
    };
  }

  private static String number(double value) {
    return String.format(Locale.ROOT, Math.abs(value) < 10 ? "%.1f" : "%.0f", value);
  }

  private static double median(double[] sorted) {
    int half = sorted.length / 2;
    return sorted.length % 2 == 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
  }
}
