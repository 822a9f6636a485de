package io.pilothouse.scheduler.wire;

import io.pilothouse.mesos.v1.AgentInfo;
import io.pilothouse.mesos.v1.Attribute;
import io.pilothouse.scheduler.allocator.Agent;
import io.pilothouse.scheduler.allocator.resources.Resources;
import java.util.List;
import java.util.Optional;

/** An agent as the allocator sees it. */
public final class AgentForm {
  private AgentForm() {}

  public static Agent of(AgentInfo info, Resources total, List<Attribute> attributes) {
    return new Agent(
        info.getId().getValue(),
        info.getHostname(),
        total,
        attributes.stream()
            .map(
                each ->
                    new Agent.Attribute(
                        each.getName(),
                        each.hasText() ? Optional.of(each.getText().getValue()) : Optional.empty()))
            .toList(),
        Optional.empty());
  }
}
