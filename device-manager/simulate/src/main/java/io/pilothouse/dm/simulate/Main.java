package io.pilothouse.dm.simulate;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
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
      report(args, "USAGE", String.valueOf(e.getMessage()), "`pilot simulate --help` says more");
      return 2;
    } catch (Violation e) {
      report(
          args,
          "VIOLATION",
          "an invariant does not hold: " + e.getMessage(),
          "the same seed shows it again: report it with the command and the fleet's files");
      return 1;
    }
  }

  /** What was wrong may be the options themselves, so they are not asked how to print it. */
  private static void report(String[] args, String code, String message, String remedy) {
    int output = List.of(args).indexOf("--output");
    if (output >= 0 && output + 1 < args.length && args[output + 1].equals("json")) {
      ObjectNode root = JsonNodeFactory.instance.objectNode();
      root.putObject("error").put("code", code).put("message", message).put("remedy", remedy);
      System.err.println(root);
    } else {
      System.err.println("pilot: " + message + "\n  remedy: " + remedy);
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
