package io.pilothouse.dm.state;

import io.pilothouse.api.v1.Observation;
import io.pilothouse.api.v1.Severity;
import io.pilothouse.api.v1.Verdict;
import io.pilothouse.api.v1.VerdictKind;
import io.pilothouse.api.v1.WatchdogSpec;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;

/**
 * Several who look at one machine for the same watchdog. Each has its own word; the verdict is made
 * of them. An ERROR needs as many fault domains as the watchdog's quorum, because those of one
 * domain may all be wrong together: a switch that fails makes every machine behind it look dead to
 * them.
 */
final class Observers {
  /** More would make a verdict large; who comes later waits until one of these falls silent. */
  static final int MOST = 16;

  private static final Comparator<Observation> FIRST =
      Comparator.comparingLong(Observation::getSince).thenComparing(Observation::getReporter);

  private Observers() {}

  /** Whether others than the machine itself report, so that there may be several. */
  static boolean has(WatchdogSpec spec) {
    return switch (spec.getRunner()) {
      case REMOTE, EXTERNAL -> true;
      case BUILTIN, SCRIPT, RUNNER_UNSPECIFIED, UNRECOGNIZED -> false;
    };
  }

  static Optional<Observation> of(Verdict verdict, String reporter) {
    return verdict.getObservationsList().stream()
        .filter(each -> each.getReporter().equals(reporter))
        .findFirst();
  }

  static boolean isFull(Verdict verdict) {
    return verdict.getObservationsCount() >= MOST;
  }

  /** The verdict with an observer's new word in it. */
  static Verdict with(WatchdogSpec spec, Verdict verdict, Observation said) {
    List<Observation> all = without(verdict, said.getReporter());
    all.add(said);
    all.sort(Comparator.comparing(Observation::getReporter));
    return judge(spec, verdict, all);
  }

  /** The verdict without an observer's word; silent when nobody is left who has one. */
  static Verdict without(WatchdogSpec spec, Verdict verdict, String reporter) {
    List<Observation> left = without(verdict, reporter);
    return left.isEmpty()
        ? verdict.toBuilder().clearObservations().setSilent(true).build()
        : judge(spec, verdict, left);
  }

  private static List<Observation> without(Verdict verdict, String reporter) {
    List<Observation> left = new ArrayList<>(verdict.getObservationsList());
    left.removeIf(each -> each.getReporter().equals(reporter));
    return left;
  }

  private static Verdict judge(WatchdogSpec spec, Verdict before, List<Observation> all) {
    Verdict.Builder verdict = before.toBuilder().clearObservations().addAllObservations(all);
    List<Observation> heard = all.stream().filter(each -> !each.getAwaiting()).toList();
    if (heard.isEmpty()) {
      return verdict.setAwaiting(true).build();
    }
    List<Observation> errors = saying(heard, VerdictKind.ERROR);
    int quorum = Math.max(1, spec.getQuorum());
    if (!errors.isEmpty()) {
      error(verdict, errors, quorum, domains(heard).size());
    } else {
      List<Observation> word =
          List.of(VerdictKind.WARNING, VerdictKind.OK, VerdictKind.UNKNOWN).stream()
              .map(kind -> saying(heard, kind))
              .filter(Predicate.not(List::isEmpty))
              .findFirst()
              .orElseThrow();
      Observation first = word.stream().min(FIRST).orElseThrow();
      saidBy(verdict, first)
          .setKind(first.getKind())
          .setSeverity(Severity.SEVERITY_UNSPECIFIED)
          .setText(first.getText());
    }
    return verdict.setSilent(false).setAwaiting(false).build();
  }

  private static void error(
      Verdict.Builder verdict, List<Observation> errors, int quorum, int observed) {
    Set<String> domains = domains(errors);
    List<Observation> fatal =
        errors.stream().filter(each -> each.getSeverity() == Severity.FATAL).toList();
    boolean agreed = domains.size() >= quorum;
    boolean agreedFatal = domains(fatal).size() >= quorum;
    Observation first = (agreedFatal ? fatal : errors).stream().min(FIRST).orElseThrow();
    saidBy(verdict, first);
    if (!agreed) {
      verdict
          .setKind(VerdictKind.WARNING)
          .setSeverity(Severity.SEVERITY_UNSPECIFIED)
          .setText(
              "ERROR from %s of %s fault domains that must agree (%s): %s"
                  .formatted(domains.size(), quorum, String.join(", ", domains), first.getText()));
      return;
    }
    verdict
        .setKind(VerdictKind.ERROR)
        .setSeverity(
            agreedFatal
                ? Severity.FATAL
                : first.getSeverity() == Severity.FATAL ? Severity.NORMAL : first.getSeverity())
        .setText(
            observed == 1
                ? first.getText()
                : "ERROR from %s of %s fault domains (%s): %s"
                    .formatted(
                        domains.size(), observed, String.join(", ", domains), first.getText()));
  }

  private static Verdict.Builder saidBy(Verdict.Builder verdict, Observation said) {
    return verdict
        .setReporter(said.getReporter())
        .setFault(said.getFault())
        .setSequence(said.getSequence());
  }

  private static List<Observation> saying(List<Observation> heard, VerdictKind kind) {
    return heard.stream().filter(each -> each.getKind() == kind).toList();
  }

  /** An observer that names no domain is one of its own. */
  private static Set<String> domains(List<Observation> observations) {
    Set<String> domains = new TreeSet<>();
    for (Observation each : observations) {
      domains.add(each.getDomain().isEmpty() ? "observer " + each.getReporter() : each.getDomain());
    }
    return domains;
  }
}
