package io.pilothouse.scheduler.core;

import io.pilothouse.mesos.v1.Offer;
import io.pilothouse.mesos.v1.OfferID;
import io.pilothouse.mesos.v1.Resource;
import io.pilothouse.mesos.v1.TaskState;
import io.pilothouse.mesos.v1.scheduler.Call;
import java.util.List;

/** What simulated frameworks make of what they are offered. */
final class SimulatedAnswers {
  private final SimulatedSite site;

  SimulatedAnswers(SimulatedSite site) {
    this.site = site;
  }

  void to(SimulatedFramework framework, Offer offer) {
    Call.Builder call = Call.newBuilder();
    double cpus = cpus(offer, false);
    boolean borrows = cpus(offer, true) >= 1 && (cpus < 1 || site.random.nextBoolean());
    List<Resource> ports =
        offer.getResourcesList().stream().filter(each -> each.getName().equals("ports")).toList();
    if (site.launches && !framework.role.equals("*") && site.random.nextInt(3) == 0) {
      keepsData(framework, offer, call);
    } else if (!site.launches
        || framework.open() >= framework.wanted
        || (cpus < 1 && !borrows)
        || (ports.isEmpty() && !borrows)) {
      call.setType(Call.Type.DECLINE);
      call.getDeclineBuilder().addOfferIds(offer.getId());
    } else {
      call.setType(Call.Type.ACCEPT);
      String name = framework.name + "-" + framework.names++;
      String info =
          borrows
              ? borrowing(offer, name)
              : Stage.taskInfo(
                  offer.getAgentId().getValue(),
                  name,
                  "cpus:1;" + port(ports),
                  "'command':{'value':'x'}");
      site.borrowed += borrows ? 1 : 0;
      call.getAcceptBuilder()
          .addOfferIds(offer.getId())
          .addOperations(
              Stage.read(
                  "{'type':'LAUNCH','launch':{'task_infos':[" + info + "]}}",
                  Offer.Operation.getDefaultInstance()));
      framework.tasks.put(
          name, new SimulatedFramework.Seen(offer.getAgentId().getValue(), TaskState.TASK_STAGING));
      site.launched++;
    }
    if (site.faults && site.random.nextInt(10) == 0) {
      return; // the call is lost, or the framework hoards
    }
    site.call(framework, call);
  }

  /** It may agree, give the machine up now, ask for time, or say nothing. */
  void to(SimulatedFramework framework, OfferID inverse) {
    Call.Builder call = Call.newBuilder();
    switch (site.random.nextInt(4)) {
      case 0 -> {
        call.setType(Call.Type.DECLINE_INVERSE_OFFERS);
        call.getDeclineInverseOffersBuilder().addInverseOfferIds(inverse);
      }
      case 1 -> {
        call.setType(Call.Type.ACCEPT_INVERSE_OFFERS);
        call.getAcceptInverseOffersBuilder().addInverseOfferIds(inverse);
      }
      case 2 -> {
        call.setType(Call.Type.ACCEPT_INVERSE_OFFERS);
        call.getAcceptInverseOffersBuilder()
            .addInverseOfferIds(inverse)
            .getFiltersBuilder()
            .setRefuseSeconds(0);
      }
      default -> {
        return;
      }
    }
    site.call(framework, call);
  }

  private static double cpus(Offer offer, boolean revocable) {
    return offer.getResourcesList().stream()
        .filter(each -> each.getName().equals("cpus") && each.hasRevocable() == revocable)
        .mapToDouble(each -> each.getScalar().getValue())
        .sum();
  }

  private static String port(List<Resource> ports) {
    long port = ports.get(0).getRanges().getRange(0).getBegin();
    return "ports:[%d-%d]".formatted(port, port);
  }

  private static String borrowing(Offer offer, String name) {
    return ("{'name':'t','task_id':{'value':'%s'},'agent_id':{'value':'%s'},'resources':[{"
            + "'name':'cpus','type':'SCALAR','scalar':{'value':1},'revocable':{}}],"
            + "'command':{'value':'x'}}")
        .formatted(name, offer.getAgentId().getValue());
  }

  private void keepsData(SimulatedFramework framework, Offer offer, Call.Builder call) {
    SimulatedOperations chosen =
        new SimulatedOperations(framework, offer, site.random, site.destroyed);
    chosen
        .choose(framework.open() < framework.wanted)
        .forEach(
            task -> {
              framework.tasks.put(
                  task,
                  new SimulatedFramework.Seen(
                      offer.getAgentId().getValue(), TaskState.TASK_STAGING));
              site.launched++;
            });
    site.operations += chosen.operations().size();
    call.setType(Call.Type.ACCEPT);
    call.getAcceptBuilder().addOfferIds(offer.getId()).addAllOperations(chosen.operations());
  }
}
