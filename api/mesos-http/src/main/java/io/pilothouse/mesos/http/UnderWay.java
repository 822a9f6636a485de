package io.pilothouse.mesos.http;

import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.concurrent.ScheduledFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Counts the bytes of one connection's bodies, from their arrival to their answer, into the sum of
 * all. The connection whose bytes would be too many is closed: what callers send at the same time
 * must not fill the memory, however small each of them is.
 */
final class UnderWay extends ChannelInboundHandlerAdapter {
  private static final Logger log = LoggerFactory.getLogger(UnderWay.class);

  /** For a body to come in whole: one that trickles keeps others from what all may have. */
  private static final int BODY_SECONDS = 60;

  private final AtomicLong all;
  private final long most;
  private final AtomicLong own = new AtomicLong();
  private @Nullable ScheduledFuture<?> late;

  /**
   * @param all bytes of all connections of a port
   */
  UnderWay(AtomicLong all, long most) {
    this.all = all;
    this.most = most;
  }

  @Override
  public void channelRead(ChannelHandlerContext context, Object message) {
    if (message instanceof HttpContent content) {
      int size = content.content().readableBytes();
      own.addAndGet(size);
      if (all.addAndGet(size) > most) {
        log.warn(
            "{}: bodies of over {} bytes are under way; its connection is closed",
            context.channel().remoteAddress(),
            most);
        content.release();
        var unused = context.close();
        return;
      }
    }
    if (message instanceof HttpRequest) {
      late = context.executor().schedule(() -> tooLate(context), BODY_SECONDS, TimeUnit.SECONDS);
    }
    if (message instanceof LastHttpContent) {
      cancel();
    }
    context.fireChannelRead(message);
  }

  private static void tooLate(ChannelHandlerContext context) {
    log.warn(
        "{}: a request is not here after {} s; its connection is closed",
        context.channel().remoteAddress(),
        BODY_SECONDS);
    var unused = context.close();
  }

  private void cancel() {
    @Nullable ScheduledFuture<?> waiting = late;
    if (waiting != null) {
      waiting.cancel(false);
      late = null;
    }
  }

  /** So many bytes of it have been answered; from any thread. */
  void release(long size) {
    // what was given back when the connection closed is not given back again
    long had = own.getAndUpdate(has -> Math.max(0, has - size));
    all.addAndGet(-Math.min(had, size));
  }

  @Override
  public void channelInactive(ChannelHandlerContext context) throws Exception {
    cancel();
    release(own.get());
    super.channelInactive(context);
  }
}
