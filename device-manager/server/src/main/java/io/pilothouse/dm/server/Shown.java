package io.pilothouse.dm.server;

import io.pilothouse.api.v1.Machine;

/** What others see of an entity. */
final class Shown {

  private Shown() {}

  /** A machine without what its key is checked by: nobody but the Device Manager needs it. */
  static Machine machine(Machine machine) {
    return machine.getKeySha256().isEmpty()
        ? machine
        : machine.toBuilder().clearKeySha256().build();
  }
}
