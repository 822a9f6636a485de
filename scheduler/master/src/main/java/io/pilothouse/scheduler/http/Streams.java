package io.pilothouse.scheduler.http;

import com.google.protobuf.Message;
import io.pilothouse.mesos.MediaType;
import io.pilothouse.mesos.http.EventStream;
import io.pilothouse.mesos.http.Exchange;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** The open streams of frameworks, by their ids. */
public final class Streams {
  private static final long MEMORY = Runtime.getRuntime().maxMemory();

  private final EventStream.Room room;
  private final ConcurrentMap<String, EventStream> open = new ConcurrentHashMap<>();
  private volatile Consumer<String> ended = id -> {};

  /** For frameworks that read slowly there is a part of the memory: for one, and for all. */
  public Streams() {
    this(EventStream.Room.shared(MEMORY / 8, MEMORY / 4));
  }

  /** With so much room for what waits. */
  public Streams(EventStream.Room room) {
    this.room = room;
  }

  /** Who is told of streams that are gone. */
  public void whenEnded(Consumer<String> what) {
    ended = what;
  }

  void open(Exchange exchange, String id, MediaType type, Map<String, String> headers) {
    EventStream stream = exchange.stream(type, headers, room);
    open.put(id, stream);
    stream.whenClosed(
        () -> {
          open.remove(id, stream);
          ended.accept(id);
        });
  }

  boolean isOpen(String id) {
    return open.containsKey(id);
  }

  public void send(String id, Message event) {
    @Nullable EventStream stream = open.get(id);
    if (stream != null) {
      stream.send(event);
    }
  }

  public void end(String id) {
    @Nullable EventStream stream = open.remove(id);
    if (stream != null) {
      stream.end();
    }
  }

  public void endAll() {
    open.keySet().forEach(this::end);
  }
}
