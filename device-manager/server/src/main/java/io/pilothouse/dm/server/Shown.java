package io.pilothouse.dm.server;

import io.pilothouse.api.v1.Machine;

/** What others see of an entity. */
final class Shown {

  private Shown() {}

  /**
   * A machine without what its key and its token are checked by: nobody but the Device Manager
   * needs it.
   */
  static Machine machine(Machine machine) {
    if (machine.getKeySha256().isEmpty() && !machine.hasEnrolment()) {
      return machine;
    }
    Machine.Builder shown = machine.toBuilder().clearKeySha256();
    if (machine.hasEnrolment()) {
      shown.getEnrolmentBuilder().clearTokenSha256();
    }
    return shown.build();
  }
}
