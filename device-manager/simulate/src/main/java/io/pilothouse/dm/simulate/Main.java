package io.pilothouse.dm.simulate;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * {@code pilot simulate}: runs what was asked for and prints the outcomes side by side. Exits with
 * 0, with 1 when an invariant was violated, and with 2 when the input cannot be used.
 */
public final class Main {

  private Main() {}

  public static void main(String[] args) {
    System.exit(run(args));
  }

  static int run(String[] args) {
    try {
      Options options = Options.parse(args);
      List<Outcome> outcomes = new ArrayList<>();
      for (Options.Run each : options.runs()) {
        outcomes.add(run(each, options.progress()));
      }
      Report report = new Report(outcomes);
      System.out.println(options.json() ? report.json(options.seed()) : report.table());
      return 0;
    } catch (BadInputException | IllegalArgumentException e) {
      System.err.println("pilot: " + e.getMessage());
      return 2;
    } catch (Violation e) {
      System.err.println("pilot: an invariant does not hold: " + e.getMessage());
      return 1;
    }
  }

  private static Outcome run(Options.Run run, boolean progress) {
    long days = Math.max(1, run.plan().millis() / Spans.DAY);
    Outcome outcome =
        new Simulation(run.plan(), run.ruler())
            .run(
                at -> {
                  if (progress) {
                    System.err.printf(
                        Locale.ROOT,
                        "\r%s: day %.1f of %d ",
                        run.name(),
                        at / (double) Spans.DAY,
                        days);
                  }
                });
    if (progress) {
      System.err.print("\r\033[K");
    }
    return outcome.named(run.name());
  }
}
