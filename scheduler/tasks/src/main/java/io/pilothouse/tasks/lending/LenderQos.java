package io.pilothouse.tasks.lending;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.ToDoubleFunction;

/**
 * Ends tasks that were lent processors when who has them for good uses them again, or when the
 * machine as a whole is out of breath. The youngest first, of equally young ones the busiest; no
 * more than needed, and a few at a time, so that the next look shows what that has helped.
 */
public final class LenderQos implements QosController {
  /**
   * When it acts.
   *
   * @param window over which use is averaged; also how long it waits after it has ended some
   * @param most ended at once
   * @param busy processors as busy as this, 0 to 1, are out of breath if also …
   * @param stalled … somebody waits for one for so much of the time, 0 to 1, or, where the kernel
   *     does not say …
   * @param queue … so many processes run or wait for each
   */
  public record Bounds(Duration window, int most, double busy, double stalled, double queue) {
    public static final Bounds USUAL = new Bounds(Duration.ofSeconds(5), 3, 0.95, 0.8, 2);
  }

  private static final double SLIP = 1e-6;

  private static final Comparator<Usage.Load> YOUNGEST = Comparator.comparing(Usage.Load::age);

  private final Bounds bounds;
  private final Histories histories;
  private Optional<Long> notBefore = Optional.empty();

  public LenderQos(Bounds bounds) {
    this.bounds = bounds;
    this.histories = new Histories(bounds.window(), false);
  }

  @Override
  public List<Correction> corrections(Usage usage) {
    histories.add(usage);
    List<Usage.Load> borrowers = new ArrayList<>();
    for (Usage.Load each : usage.loads()) {
      if (each.lent() > 0 && !each.ending()) {
        borrowers.add(each);
      }
    }
    boolean waits = notBefore.isPresent() && usage.nanos() - notBefore.get() < 0;
    if (borrowers.isEmpty() || waits) {
      return List.of();
    }
    borrowers.sort(YOUNGEST.thenComparing(Comparator.comparingDouble(this::used).reversed()));
    List<Correction> all = claimed(usage, borrowers);
    if (all.isEmpty()) {
      all = strained(usage.strain(), borrowers);
    }
    if (!all.isEmpty()) {
      notBefore = Optional.of(usage.nanos() + bounds.window().toNanos());
    }
    return all;
  }

  /** What is lent must fit beside what the others use. */
  private List<Correction> claimed(Usage usage, List<Usage.Load> borrowers) {
    double owned = sum(usage.loads(), Usage.Load::own);
    double used = sum(usage.loads(), each -> each.own() > 0 ? used(each) : 0);
    double lent = sum(borrowers, Usage.Load::lent);
    // a task that ended leaves processors that nobody uses yet: no reason to end another
    double has = Math.max(usage.setAside(), owned);
    double missing = used + lent - has;
    List<Correction> all = new ArrayList<>();
    for (Usage.Load each : borrowers) {
      if (missing <= SLIP || all.size() == bounds.most()) {
        break;
      }
      missing -= each.lent();
      all.add(
          new Correction(
              each.container(),
              String.format(
                  Locale.ROOT,
                  "revoked: of %.1f processors that tasks may have here, %.1f are used by those that"
                      + " they belong to, and %.1f were lent",
                  has,
                  used,
                  lent)));
    }
    return all;
  }

  private List<Correction> strained(Usage.Strain strain, List<Usage.Load> borrowers) {
    boolean crowded =
        strain.stalled().isPresent()
            ? strain.stalled().getAsDouble() >= bounds.stalled()
            : strain.queue() >= bounds.queue();
    if (!crowded || strain.busy().isEmpty() || strain.busy().getAsDouble() < bounds.busy()) {
      return List.of();
    }
    String why =
        String.format(
            Locale.ROOT,
            "revoked: the machine's processors are %.0f %% busy, and %s",
            100 * strain.busy().getAsDouble(),
            strain.stalled().isPresent()
                ? String.format(
                    Locale.ROOT,
                    "for %.0f %% of the time somebody waits for one",
                    100 * strain.stalled().getAsDouble())
                : String.format(
                    Locale.ROOT, "%.1f processes run or wait for each", strain.queue()));
    return borrowers.stream()
        .limit(bounds.most())
        .map(each -> new Correction(each.container(), why))
        .toList();
  }

  private double used(Usage.Load load) {
    return histories.of(load).map(History::average).orElse(0.0);
  }

  private static double sum(List<Usage.Load> of, ToDoubleFunction<Usage.Load> what) {
    return of.stream().mapToDouble(what).sum();
  }
}
