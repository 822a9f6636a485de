package io.pilothouse.scheduler;

import io.pilothouse.api.v1.SchedulerMessage;
import io.pilothouse.mesos.v1.scheduler.Event;
import io.pilothouse.scheduler.agents.AgentStreams;
import io.pilothouse.scheduler.core.AgentLink;
import io.pilothouse.scheduler.core.Outbox;
import io.pilothouse.scheduler.core.Write;
import io.pilothouse.scheduler.http.Operators;
import io.pilothouse.scheduler.http.Streams;

/** Carries out what the core says. */
record Edges(Streams streams, AgentStreams agents, Operators operators, OffersWriter writer)
    implements Outbox {
  @Override
  public void event(String stream, Event event) {
    streams.send(stream, event);
  }

  @Override
  public void endStream(String stream) {
    streams.end(stream);
  }

  @Override
  public void toAgent(AgentLink link, SchedulerMessage message) {
    agents.send(link, message);
  }

  @Override
  public void endAgent(AgentLink link, String why) {
    agents.end(link, why);
  }

  @Override
  public void write(long number, Write what) {
    writer.add(number, what);
  }

  @Override
  public boolean operatorsListen() {
    return operators.listen();
  }

  @Override
  public void toOperators(io.pilothouse.mesos.v1.master.Event event) {
    operators.send(event);
  }
}
