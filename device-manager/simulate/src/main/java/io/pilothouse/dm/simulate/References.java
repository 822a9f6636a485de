package io.pilothouse.dm.simulate;

import io.pilothouse.api.log.v1.Event;
import io.pilothouse.api.v1.Incident;
import io.pilothouse.api.v1.Machine;
import io.pilothouse.api.v1.Rollout;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/** Which machines name an incident or a rollout: those that a change of it concerns. */
final class References {

  /** What of a rollout an invariant about its machines goes by. */
  private record Stage(Rollout.State state, String to) {}

  private final Map<String, String> incidents = new HashMap<>();
  private final Map<String, String> rollouts = new HashMap<>();
  private final Map<String, Set<String>> machines = new HashMap<>();
  private final Map<String, Stage> stages = new HashMap<>();

  void saw(Machine machine) {
    move(machine.getName(), incidents, machine.getIncidentId());
    move(machine.getName(), rollouts, machine.getRolloutId());
  }

  private void move(String machine, Map<String, String> named, String now) {
    String before = named.put(machine, now);
    if (!now.equals(before)) {
      machines.getOrDefault(before, new HashSet<>()).remove(machine);
      machines.computeIfAbsent(now, key -> new HashSet<>()).add(machine);
    }
  }

  /** These machines, and those that name an incident or rollout that the events change. */
  Set<String> concerned(Set<String> changed, List<Event> events) {
    Set<String> concerned = new TreeSet<>(changed);
    for (Event event : events) {
      if (event.hasIncident()) {
        Incident incident = event.getIncident();
        concerned.addAll(machines.getOrDefault(incident.getId(), Set.of()));
      } else if (event.hasRollout()) {
        Rollout rollout = event.getRollout();
        // its lists grow with every machine that is switched, and concern nobody else
        Stage now = new Stage(rollout.getState(), rollout.getTo().toString());
        if (!now.equals(stages.put(rollout.getId(), now))) {
          concerned.addAll(machines.getOrDefault(rollout.getId(), Set.of()));
        }
      }
    }
    return concerned;
  }
}
