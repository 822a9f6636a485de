package io.pilothouse.provisioning.power;

/** Whether a machine has power. */
public enum PowerState {
  ON,
  OFF
}
