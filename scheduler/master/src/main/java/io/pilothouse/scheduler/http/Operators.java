package io.pilothouse.scheduler.http;

import io.pilothouse.mesos.MediaType;
import io.pilothouse.mesos.http.EventStream;
import io.pilothouse.mesos.http.Exchange;
import io.pilothouse.mesos.v1.master.Event;
import io.pilothouse.mesos.v1.master.Response.GetState;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Who listens to what happens, through the operator API. */
public final class Operators {
  private static final Logger log = LoggerFactory.getLogger(Operators.class);

  /** The oldest goes when there are more, as in Mesos. */
  private static final int MOST = 1_000;

  private static final long MEMORY = Runtime.getRuntime().maxMemory();

  /** Bytes of what happens while somebody's picture is made. */
  private static final long MOST_HELD = MEMORY / 32;

  private static final Event HEARTBEAT = Event.newBuilder().setType(Event.Type.HEARTBEAT).build();

  private final double heartbeat;
  private final EventStream.Room room = EventStream.Room.shared(MEMORY / 8, MEMORY / 4);
  private final Set<Listener> listening = new LinkedHashSet<>();

  /** One of them. Guarded by all. */
  private static final class Listener {
    final EventStream stream;
    private final List<Event> held = new ArrayList<>();
    private long bytes;
    private boolean begun;

    Listener(EventStream stream) {
      this.stream = stream;
    }

    /** False: more happens than can be kept until it has its picture. */
    boolean tell(Event event) {
      if (begun) {
        stream.send(event);
        return true;
      }
      held.add(event);
      bytes += event.getSerializedSize();
      return bytes <= MOST_HELD;
    }

    /** It has its picture. */
    void begin() {
      begun = true;
      stream.send(HEARTBEAT);
      held.forEach(stream::send);
      held.clear();
    }
  }

  /** Its picture comes on a stream, which is open already: what cannot come is the stream's end. */
  private record First(String asked, EventStream stream, CompletableFuture<Void> written)
      implements Documents.Reader {
    @Override
    public void refuse(int status, String why) {
      stream.end();
      written.complete(null);
    }

    @Override
    public void cut() {
      stream.cut();
    }
  }

  /**
   * @param heartbeat seconds between two signs of life
   */
  public Operators(double heartbeat) {
    this.heartbeat = heartbeat;
  }

  /** What there is, when its turn has come, and from then on all that changes. */
  void subscribe(Documents documents, Exchange exchange, MediaType type) {
    EventStream stream = exchange.stream(type, Map.of(), room);
    First first = new First(exchange.path(), stream, new CompletableFuture<>());
    documents.answer(
        first,
        (core, now) -> {
          Supplier<GetState> picture = core.picture().stateLater();
          Listener listener = new Listener(stream);
          add(listener);
          stream.whenClosed(() -> remove(listener));
          return () -> show(listener, picture, first.written());
        });
  }

  private void show(
      Listener listener, Supplier<GetState> picture, CompletableFuture<Void> written) {
    if (!listens(listener)) {
      written.complete(null);
      return;
    }
    Event first =
        Event.newBuilder()
            .setType(Event.Type.SUBSCRIBED)
            .setSubscribed(
                Event.Subscribed.newBuilder()
                    .setGetState(picture.get())
                    .setHeartbeatIntervalSeconds(heartbeat))
            .build();
    // what happens until it has left is held: behind it, it would count as what is not read
    listener.stream.sendLarge(
        first,
        () -> {
          begin(listener);
          written.complete(null);
        });
  }

  private synchronized void begin(Listener listener) {
    listener.begin();
  }

  private synchronized boolean listens(Listener listener) {
    return listening.contains(listener);
  }

  private synchronized void add(Listener listener) {
    listening.add(listener);
    if (listening.size() > MOST) {
      Iterator<Listener> all = listening.iterator();
      Listener oldest = all.next();
      all.remove();
      oldest.stream.end();
    }
  }

  private synchronized void remove(Listener listener) {
    listening.remove(listener);
  }

  public synchronized boolean listen() {
    return !listening.isEmpty();
  }

  public synchronized void send(Event event) {
    Iterator<Listener> all = listening.iterator();
    while (all.hasNext()) {
      Listener each = all.next();
      if (!each.tell(event)) {
        log.warn("Too much happens while the picture for somebody is made; its stream ends");
        all.remove();
        each.stream.end();
      }
    }
  }

  /** To be called at the heartbeat's interval. */
  public void beat() {
    send(HEARTBEAT);
  }

  public synchronized void endAll() {
    listening.forEach(each -> each.stream.end());
    listening.clear();
  }
}
