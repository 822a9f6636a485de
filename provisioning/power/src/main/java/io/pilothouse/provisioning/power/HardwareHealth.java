package io.pilothouse.provisioning.power;

/**
 * What a machine's management controller says of its hardware.
 *
 * @param text for people
 */
public record HardwareHealth(Level level, String text) {

  /** As Redfish has them (DSP0266, Status.Health). */
  public enum Level {
    OK,
    WARNING,
    CRITICAL
  }
}
