package io.pilothouse.scheduler.core;

import io.pilothouse.api.v1.SchedulerMessage;
import io.pilothouse.mesos.v1.scheduler.Event;

/** What the core wants said. Edges carry it out in this order, without waiting. */
public interface Outbox {
  /** To a framework. A stream that is gone swallows it. */
  void event(String stream, Event event);

  /** The stream ends after what was sent on it. */
  void endStream(String stream);

  /** To an agent; the edge adds the lease's token. */
  void toAgent(AgentLink link, SchedulerMessage message);

  /** The agent's stream ends; it may connect again. */
  void endAgent(AgentLink link, String why);

  /**
   * For the next leader. What follows from it waits until {@link Core#written} says that it is
   * there, or {@link Core#notWritten} that it never will be.
   *
   * @param number counts up from 1 in each core
   */
  void write(long number, Write what);

  /** Whether anybody listens: events for operators are made for them alone. */
  boolean operatorsListen();

  void toOperators(io.pilothouse.mesos.v1.master.Event event);
}
