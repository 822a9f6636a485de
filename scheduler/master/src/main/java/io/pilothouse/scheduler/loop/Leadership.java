package io.pilothouse.scheduler.loop;

import java.util.Optional;

/** Whether this scheduler decides. */
public sealed interface Leadership {
  /** It does. */
  record Leading() implements Leadership {}

  /** It has the lease, and does not know the machines and what is kept yet. */
  record Starting() implements Leadership {}

  /**
   * Another one does.
   *
   * @param leader host:port of its HTTP API, if that is known
   */
  record Standby(Optional<String> leader) implements Leadership {}
}
