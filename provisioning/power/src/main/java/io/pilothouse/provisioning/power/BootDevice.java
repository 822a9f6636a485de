package io.pilothouse.provisioning.power;

import java.util.Locale;

/** What a machine boots from at its next power-on. */
public enum BootDevice {
  DISK,
  NETWORK;

  /** As written in {@code chassis/boot_device}. */
  public String text() {
    return name().toLowerCase(Locale.ROOT);
  }
}
