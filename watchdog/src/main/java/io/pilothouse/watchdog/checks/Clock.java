package io.pilothouse.watchdog.checks;

import io.pilothouse.watchdog.PerfData;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * The machine's clock. chrony's own word is the most exact; else others are asked over HTTP for the
 * date, and what most of them agree on counts (Marzullo's algorithm, as in NTP), so that one wrong
 * clock among three accuses nobody. A single one could be the wrong one itself: then it is a
 * WARNING at most.
 */
public final class Clock implements Check {
  private static final Duration TIMEOUT = Duration.ofSeconds(3);
  private static final int SYSTEM_TIME = 4;
  private static final int LEAP_STATUS = 13;

  /**
   * Between which offsets a source's clock is ahead of ours.
   *
   * @param least in seconds
   * @param most in seconds
   */
  public record Bounds(double least, double most) {
    /** The offset that is certain: the nearest to none. */
    double certain() {
      return least > 0 ? least : Math.min(most, 0);
    }
  }

  /** Asks one source. */
  public interface Asking {
    Bounds ask(String source) throws IOException;
  }

  private final String chronyc;
  private final Supplier<List<String>> sources;
  private final Asking asking;
  private final Duration warn;
  private final Duration error;

  /**
   * @param chronyc the program; {@code none} to leave it out
   * @param sources HOST:PORT of HTTP servers
   * @param warn an offset that is a WARNING
   * @param error an offset that is an ERROR
   */
  public Clock(
      String chronyc,
      Supplier<List<String>> sources,
      Asking asking,
      Duration warn,
      Duration error) {
    this.chronyc = chronyc;
    this.sources = sources;
    this.asking = asking;
    this.warn = warn;
    this.error = error;
  }

  @Override
  public Finding look() throws IOException, InterruptedException {
    Optional<Double> chrony = chrony();
    return chrony.isPresent()
        ? judged(chrony.get(), "by chrony", true)
        : byOthers(sources.get().stream().distinct().toList());
  }

  private Optional<Double> chrony() throws IOException, InterruptedException {
    if (chronyc.equals("none")) {
      return Optional.empty();
    }
    Optional<Tool.Said> said = Tool.run(List.of(chronyc, "-c", "tracking"), TIMEOUT);
    String[] fields = said.map(Tool.Said::output).orElse("").strip().split(",", -1);
    boolean speaks = fields.length > LEAP_STATUS && said.orElseThrow().exit() == 0;
    if (!speaks || fields[LEAP_STATUS].startsWith("Not sync")) {
      return Optional.empty(); // not here, or it knows no better than we do
    }
    try {
      return Optional.of(Double.parseDouble(fields[SYSTEM_TIME]));
    } catch (NumberFormatException e) {
      throw new IOException("chronyc says an offset of \"" + fields[SYSTEM_TIME] + "\"", e);
    }
  }

  private Finding byOthers(List<String> asked) throws IOException {
    if (asked.isEmpty()) {
      return Finding.warning("nobody to ask for the time: no chrony, no deployment replica");
    }
    List<Bounds> answers = new ArrayList<>();
    String silent = "";
    for (String source : asked) {
      try {
        answers.add(asking.ask(source));
      } catch (IOException e) {
        silent = source + ": " + e.getMessage();
      }
    }
    if (answers.isEmpty()) {
      throw new IOException("none of %d answers for the time; %s".formatted(asked.size(), silent));
    }
    Optional<Bounds> agreed = agreed(answers);
    String by = "by %d of %d clocks asked".formatted(answers.size(), asked.size());
    return agreed.isEmpty()
        ? Finding.unknown("the clocks that were asked do not agree on the time, " + by)
        : judged(agreed.get().certain(), by, answers.size() > 1);
  }

  /** Where most of them overlap; empty when no majority does. */
  static Optional<Bounds> agreed(List<Bounds> answers) {
    Optional<Bounds> best = Optional.empty();
    int most = answers.size() / 2;
    for (Bounds start : answers) {
      List<Bounds> over =
          answers.stream()
              .filter(each -> each.least() <= start.least() && each.most() >= start.least())
              .toList();
      if (over.size() > most) {
        most = over.size();
        double end = over.stream().mapToDouble(Bounds::most).min().orElseThrow();
        best = Optional.of(new Bounds(start.least(), end));
      }
    }
    return best;
  }

  private Finding judged(double offset, String by, boolean sure) {
    double size = Math.abs(offset);
    List<PerfData> counters = List.of(new PerfData("offset", size, "s"));
    if (size < seconds(warn)) {
      return Finding.ok("the clock is right within %.1f s, %s".formatted(seconds(warn), by))
          .with(counters);
    }
    String text = "the clock is %.1f s %s, %s".formatted(size, offset > 0 ? "behind" : "ahead", by);
    boolean isError = sure && size >= seconds(error);
    return (isError ? Finding.error("clock.offset", text) : Finding.warning(text)).with(counters);
  }

  private static double seconds(Duration duration) {
    return duration.toMillis() / 1000.0;
  }
}
