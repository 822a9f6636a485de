package io.pilothouse.dm.simulate;

import java.util.SortedMap;

/**
 * What came of a run.
 *
 * @param control who controlled the fleet
 * @param millis how long it lasted
 * @param detect from a machine's own trouble to the controller's finding it
 * @param repair from a machine's own trouble, where it was found, until it serves again and is
 *     trusted
 * @param passed troubles that were over before anybody found them
 * @param taken greatest share of any domain of a kind that the controller took at once
 * @param lost greatest share that was down without having been taken
 * @param entries of the log, renewals of leases left out
 * @param renewals requests that only renew a lease
 * @param downMillis machine time during which a machine was of no use, whatever the reason
 */
record Outcome(
    String control,
    int machines,
    long millis,
    Quantiles detect,
    Quantiles repair,
    int passed,
    Repairs repairs,
    SortedMap<String, Double> taken,
    SortedMap<String, Double> lost,
    int incidents,
    long entries,
    long renewals,
    long downMillis) {

  /**
   * Repairs by action, and how right they were.
   *
   * @param needless touched a machine that had nothing itself
   * @param tooStrong a weaker act would have mended it, or waiting
   * @param wrongMachine done to another machine than was meant
   */
  record Repairs(
      int reboots,
      int reImages,
      int replaces,
      int doNothings,
      int escalations,
      int needless,
      int tooStrong,
      int wrongMachine) {

    /** Those that touched a machine. */
    int executed() {
      return reboots + reImages + replaces;
    }

    /** Those that should not have been. */
    int wrong() {
      return needless + tooStrong + wrongMachine;
    }

    /** In percent of those executed. */
    double wrongShare() {
      return executed() == 0 ? 0 : 100.0 * wrong() / executed();
    }
  }

  Outcome named(String name) {
    return new Outcome(
        name,
        machines,
        millis,
        detect,
        repair,
        passed,
        repairs,
        taken,
        lost,
        incidents,
        entries,
        renewals,
        downMillis);
  }

  /** Share of machine time that was of use, in percent. */
  double availability() {
    return 100 - 100.0 * downMillis / ((double) machines * millis);
  }

  /** Machine-hours lost. */
  double lostHours() {
    return downMillis / (double) Spans.HOUR;
  }

  /** Log entries a machine and day. */
  double entriesPerMachineDay() {
    return entries / (machines * (millis / (double) Spans.DAY));
  }
}
