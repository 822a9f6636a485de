package io.pilothouse.tasks;

import io.pilothouse.api.v1.AgentKill;
import java.io.IOException;

/** One task of a framework, whatever runs it. */
sealed interface Task permits CommandTask, ExecutorTask {
  TaskRecord record();

  /** Asked to end; asked again only to end sooner. */
  void kill(AgentKill order) throws IOException;

  boolean isToEnd();

  /** Tries a kill again that did not come to its end. */
  void killAgain() throws IOException;

  /** Whether it runs too long: it is then to be killed. */
  boolean isOverdue() throws IOException;
}
