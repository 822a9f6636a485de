package io.pilothouse.filesync;

import java.time.Duration;

/**
 * A wait for chunks or indexes that are on their way here. What comes between its begin and {@link
 * #await} is counted: whoever looks after it has begun misses nothing.
 */
public interface Coming extends AutoCloseable {
  /**
   * Returns when so many more have come, or something else happened after which one must look
   * again.
   *
   * @param some at least one
   * @return false when the time is up
   */
  boolean await(int some, Duration most) throws InterruptedException;

  /** Ends the wait. */
  @Override
  void close();
}
