package io.pilothouse.mesos.http;

import com.google.protobuf.Message;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.handler.codec.http.DefaultHttpContent;
import io.netty.handler.codec.http.LastHttpContent;
import io.pilothouse.mesos.MediaType;
import io.pilothouse.mesos.RecordIo;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Records to one reader. What waits for a reader that is slow is bounded: then its stream ends. */
public final class EventStream {

  /**
   * How many bytes may wait: for one reader, and for all that share this.
   *
   * @param waiting for all of them, now
   */
  public record Room(long one, long all, AtomicLong waiting) {
    /** For each as much as that, whatever others have. */
    public static Room forEach(long one) {
      return new Room(one, Long.MAX_VALUE, new AtomicLong());
    }

    /** In all as much as that, too. */
    public static Room shared(long one, long all) {
      return new Room(one, all, new AtomicLong());
    }
  }

  private static final Logger log = LoggerFactory.getLogger(EventStream.class);

  /** For a reader that does not read to its end. */
  private static final int LAST_WORDS_SECONDS = 5;

  private final Channel channel;
  private final MediaType type;
  private final Room room;
  private final AtomicLong waiting = new AtomicLong();
  private final AtomicBoolean cut = new AtomicBoolean();

  EventStream(Channel channel, MediaType type, Room room) {
    this.channel = channel;
    this.type = type;
    this.room = room;
  }

  public void send(Message event) {
    int size = event.getSerializedSize();
    if (takes(size, 0)) {
      channel.eventLoop().execute(() -> write(RecordIo.frame(type.write(event)), size, () -> {}));
    }
  }

  /**
   * The same of one that is large: the caller's thread writes it, not that of its connections.
   *
   * @param left run once when it has left this process, or its reader is gone
   */
  public void sendLarge(Message event, Runnable left) {
    byte[] record = RecordIo.frame(type.write(event));
    if (takes(record.length, 0)) {
      channel.eventLoop().execute(() -> write(record, record.length, left));
    } else {
      left.run();
    }
  }

  /**
   * Writes it.
   *
   * @param counted so many bytes of it wait already; as JSON it can be several times as long
   */
  private void write(byte[] record, int counted, Runnable left) {
    if (!takes(record.length - counted, counted)) {
      release(counted);
      left.run();
      return;
    }
    var unused =
        channel
            .writeAndFlush(new DefaultHttpContent(Unpooled.wrappedBuffer(record)))
            .addListener(
                sent -> {
                  release(record.length);
                  if (!sent.isSuccess()) {
                    cut(); // without it, what comes after it must not be read, either
                  }
                  left.run();
                });
  }

  /**
   * Whether so many bytes more may wait; if not, the stream ends. When nothing else waits for this
   * reader a record may be as large as it is, and whatever others have not read: he reads.
   *
   * @param own of the same record, that wait already
   */
  private boolean takes(long more, long own) {
    if (cut.get()) {
      return false;
    }
    long before = waiting.getAndAdd(more);
    long all = room.waiting().getAndAdd(more);
    if (before <= own || (before + more <= room.one() && all + more <= room.all())) {
      return true;
    }
    release(more);
    if (cut.compareAndSet(false, true)) {
      log.warn(
          "{} does not read: {} bytes wait for it, {} for all; its stream ends",
          channel.remoteAddress(),
          before,
          all);
      cut();
    }
    return false;
  }

  private void release(long size) {
    waiting.addAndGet(-size);
    room.waiting().addAndGet(-size);
  }

  /** After what was sent before. */
  public void end() {
    channel
        .eventLoop()
        .execute(
            () -> {
              var unused =
                  channel
                      .writeAndFlush(LastHttpContent.EMPTY_LAST_CONTENT)
                      .addListener(ChannelFutureListener.CLOSE);
              var unusedToo =
                  channel.eventLoop().schedule(this::cut, LAST_WORDS_SECONDS, TimeUnit.SECONDS);
            });
  }

  /** At once, whatever waits. */
  public void cut() {
    var unused = channel.close();
  }

  public void whenClosed(Runnable what) {
    var unused = channel.closeFuture().addListener(closed -> what.run());
  }
}
