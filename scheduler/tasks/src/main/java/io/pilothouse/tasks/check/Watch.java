package io.pilothouse.tasks.check;

import io.pilothouse.mesos.v1.CheckInfo;
import io.pilothouse.mesos.v1.CheckStatusInfo;
import io.pilothouse.mesos.v1.CommandInfo;
import io.pilothouse.mesos.v1.HealthCheck;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.function.Function;

/**
 * Starts to look at a task as its framework asked for; hands on only what changes.
 *
 * @param name of the task, for threads
 * @param age how long it has run
 * @param command makes the probe for a check that is a command
 */
public record Watch(String name, Duration age, Function<CommandInfo, Probe> command) {

  /**
   * Judges it.
   *
   * @param said what its framework was told before
   */
  public Checker health(
      HealthCheck check, Optional<Boolean> said, Consumer<Health.Change> changed) {
    Health health =
        new Health(
            Pace.seconds(check.getGracePeriodSeconds()), check.getConsecutiveFailures(), said);
    long begun = System.nanoTime() - age.toNanos();
    return Checker.start(
        name,
        Turns.amongAll(Probes.of(check, command)),
        Pace.of(check),
        age,
        finding -> {
          Health.Change change = health.look(finding, Duration.ofNanos(System.nanoTime() - begun));
          if (!change.equals(Health.Change.NONE)) {
            changed.accept(change);
          }
        });
  }

  /**
   * Tells what is found.
   *
   * @param said what its framework was told before
   */
  public Checker check(CheckInfo check, CheckStatusInfo said, Consumer<CheckStatusInfo> changed) {
    AtomicReference<CheckStatusInfo> last = new AtomicReference<>(said);
    return Checker.start(
        name,
        Turns.amongAll(Probes.of(check, command)),
        Pace.of(check),
        age,
        finding -> {
          if (!last.getAndSet(finding.status()).equals(finding.status())) {
            changed.accept(finding.status());
          }
        });
  }

  /** What frameworks are told of a check that has found nothing yet. */
  public static CheckStatusInfo nothing(CheckInfo check) {
    CheckStatusInfo.Builder status = CheckStatusInfo.newBuilder().setType(check.getType());
    switch (check.getType()) {
      case COMMAND -> status.getCommandBuilder();
      case HTTP -> status.getHttpBuilder();
      case TCP -> status.getTcpBuilder();
      case UNKNOWN -> {}
    }
    return status.build();
  }
}
