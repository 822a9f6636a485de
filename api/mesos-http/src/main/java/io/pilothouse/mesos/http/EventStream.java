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
    long size = event.getSerializedSize();
    if (cut.get()) {
      return;
    }
    boolean tooMuch = waiting.addAndGet(size) > room.one();
    if (room.waiting().addAndGet(size) > room.all() || tooMuch) {
      room.waiting().addAndGet(-size);
      if (cut.compareAndSet(false, true)) {
        log.warn(
            "{} does not read: {} bytes wait for it; its stream ends",
            channel.remoteAddress(),
            waiting.get());
        var unused = channel.close();
      }
      return;
    }
    channel
        .eventLoop()
        .execute(
            () -> {
              byte[] record = RecordIo.frame(type.write(event));
              var unused =
                  channel
                      .writeAndFlush(new DefaultHttpContent(Unpooled.wrappedBuffer(record)))
                      .addListener(sent -> isSent(size));
            });
  }

  private void isSent(long size) {
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
                  channel.eventLoop().schedule(this::close, LAST_WORDS_SECONDS, TimeUnit.SECONDS);
            });
  }

  private void close() {
    var unused = channel.close();
  }

  public void whenClosed(Runnable what) {
    var unused = channel.closeFuture().addListener(closed -> what.run());
  }
}
