package io.pilothouse.provisioning.power;

import java.util.Optional;

/**
 * Power control of machines by their power address ({@code bmc} in the inventory). Commands for one
 * machine exclude each other; each returns when its effect is there, or throws.
 */
public interface PowerDriver {

  PowerState state(String bmc) throws PowerException;

  /** Switches on and boots from the device. A machine that is on is left alone. */
  void on(String bmc, BootDevice device) throws PowerException;

  /** Cuts the power. A machine that is off stays off. */
  void off(String bmc) throws PowerException;

  /** Off, then on: the machine comes up with a new boot id. */
  void cycle(String bmc, BootDevice device) throws PowerException;

  /**
   * As {@link #cycle} into {@link BootDevice#NETWORK}, and what boots then finds this text: by
   * virtual media, or in the firmware. It is a secret of that boot; whatever runs before or after
   * does not get to see it.
   */
  void cycleIntoInstaller(String bmc, String secret) throws PowerException;

  /**
   * What the machine was booted from when it was last switched on by a driver, when the hardware
   * can tell: lets a restarted service see what it did before.
   */
  Optional<BootDevice> lastBoot(String bmc) throws PowerException;

  /**
   * Makes sure that the machine's hardware is of at least this generation: a person replaced it. A
   * driver of real hardware has nothing to do; an emulated chassis is swapped for a new one, which
   * has an empty disk and no faults, and is left off.
   */
  void replaceChassis(String bmc, long generation) throws PowerException;

  /**
   * What the management controller says of the hardware; empty when this driver cannot tell.
   *
   * @throws PowerException when it does not answer
   */
  default Optional<HardwareHealth> health(String bmc) throws PowerException {
    return Optional.empty();
  }
}
