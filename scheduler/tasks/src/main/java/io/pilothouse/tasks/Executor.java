package io.pilothouse.tasks;

import java.io.IOException;

/** An executor that a framework named. Under the monitor of {@link Tasks}. */
sealed interface Executor permits BuiltInExecutor, CustomExecutor {
  ExecutorRecord record();

  /** It is ending: no task can be given to it any more. */
  boolean isEnding();

  /** It is over, and how is written down for all of its tasks. */
  boolean isOver();

  /** As wait(2) gives it. */
  int waitStatus() throws IOException;

  /** Asked to end, with its own grace. */
  void shutDown() throws IOException;
}
