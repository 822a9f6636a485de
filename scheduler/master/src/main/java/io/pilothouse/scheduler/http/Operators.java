package io.pilothouse.scheduler.http;

import io.pilothouse.mesos.MediaType;
import io.pilothouse.mesos.http.EventStream;
import io.pilothouse.mesos.http.Exchange;
import io.pilothouse.mesos.v1.master.Event;
import io.pilothouse.scheduler.loop.Loop;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;

/** Who listens to what happens, through the operator API. */
public final class Operators {
  /** The oldest goes when there are more, as in Mesos. */
  private static final int MOST = 1_000;

  private static final long MOST_WAITING = 64L << 20;

  private final Loop loop;
  private final double heartbeat;
  private final Set<EventStream> listening = new LinkedHashSet<>();

  /**
   * @param heartbeat seconds between two signs of life
   */
  public Operators(Loop loop, double heartbeat) {
    this.loop = loop;
    this.heartbeat = heartbeat;
  }

  /** What there is, and from then on all that changes. */
  void subscribe(Exchange exchange, MediaType type) {
    EventStream stream = exchange.stream(type, Map.of(), EventStream.Room.forEach(MOST_WAITING));
    stream.whenClosed(() -> remove(stream));
    loop.submit(
        (core, now) -> {
          stream.send(
              Event.newBuilder()
                  .setType(Event.Type.SUBSCRIBED)
                  .setSubscribed(
                      Event.Subscribed.newBuilder()
                          .setGetState(core.picture().state())
                          .setHeartbeatIntervalSeconds(heartbeat))
                  .build());
          stream.send(Event.newBuilder().setType(Event.Type.HEARTBEAT).build());
          add(stream);
        },
        stream::end);
  }

  private synchronized void add(EventStream stream) {
    listening.add(stream);
    if (listening.size() > MOST) {
      Iterator<EventStream> all = listening.iterator();
      EventStream oldest = all.next();
      all.remove();
      oldest.end();
    }
  }

  private synchronized void remove(EventStream stream) {
    listening.remove(stream);
  }

  public synchronized boolean listen() {
    return !listening.isEmpty();
  }

  public synchronized void send(Event event) {
    listening.forEach(each -> each.send(event));
  }

  /** To be called at the heartbeat's interval. */
  public void beat() {
    send(Event.newBuilder().setType(Event.Type.HEARTBEAT).build());
  }

  public synchronized void endAll() {
    listening.forEach(EventStream::end);
    listening.clear();
  }
}
