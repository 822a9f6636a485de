package io.pilothouse.scheduler.core;

import io.pilothouse.api.v1.AgentRegister;
import io.pilothouse.mesos.v1.AgentInfo;
import io.pilothouse.scheduler.validation.Ids;
import io.pilothouse.scheduler.validation.Objections;
import io.pilothouse.scheduler.validation.ResourceCheck;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Whether an agent may register as it does. */
final class RegistrationCheck {
  private RegistrationCheck() {}

  static Optional<String> objection(Tables tables, AgentRegister register) {
    if (register.getAgent().getHostname().isEmpty()) {
      return Optional.of("AgentRegister.agent.hostname is empty; it is the machine's name");
    }
    return Ids.objection(register.getAgent().getId().getValue())
        .or(() -> othersId(tables, register.getAgent()))
        .or(() -> ResourceCheck.objection(register.getAgent().getResourcesList()))
        .map(
            objection ->
                "AgentRegister.agent of %s: %s"
                    .formatted(register.getAgent().getHostname(), objection));
  }

  /**
   * Another machine's tasks and volumes must not be lost by a disk that was copied: nor of one that
   * is written down, and unreachable or not back yet.
   */
  private static Optional<String> othersId(Tables tables, AgentInfo agent) {
    String id = agent.getId().getValue();
    @Nullable Agent known = tables.agents.get(id);
    @Nullable AgentRecord written = tables.records.get(id);
    String kept = written == null ? agent.getHostname() : written.machine;
    String machine = known == null ? kept : known.machine;
    return Objections.when(
        !machine.equals(agent.getHostname()),
        () ->
            "'%s' is the agent of %s; if the disk was copied, remove the agent's directory of tasks"
                .formatted(id, machine));
  }
}
