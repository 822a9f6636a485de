package io.pilothouse.scheduler.core;

import io.pilothouse.api.v1.SchedulerMessage;
import io.pilothouse.mesos.v1.scheduler.Event;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** An outbox that keeps what was said. */
final class Said implements Outbox {
  final Map<String, List<Event>> events = new HashMap<>();
  final Set<String> ended = new HashSet<>();
  final Map<AgentLink, List<SchedulerMessage>> agents = new HashMap<>();
  final Map<AgentLink, String> endedAgents = new HashMap<>();
  final List<io.pilothouse.mesos.v1.master.Event> operators = new ArrayList<>();
  final List<Write> writes = new ArrayList<>();

  /** Of the newest write. */
  long number;

  @Override
  public void event(String stream, Event event) {
    if (ended.contains(stream)) {
      throw new IllegalStateException(event + " on stream " + stream + ", which has ended");
    }
    events.computeIfAbsent(stream, s -> new ArrayList<>()).add(event);
  }

  @Override
  public void endStream(String stream) {
    ended.add(stream);
  }

  @Override
  public void toAgent(AgentLink link, SchedulerMessage message) {
    if (endedAgents.containsKey(link)) {
      throw new IllegalStateException(message + " on a link that was ended: " + link);
    }
    agents.computeIfAbsent(link, l -> new ArrayList<>()).add(message);
  }

  @Override
  public void endAgent(AgentLink link, String why) {
    endedAgents.put(link, why);
  }

  @Override
  public void write(long newest, Write what) {
    if (newest != number + 1) {
      throw new IllegalStateException(what + " has number " + newest + " after " + number);
    }
    number = newest;
    writes.add(what);
  }

  @Override
  public boolean operatorsListen() {
    return true;
  }

  @Override
  public void toOperators(io.pilothouse.mesos.v1.master.Event event) {
    operators.add(event);
  }
}
