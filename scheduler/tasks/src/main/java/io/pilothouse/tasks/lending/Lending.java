package io.pilothouse.tasks.lending;

import java.time.Duration;

/**
 * Who decides about lending on a machine. Another estimator or controller takes its place here.
 *
 * @param estimator how much can be lent
 * @param qos who has to go
 * @param look between two looks
 * @param tell until a scheduler is told that more can be lent; that it is less is told at once
 */
public record Lending(
    ResourceEstimator estimator, QosController qos, Duration look, Duration tell) {

  /** Mesos' agents tell every 15 s, too. */
  public static Lending usual() {
    return new Lending(
        new SlackEstimator(SlackEstimator.Care.USUAL),
        new LenderQos(LenderQos.Bounds.USUAL),
        Duration.ofSeconds(1),
        Duration.ofSeconds(15));
  }
}
