package io.pilothouse.scheduler.core;

import io.pilothouse.mesos.v1.Attribute;
import io.pilothouse.mesos.v1.DurationInfo;
import io.pilothouse.mesos.v1.Filters;
import io.pilothouse.mesos.v1.FrameworkInfo.Capability;
import io.pilothouse.mesos.v1.OfferID;
import io.pilothouse.mesos.v1.Resource;
import io.pilothouse.mesos.v1.TimeInfo;
import io.pilothouse.mesos.v1.URL;
import io.pilothouse.mesos.v1.Unavailability;
import io.pilothouse.mesos.v1.scheduler.Event;
import io.pilothouse.scheduler.allocator.Allocation;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/** Offers from their making until they are answered, withdrawn or too old. */
final class Offering {
  private static final double DEFAULT_REFUSAL = 5;
  private static final double LONGEST_REFUSAL = Duration.ofDays(365).toSeconds();

  /** A framework that holds too many is asked again after so long. */
  private static final long FULL = 5_000;

  private final Tables tables;

  Offering(Tables tables) {
    this.tables = tables;
  }

  /** Gives frameworks what the allocator has for them. */
  void make(boolean batch) {
    List<Allocation> allocations =
        batch
            ? tables.allocator.allocate(tables.now)
            : tables.allocator.allocateChanged(tables.now);
    Map<Framework, List<Offer>> made = new LinkedHashMap<>();
    for (Allocation each : allocations) {
      @Nullable Framework framework = tables.frameworks.get(each.framework());
      @Nullable Agent agent = tables.agents.get(each.agent());
      if (framework == null || framework.stream == null || agent == null || agent.link == null) {
        tables.allocator.recover(each, OptionalLong.empty(), tables.now);
      } else if (framework.offers.size() >= tables.options.most().offers()) {
        tables.allocator.recover(each, OptionalLong.of(FULL), tables.now);
      } else {
        made.computeIfAbsent(framework, f -> new ArrayList<>()).add(make(framework, agent, each));
      }
    }
    made.forEach(
        (framework, offers) -> {
          Event.Builder event = Event.newBuilder().setType(Event.Type.OFFERS);
          offers.forEach(offer -> event.getOffersBuilder().addOffers(offer.message()));
          tables.tell(framework, event);
        });
  }

  private Offer make(Framework framework, Agent agent, Allocation allocation) {
    OfferID id = OfferID.newBuilder().setValue(tables.nextId("O")).build();
    Offer offer =
        new Offer(
            id.getValue(),
            framework,
            agent,
            allocation.role(),
            allocation.resources(),
            tables.now + tables.options.offerTimeout(),
            message(id, framework, agent, allocation));
    tables.counts.offers++;
    tables.offers.put(offer.id(), offer);
    framework.offers.add(offer);
    framework.requests.offered(allocation.role(), allocation.resources());
    agent.offers.add(offer);
    return offer;
  }

  private io.pilothouse.mesos.v1.Offer message(
      OfferID id, Framework framework, Agent agent, Allocation allocation) {
    io.pilothouse.mesos.v1.Offer.Builder message =
        io.pilothouse.mesos.v1.Offer.newBuilder()
            .setId(id)
            .setFrameworkId(framework.frameworkId())
            .setAgentId(agent.agentId())
            .setHostname(agent.machine)
            .setUrl(url(agent))
            .addAllResources(framework.form().write(allocation.resources(), allocation.role()))
            .addAllAttributes(attributes(agent));
    if (framework.can(Capability.Type.MULTI_ROLE)) {
      message.setAllocationInfo(Resource.AllocationInfo.newBuilder().setRole(allocation.role()));
    }
    agent.executors().stream()
        .filter(each -> each.framework() == framework)
        .forEach(each -> message.addExecutorIds(each.info().getExecutorId()));
    if (agent.view != null && agent.view.getPlannedAt() > 0) {
      long start = Math.max(tables.now, agent.view.getPlannedAt());
      message.setUnavailability(unavailability(start, OptionalLong.empty()));
    }
    return message.build();
  }

  private static URL url(Agent agent) {
    URL.Builder url = URL.newBuilder().setScheme("http").setPath("/slave(1)");
    url.getAddressBuilder().setHostname(agent.machine).setPort(agent.info.getPort());
    String address = agent.view == null ? "" : agent.view.getAddress();
    int colon = address.lastIndexOf(':');
    if (colon > 0) {
      url.getAddressBuilder().setIp(address.substring(0, colon));
    }
    return url.build();
  }

  static List<Attribute> attributes(Agent agent) {
    return agent.view == null ? agent.info.getAttributesList() : agent.view.getAttributesList();
  }

  static Unavailability unavailability(long start, OptionalLong duration) {
    Unavailability.Builder message =
        Unavailability.newBuilder()
            .setStart(TimeInfo.newBuilder().setNanoseconds(start * 1_000_000));
    duration.ifPresent(
        millis ->
            message.setDuration(DurationInfo.newBuilder().setNanoseconds(millis * 1_000_000)));
    return message.build();
  }

  void decline(Framework framework, List<OfferID> ids, Filters filters) {
    for (OfferID id : ids) {
      @Nullable Offer offer = tables.offers.get(id.getValue());
      if (offer != null && offer.framework() == framework) {
        tables.counts.declined++;
        giveBack(offer, refusal(filters));
      }
    }
  }

  /** How long a framework does not want to be offered the same again. */
  static OptionalLong refusal(Filters filters) {
    double seconds = filters.getRefuseSeconds();
    if (Double.isNaN(seconds) || seconds < 0) {
      seconds = DEFAULT_REFUSAL;
    }
    long millis = Math.round(Math.min(seconds, LONGEST_REFUSAL) * 1000);
    return millis == 0 ? OptionalLong.empty() : OptionalLong.of(millis);
  }

  /** No longer an offer, though still allocated. */
  void remove(Offer offer) {
    tables.offers.remove(offer.id());
    offer.framework().offers.remove(offer);
    offer.agent().offers.remove(offer);
  }

  /** No longer an offer; its resources are free. The framework is not told. */
  void giveBack(Offer offer, OptionalLong refuse) {
    remove(offer);
    tables.allocator.recover(offer.allocation(), refuse, tables.now);
  }

  void rescind(Offer offer) {
    giveBack(offer, OptionalLong.empty());
    tables.counts.rescinded++;
    tables.tell(
        offer.framework(),
        Event.newBuilder()
            .setType(Event.Type.RESCIND)
            .setRescind(Event.Rescind.newBuilder().setOfferId(offer.message().getId())));
  }

  void rescindAll(Agent agent) {
    List.copyOf(agent.offers).forEach(this::rescind);
  }

  /** A framework that hoards offers, or has forgotten them, keeps others from theirs. */
  void expire() {
    while (!tables.offers.isEmpty()) {
      Offer oldest = tables.offers.firstEntry().getValue();
      if (oldest.expires() > tables.now) {
        return;
      }
      rescind(oldest);
    }
  }
}
