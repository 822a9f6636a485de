package io.pilothouse.scheduler.core;

import static org.assertj.core.api.Assertions.assertThat;

import io.pilothouse.mesos.v1.Offer;
import io.pilothouse.mesos.v1.OperationStatus;
import io.pilothouse.mesos.v1.TaskState;
import io.pilothouse.mesos.v1.TaskStatus;
import io.pilothouse.mesos.v1.master.Response.GetAgents;
import io.pilothouse.mesos.v1.master.Response.GetFrameworks;
import io.pilothouse.mesos.v1.scheduler.Event;
import io.pilothouse.scheduler.allocator.resources.Reserved;
import io.pilothouse.scheduler.allocator.resources.Resources;
import io.pilothouse.scheduler.wire.ResourceForm;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** What must be so at a simulated site, always or at its end. */
final class SimulatedLaws {
  private final SimulatedSite site;

  SimulatedLaws(SimulatedSite site) {
    this.site = site;
  }

  /** Frameworks are known from their subscription to their end, and no longer. */
  private void checkFrameworks() {
    Set<String> known = new HashSet<>();
    for (GetFrameworks.Framework each : site.core.picture().frameworks().getFrameworksList()) {
      String id = each.getFrameworkInfo().getId().getValue();
      known.add(id);
      if (site.keeper.hasEnded(id)) {
        throw new AssertionError("framework " + id + " is back after its end");
      }
    }
    for (SimulatedFramework each : site.frameworks) {
      if (each.subscribed && !known.contains(each.id)) {
        throw new AssertionError("framework " + each.id + " is forgotten");
      }
    }
  }

  void heard(String stream, Event event) {
    if (event.hasSubscribed()
        && !site.keeper.keeps(event.getSubscribed().getFrameworkId().getValue())) {
      throw new AssertionError(event + " is said of one that is not written down");
    }
    if (event.hasError() && !event.getError().getMessage().equals("Framework failed over")) {
      throw new AssertionError(event.toString());
    }
    // one that was deposed does not know what is made of agents since; its launches reach none
    List<Offer> offers = site.isAtDeposed(stream) ? List.of() : event.getOffers().getOffersList();
    for (Offer each : offers) {
      if (!site.keeper.keepsAgent(each.getAgentId().getValue())) {
        throw new AssertionError(each.getHostname() + " is offered, and is not written down");
      }
      Resources offered = ResourceForm.read(each.getResourcesList());
      if (!offered.equals(offered.once())) {
        throw new AssertionError("one offer has something twice: " + offered);
      }
      if (offered.hasShared() && !framework(stream).shares) {
        throw new AssertionError(framework(stream).name + " knows of no sharing: " + offered);
      }
      Resources reserved = Reserved.of(offered);
      Resources kept = site.keeper.held(each.getAgentId().getValue()).held();
      if (!kept.contains(reserved)) {
        throw new AssertionError(
            "%s: %s is offered, and written down is %s"
                .formatted(each.getHostname(), reserved, kept));
      }
    }
    OperationStatus done = event.getUpdateOperationStatus().getStatus();
    if (done.hasUuid() && !site.keeper.hasSeen(done)) {
      throw new AssertionError("it is said to be done, and is not written down: " + done);
    }
    TaskStatus status = event.getUpdate().getStatus();
    if (status.getMessage().startsWith("Reconciliation: Task is unknown")) {
      for (SimulatedFramework framework : site.frameworks) {
        for (SimulatedAgent agent : site.agents) {
          if (framework.stream.equals(stream)
              && agent.runs(framework.id, status.getTaskId().getValue())) {
            throw new AssertionError(agent.machine + " runs it: " + status);
          }
        }
      }
    }
  }

  private SimulatedFramework framework(String stream) {
    return site.frameworks.stream()
        .filter(each -> each.stream.equals(stream))
        .findFirst()
        .orElseThrow();
  }

  /** Of each machine no more is offered and used than there is, and its agent can bear it. */
  void hold() {
    site.agents.forEach(SimulatedAgent::requireRoom);
    checkFrameworks();
    for (GetAgents.Agent agent : site.core.picture().agents().getAgentsList()) {
      Resources total = ResourceForm.read(agent.getTotalResourcesList());
      Resources used = ResourceForm.read(agent.getAllocatedResourcesList());
      Resources offered = ResourceForm.read(agent.getOfferedResourcesList());
      site.sharedAtOnce += used.equals(used.once()) ? 0 : 1;
      site.offeredWhileUsed += offered.contains(used.shared().once()) && used.hasShared() ? 1 : 0;
      Resources own = machine(agent.getAgentInfo().getHostname()).total;
      if (!Reserved.plain(total.filter(each -> !each.kind().isRevocable())).equals(own)) {
        throw new AssertionError(
            "%s has %s, and %s is made of it"
                .formatted(agent.getAgentInfo().getHostname(), own, total));
      }
      String what =
          "%s has %s, used are %s and offered %s"
              .formatted(agent.getAgentInfo().getHostname(), total, used, offered);
      // what is lent may come to be less than tasks use of it, and then nothing of it is offered
      Resources all = offered.hasRevocable() ? total : total.plus(lentTo(used).minus(total));
      // once, if it is shared: then any number may have it
      if (!all.contains(used.plus(offered).once())
          || !offered.minus(used.filter(e -> !e.isScalar())).equals(offered)) {
        throw new AssertionError(what);
      }
    }
  }

  private static Resources lentTo(Resources used) {
    return used.filter(each -> each.kind().isRevocable());
  }

  private SimulatedAgent machine(String name) {
    return site.agents.stream().filter(each -> each.machine.equals(name)).findFirst().orElseThrow();
  }

  /** What is reserved is so for the core, in what is written down, and on the machine. */
  private void requireSameHoldings() {
    for (GetAgents.Agent agent : site.core.picture().agents().getAgentsList()) {
      Holdings kept = site.keeper.held(agent.getAgentInfo().getId().getValue());
      SimulatedAgent machine = machine(agent.getAgentInfo().getHostname());
      assertThat(Reserved.of(ResourceForm.read(agent.getTotalResourcesList())))
          .as(machine.machine)
          .isEqualTo(kept.held());
      assertThat(machine.volumes).as(machine.machine).isEqualTo(kept.volumes());
    }
    assertThat(site.core.picture().operations().getOperationsList()).isEmpty();
    for (SimulatedFramework framework : site.frameworks) {
      framework.volumes.forEach(
          (volume, agent) -> {
            if (site.destroyed.contains(volume)) {
              return;
            }
            boolean remade = site.agents.stream().noneMatch(each -> each.id.equals(agent));
            long there =
                site.keeper.held(agent).volumes().stream()
                    .filter(each -> each.getId().equals(volume))
                    .count();
            assertThat(there)
                .as("%s of %s on %s", volume, framework.name, agent)
                .isEqualTo(remade ? 0 : 1);
          });
    }
  }

  void requireAllTold() {
    requireSameHoldings();
    for (GetAgents.Agent agent : site.core.picture().agents().getAgentsList()) {
      assertThat(lentTo(ResourceForm.read(agent.getTotalResourcesList())).quantities().get("cpus"))
          .as("lent of %s, in thousandths", agent.getAgentInfo().getHostname())
          .isEqualTo(1000L * machine(agent.getAgentInfo().getHostname()).lends);
    }
    for (GetAgents.Agent agent : site.core.picture().agents().getAgentsList()) {
      if (machine(agent.getAgentInfo().getHostname()).isIdle()) {
        assertThat(agent.getAllocatedResourcesList())
            .as("what %s keeps for nobody", agent.getAgentInfo().getHostname())
            .isEmpty();
      }
    }
    for (SimulatedAgent agent : site.agents) {
      assertThat(agent.owesNothing()).as(agent.machine + " owes nobody a status").isTrue();
    }
    Map<String, TaskState> known = new HashMap<>();
    site.core
        .picture()
        .tasks()
        .getTasksList()
        .forEach(task -> known.put(task.getTaskId().getValue(), task.getState()));
    for (SimulatedFramework framework : site.frameworks) {
      framework.tasks.forEach(
          (task, seen) -> {
            TaskState state = seen.state();
            if (Task.isTerminal(state)
                || state == TaskState.TASK_UNKNOWN
                || state == TaskState.TASK_UNREACHABLE) {
              return;
            }
            assertThat(known).as("%s is thought to be %s", task, state).containsKey(task);
          });
    }
  }
}
