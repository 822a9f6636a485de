package io.pilothouse.scheduler.core;

import io.pilothouse.mesos.v1.Filters;
import io.pilothouse.mesos.v1.OfferID;
import io.pilothouse.mesos.v1.scheduler.Event;
import io.pilothouse.scheduler.allocator.Allocator.InverseOffer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Frameworks are asked for machines that are to be taken. What their answers do is for {@link
 * Consents}.
 */
final class Inverse {
  private final Tables tables;
  private final Map<String, InverseOffer> open = new LinkedHashMap<>();

  Inverse(Tables tables) {
    this.tables = tables;
  }

  void make() {
    Map<Framework, Event.Builder> events = new LinkedHashMap<>();
    for (InverseOffer each : tables.allocator.inverseOffers(tables.now)) {
      @Nullable Framework framework = tables.frameworks.get(each.framework());
      @Nullable Agent agent = tables.agents.get(each.agent());
      if (framework == null || framework.stream == null || agent == null) {
        continue;
      }
      String id = tables.nextId("I");
      open.put(id, each);
      events
          .computeIfAbsent(framework, f -> Event.newBuilder().setType(Event.Type.INVERSE_OFFERS))
          .getInverseOffersBuilder()
          .addInverseOffersBuilder()
          .setId(OfferID.newBuilder().setValue(id))
          .setFrameworkId(framework.frameworkId())
          .setAgentId(agent.agentId())
          .setUnavailability(
              Offering.unavailability(
                  each.unavailability().startMillis(), each.unavailability().durationMillis()));
    }
    events.forEach(tables::tell);
  }

  /** The agents that it was asked for. */
  List<Agent> answer(Framework framework, List<OfferID> ids, boolean accepted, Filters filters) {
    List<Agent> answered = new ArrayList<>();
    for (OfferID id : ids) {
      @Nullable InverseOffer offer = open.get(id.getValue());
      if (offer != null && offer.framework().equals(framework.id)) {
        open.remove(id.getValue());
        tables.allocator.answerInverseOffer(
            framework.id,
            offer.agent(),
            Optional.of(accepted),
            Offering.refusal(filters),
            tables.now);
        Stream.ofNullable(tables.agents.get(offer.agent())).forEach(answered::add);
      }
    }
    return answered;
  }

  /** Whether the framework has been asked for the machine, and has not answered. */
  boolean waitsFor(Framework framework, Agent agent) {
    return open.values().stream()
        .anyMatch(each -> each.framework().equals(framework.id) && each.agent().equals(agent.id));
  }

  /** The machine stays after all, or goes at another time, or has gone. */
  void rescind(Agent agent) {
    open.entrySet()
        .removeIf(
            each -> {
              if (!each.getValue().agent().equals(agent.id)) {
                return false;
              }
              @Nullable Framework framework = tables.frameworks.get(each.getValue().framework());
              if (framework != null) {
                tables.tell(
                    framework,
                    Event.newBuilder()
                        .setType(Event.Type.RESCIND_INVERSE_OFFER)
                        .setRescindInverseOffer(
                            Event.RescindInverseOffer.newBuilder()
                                .setInverseOfferId(OfferID.newBuilder().setValue(each.getKey()))));
              }
              return true;
            });
  }

  /** It is asked again when it subscribes again. */
  void forget(Framework framework) {
    open.entrySet()
        .removeIf(
            each -> {
              boolean its = each.getValue().framework().equals(framework.id);
              if (its) {
                tables.allocator.answerInverseOffer(
                    framework.id,
                    each.getValue().agent(),
                    Optional.empty(),
                    OptionalLong.empty(),
                    tables.now);
              }
              return its;
            });
  }
}
