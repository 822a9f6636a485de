package io.pilothouse.mesos.stream;

import io.pilothouse.mesos.RecordException;
import io.pilothouse.mesos.RecordReader;
import java.io.IOException;
import java.net.URI;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** A stream that a scheduler has opened; SUBSCRIBED is its first event. */
public final class Subscription {

  /** Offers of thousands of machines in one event. */
  private static final int LONGEST_EVENT = 64 << 20;

  private final URI at;
  private final String id;
  private final EventPieces pieces;
  private final RecordReader reader = new RecordReader(LONGEST_EVENT);

  Subscription(URI at, String id, EventPieces pieces) {
    this.at = at;
    this.id = id;
    this.pieces = pieces;
  }

  /** Who opened it: calls go there. */
  public URI at() {
    return at;
  }

  /** Goes with every call. */
  public String id() {
    return id;
  }

  /**
   * Waits for what comes next, and returns the events that it completes: none, one or several. What
   * comes behind it is not read meanwhile, so a caller that is slow slows the sender.
   *
   * @param patience how long nothing at all may come
   * @throws IOException the stream is over, was silent for so long, or makes no sense
   */
  public List<byte[]> take(Duration patience) throws IOException, InterruptedException {
    List<byte[]> events = new ArrayList<>();
    try {
      for (ByteBuffer each : pieces.take(patience)) {
        reader.feed(each, events::add);
      }
    } catch (RecordException e) {
      throw new IOException(e.getMessage(), e);
    }
    return events;
  }

  /** Closes the connection. */
  public void cancel() {
    pieces.cancel();
  }
}
