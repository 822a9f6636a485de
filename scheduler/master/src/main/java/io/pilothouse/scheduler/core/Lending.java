package io.pilothouse.scheduler.core;

import io.pilothouse.mesos.v1.Resource;
import io.pilothouse.scheduler.allocator.resources.Entry;
import io.pilothouse.scheduler.allocator.resources.Kind;
import io.pilothouse.scheduler.allocator.resources.Resources;
import io.pilothouse.scheduler.validation.ResourceCheck;
import io.pilothouse.scheduler.wire.AgentForm;
import io.pilothouse.scheduler.wire.ResourceForm;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What agents say can be lent of what their tasks have and do not use. It is offered beside the
 * rest, as revocable, to frameworks that know of that. Once there is less of it, what was merely
 * offered is taken back; what tasks use of it already is their agent's matter, which sees how the
 * machine fares.
 */
final class Lending {
  private static final Logger log = LoggerFactory.getLogger(Lending.class);

  /** Kinds of resources: offers carry all of them. */
  private static final int MOST = 100;

  private final Tables tables;
  private final Offering offering;

  Lending(Tables tables, Offering offering) {
    this.tables = tables;
    this.offering = offering;
  }

  /** Once again, in all. */
  void heard(Agent agent, List<Resource> said) {
    Resources before = agent.lent;
    Resources now = read(agent, said);
    if (now.equals(before)) {
      return;
    }
    agent.lent = now;
    agent.total = agent.total.minus(before).plus(now);
    if (!now.contains(before)) {
      rescind(agent);
    }
    tables.allocator.updateAgent(AgentForm.of(agent.info, agent.total, Offering.attributes(agent)));
    tables.allocateSoon = true;
  }

  private void rescind(Agent agent) {
    for (Offer each : List.copyOf(agent.offers)) {
      if (each.resources().hasRevocable()) {
        offering.rescind(each);
      }
    }
  }

  /** What an agent says, or nothing where that makes no sense. */
  static Resources read(Agent agent, List<Resource> said) {
    Optional<String> objection = objection(said);
    if (objection.isPresent()) {
      log.error(
          "Agent {} on {} would lend what cannot be lent, so nothing of it is offered: {}",
          agent.id,
          agent.machine,
          objection.get());
      return Resources.NONE;
    }
    return ResourceForm.read(said);
  }

  private static Optional<String> objection(List<Resource> said) {
    if (said.size() > MOST) {
      return Optional.of("%s resources; expected at most %s".formatted(said.size(), MOST));
    }
    return ResourceCheck.objection(said)
        .or(
            () -> {
              for (Entry each : ResourceForm.read(said)) {
                if (!each.isScalar() || !each.kind().equals(Kind.of(each.kind().name()).revoke())) {
                  return Optional.of(each + "; expected amounts, revocable and of no role");
                }
              }
              return Optional.empty();
            });
  }
}
