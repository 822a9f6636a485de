package io.pilothouse.scheduler.core;

import java.util.ArrayList;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Agents that registered, for the log: a line for each as long as they are few. When all come at
 * once, to a new leader, lines took a tenth of the time that all of them wait.
 */
final class Arrivals {
  private static final Logger log = LoggerFactory.getLogger(Arrivals.class);
  private static final int FEW = 20;

  private final List<Agent> since = new ArrayList<>();
  private int more;

  void add(Agent agent) {
    if (since.size() < FEW) {
      since.add(agent);
    } else {
      more++;
      log.debug("Agent {} on {} is registered: {}", agent.id, agent.machine, agent.total);
    }
  }

  /** Of those that came since the last time. */
  void note() {
    for (Agent each : since) {
      log.info("Agent {} on {} is registered: {}", each.id, each.machine, each.total);
    }
    if (more > 0) {
      log.info("And {} more agents are registered", more);
    }
    since.clear();
    more = 0;
  }
}
