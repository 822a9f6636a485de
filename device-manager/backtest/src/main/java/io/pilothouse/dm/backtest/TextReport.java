package io.pilothouse.dm.backtest;

import io.pilothouse.api.v1.Action;
import io.pilothouse.manifests.policy.RuleWords;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/** For people: the summary first. */
final class TextReport {

  private static final int MOST_DIFFERENCES = 200;

  private final StringBuilder out = new StringBuilder();

  private TextReport() {}

  static String of(Outcome outcome) {
    TextReport report = new TextReport();
    report.summary(outcome);
    report.wrong(outcome.comparison());
    report.peaks(outcome.comparison());
    report.differences(outcome.comparison());
    return report.out.toString();
  }

  private void summary(Outcome outcome) {
    Comparison comparison = outcome.comparison();
    line(
        "policy %s of %s on what happened from %s to %s: %d entries, %d machine types (%s)"
            .formatted(
                outcome.policy().getName(),
                outcome.file(),
                instant(outcome.from()),
                instant(outcome.to()),
                outcome.entries(),
                outcome.types().size(),
                String.join(", ", outcome.types())));
    line(
        "%d times of errors, %d of them differ"
            .formatted(comparison.walks.size(), comparison.differing().size()));
    outcome.remarks().forEach(each -> line("! %s".formatted(each)));
    line("");
    line("%-32s %10s %10s".formatted("actions chosen", "recorded", "under FILE"));
    for (Action action : actions()) {
      line(
          "  %-30s %10d %10d"
              .formatted(
                  RuleWords.action(action),
                  comparison.recordedActions.getOrDefault(action, 0),
                  comparison.otherActions.getOrDefault(action, 0)));
    }
  }

  private static List<Action> actions() {
    return List.of(
        Action.DO_NOTHING, Action.REBOOT, Action.RE_IMAGE, Action.REPLACE, Action.ESCALATE);
  }

  private void wrong(Comparison comparison) {
    Comparison.Judged recorded = comparison.recorded;
    Comparison.Judged other = comparison.other;
    line("%-32s %10d %10d".formatted("likely wrong repairs", recorded.wrong(), other.wrong()));
    line(
        "  %-30s %10d %10d"
            .formatted("errors went by themselves", recorded.cleared(), other.cleared()));
    line(
        "  %-30s %10d %10d"
            .formatted("an incident explained them", recorded.incident(), other.incident()));
    line(
        "  %-30s %10d %10d"
            .formatted(
                "asked for by a quarantined one", recorded.quarantined(), other.quarantined()));
    line("  of the recorded ones %d were executed".formatted(comparison.wrongExecuted));
    line("  not known: %s".formatted(Limits.WRONG));
    line(
        "%-32s %10d %10d"
            .formatted("likely missed by DoNothing", recorded.missed(), other.missed()));
    line("  not known: %s".formatted(Limits.MISSED));
  }

  private void peaks(Comparison comparison) {
    line("");
    line(
        "%-22s %6s %9s %9s %9s %9s"
            .formatted(
                "most machines taken", "limit", "recorded", "modelled", "FILE asks", "FILE gets"));
    for (Comparison.Peak each : comparison.peaks) {
      line(
          "  %-20s %6s %9d %9d %9d %9d"
              .formatted(
                  each.domain(),
                  each.limit() < 0 ? "-" : String.valueOf(each.limit()),
                  each.recorded(),
                  each.modelled(),
                  each.demand(),
                  each.taken()));
    }
    line(
        "  durations: %s"
            .formatted(
                comparison.durations.entrySet().stream()
                    .map(
                        each ->
                            "%s %s (%s)"
                                .formatted(
                                    RuleWords.action(each.getKey()),
                                    Duration.ofMillis(each.getValue())
                                        .truncatedTo(ChronoUnit.SECONDS),
                                    comparison.measured.get(each.getKey()) == 0
                                        ? "deadlines"
                                        : "median of " + comparison.measured.get(each.getKey())))
                    .collect(Collectors.joining(", "))));
    line("  not known: %s".formatted(Limits.PEAKS));
  }

  private void differences(Comparison comparison) {
    List<Counterfactual.Walk> differing = comparison.differing();
    line("");
    line(differing.isEmpty() ? "no action would have differed" : "what would have differed");
    for (Counterfactual.Walk walk :
        differing.subList(0, Math.min(MOST_DIFFERENCES, differing.size()))) {
      Spell spell = walk.spell();
      line(
          "  %s %s: %s since %s"
              .formatted(instant(spell.since), spell.machine.getName(), spell.fault, cure(spell)));
      line("      recorded   %s".formatted(recorded(spell)));
      line("      under FILE %s".formatted(chosen(walk)));
      if (!walk.note().isEmpty()) {
        line("      not known: %s".formatted(walk.note()));
      }
    }
    if (differing.size() > MOST_DIFFERENCES) {
      line("  and %d more: -o json has all".formatted(differing.size() - MOST_DIFFERENCES));
    }
    line("  not known: %s".formatted(Limits.DIFFERENCES));
  }

  private static String cure(Spell spell) {
    Action cure = spell.cure();
    if (cure == null) {
      return "the record does not show its end";
    }
    String incident = spell.incidents.isEmpty() ? "" : ", explained by " + spell.incidents;
    return (spell.clearedByItself()
            ? "it went by itself after "
                + Duration.ofMillis(spell.endedAt - spell.since).truncatedTo(ChronoUnit.SECONDS)
            : RuleWords.action(cure) + " helped")
        + incident;
  }

  private static String recorded(Spell spell) {
    List<String> parts = new ArrayList<>();
    spell.decisions.forEach(each -> parts.add(each.rule));
    return parts.isEmpty() ? "no failure was confirmed" : String.join("; then ", parts);
  }

  private static String chosen(Counterfactual.Walk walk) {
    List<String> parts = new ArrayList<>();
    walk.choices().forEach(each -> parts.add(each.rule() + (each.assumed() ? " (assumed)" : "")));
    return parts.isEmpty() ? "no failure would be confirmed" : String.join("; then ", parts);
  }

  private static String instant(long millis) {
    return Instant.ofEpochMilli(millis).truncatedTo(ChronoUnit.SECONDS).toString();
  }

  private void line(String text) {
    out.append(text).append('\n');
  }
}
