package io.pilothouse.scheduler.core;

import io.pilothouse.mesos.v1.FrameworkInfo;
import io.pilothouse.mesos.v1.master.Response.GetFrameworks;
import io.pilothouse.mesos.v1.scheduler.OfferConstraints;
import java.util.List;

/**
 * A framework as it was at one moment, to be written later and on another thread.
 *
 * @param holding its tasks that have something, of which only what never changes is read later
 */
record FrameworkLook(
    FrameworkInfo info,
    boolean connected,
    boolean recovered,
    long registered,
    long reregistered,
    long unregistered,
    OfferConstraints constraints,
    List<Offer> offers,
    List<Task> holding) {

  static FrameworkLook of(Framework framework) {
    return new FrameworkLook(
        framework.info,
        framework.stream != null,
        framework.recovered,
        framework.registered,
        framework.reregistered,
        framework.unregistered,
        framework.constraints,
        List.copyOf(framework.offers),
        framework.tasks.values().stream().filter(each -> each.holding).toList());
  }

  GetFrameworks.Framework message() {
    GetFrameworks.Framework.Builder message =
        GetFrameworks.Framework.newBuilder()
            .setFrameworkInfo(info)
            .setActive(connected)
            .setConnected(connected)
            .setRecovered(recovered)
            .setRegisteredTime(Written.time(registered));
    if (reregistered > 0) {
      message.setReregisteredTime(Written.time(reregistered));
    }
    if (unregistered > 0) {
      message.setUnregisteredTime(Written.time(unregistered));
    }
    if (constraints.getRoleConstraintsCount() > 0) {
      message.setOfferConstraints(constraints);
    }
    offers.forEach(each -> message.addOffers(each.message()));
    message.addAllOfferedResources(Written.resources(offers.stream().map(Offer::allocation)));
    message.addAllAllocatedResources(Written.resources(holding.stream().map(Task::allocation)));
    return message.build();
  }
}
