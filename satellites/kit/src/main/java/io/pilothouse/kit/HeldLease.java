package io.pilothouse.kit;

import java.time.Duration;
import java.util.Optional;

/** A lease as those who act under it see it. */
public interface HeldLease {

  /** The fencing token while the lease is held for certain; empty otherwise. */
  Optional<Long> token();

  /**
   * The revision at which the lease was last confirmed. Pulls under the lease must ask for at least
   * this one: an older answer may name work that the last holder has already done.
   */
  long revision();

  /** Asks about it now: somebody says that it went to another holder, or that nobody has it. */
  default void confirm() {}

  /** Gives it back and does not ask for it for so long, so that another may have it. */
  default void standBack(Duration span) {}
}
