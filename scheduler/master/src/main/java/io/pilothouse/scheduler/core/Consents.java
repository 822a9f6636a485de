package io.pilothouse.scheduler.core;

import io.pilothouse.api.v1.MachineConsent;
import io.pilothouse.api.v1.OfferableMachine;
import io.pilothouse.mesos.v1.Filters;
import io.pilothouse.mesos.v1.OfferID;
import io.pilothouse.mesos.v1.TaskStatus.Reason;
import io.pilothouse.mesos.v1.scheduler.Call;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What frameworks say to a machine's being taken, and what of them still runs there: told to the
 * Device Manager, which decides what follows (docs/decisions/0046-consent.md). An answer stands
 * until another one, or until something else takes the machine.
 */
final class Consents {
  /** Of those that declined, for people. */
  private static final int NAMED = 5;

  private final Tables tables;
  private final Statuses statuses;
  private final Map<String, Taken> taken = new HashMap<>();

  /** A machine that is taken. */
  private static final class Taken {
    final String by;

    /** Whether a framework agrees, by its id. */
    final Map<String, Boolean> answers = new HashMap<>();

    @Nullable MachineConsent told;

    Taken(String by) {
      this.by = by;
    }
  }

  Consents(Tables tables, Statuses statuses) {
    this.tables = tables;
    this.statuses = statuses;
  }

  /** It will be gone in time; with an explicit 0 s now: its tasks there are ended. */
  void agrees(Framework framework, Call.AcceptInverseOffers call) {
    boolean now = call.getFilters().hasRefuseSeconds() && call.getFilters().getRefuseSeconds() == 0;
    answer(framework, call.getInverseOfferIdsList(), true, call.getFilters(), now);
  }

  void declines(Framework framework, Call.DeclineInverseOffers call) {
    answer(framework, call.getInverseOfferIdsList(), false, call.getFilters(), false);
  }

  private void answer(
      Framework framework, List<OfferID> ids, boolean agrees, Filters filters, boolean now) {
    for (Agent agent : tables.inverse.answer(framework, ids, agrees, filters)) {
      @Nullable OfferableMachine machine = tables.machines.get(agent.machine);
      if (machine == null || !isTaken(machine)) {
        continue;
      }
      of(machine).answers.put(framework.id, agrees);
      if (now) {
        end(framework, agent, machine);
      }
    }
  }

  private void end(Framework framework, Agent agent, OfferableMachine machine) {
    for (Task task : agent.tasks()) {
      if (task.framework == framework && !task.isOver()) {
        statuses.kill(
            task,
            "its framework gives up machine %s, which is taken by %s"
                .formatted(agent.machine, machine.getTakenBy()),
            Reason.REASON_AGENT_DRAINING_VALUE);
      }
    }
  }

  private static boolean isTaken(OfferableMachine machine) {
    return machine.getTakenAt() > 0 && !machine.getTakenBy().isEmpty();
  }

  private Taken of(OfferableMachine machine) {
    return taken.compute(
        machine.getName(),
        (name, before) ->
            before == null || !before.by.equals(machine.getTakenBy())
                ? new Taken(machine.getTakenBy())
                : before);
  }

  /** Tells what is otherwise than it was told. Nothing of a machine whose agent is not here. */
  void tell() {
    Set<String> still = new HashSet<>();
    for (OfferableMachine machine : tables.machines.values()) {
      @Nullable Agent agent = isTaken(machine) ? tables.byMachine.get(machine.getName()) : null;
      if (agent != null) {
        still.add(machine.getName());
        Taken one = of(machine);
        MachineConsent now = consent(machine, agent, one);
        if (!now.equals(one.told)) {
          one.told = now;
          tables.writes.behind(new Write.SayConsent(now));
        }
      }
    }
    taken.keySet().retainAll(still);
  }

  private static MachineConsent consent(OfferableMachine machine, Agent agent, Taken one) {
    MachineConsent.Builder consent =
        MachineConsent.newBuilder().setMachine(machine.getName()).setTakenBy(machine.getTakenBy());
    List<Framework> there =
        agent.tasks().stream()
            .filter(task -> task.holding)
            .map(task -> task.framework)
            .distinct()
            .toList();
    consent.setFrameworks(there.size());
    for (Framework each : there) {
      @Nullable Boolean agrees = one.answers.get(each.id);
      if (agrees == null) {
        continue;
      }
      if (agrees) {
        consent.setAgreed(consent.getAgreed() + 1);
      } else {
        consent.setDeclined(consent.getDeclined() + 1);
        if (consent.getDeclinedNamesCount() < NAMED) {
          consent.addDeclinedNames(each.info.getName());
        }
      }
    }
    return consent.build();
  }
}
