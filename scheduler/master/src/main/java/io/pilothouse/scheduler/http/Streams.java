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
  /** Bytes that may wait for a framework that reads slowly. */
  private static final long MOST_WAITING = 64L << 20;

  private final long mostWaiting;
  private final ConcurrentMap<String, EventStream> open = new ConcurrentHashMap<>();
  private volatile Consumer<String> ended = id -> {};

  public Streams() {
    this(MOST_WAITING);
  }

  public Streams(long mostWaiting) {
    this.mostWaiting = mostWaiting;
  }

  /** Who is told of streams that are gone. */
  public void whenEnded(Consumer<String> what) {
    ended = what;
  }

  void open(Exchange exchange, String id, MediaType type, Map<String, String> headers) {
    EventStream stream = exchange.stream(type, headers, EventStream.Room.forEach(mostWaiting));
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
