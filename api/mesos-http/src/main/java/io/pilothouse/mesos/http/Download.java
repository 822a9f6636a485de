package io.pilothouse.mesos.http;

import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http.DefaultHttpContent;
import io.netty.handler.codec.http.LastHttpContent;
import java.time.Duration;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

/**
 * A body that is sent in pieces, of a length that was said before. The next piece is made when the
 * one before it is on its way, so that no more than one waits for a reader that is slow.
 */
public final class Download {
  /** For one piece; then its reader is gone. */
  private static final int LONGEST_SECONDS = 120;

  private final ChannelHandlerContext context;
  private final Runnable answered;
  private long left;

  Download(ChannelHandlerContext context, long size, Runnable answered) {
    this.context = context;
    this.answered = answered;
    this.left = size;
  }

  /** Bytes that are still to come. */
  public long left() {
    return left;
  }

  /**
   * Sends a piece; what is beyond the length that was said is left out.
   *
   * @param sent run on the connection's thread when it is on its way and more is to come
   */
  public void send(byte[] piece, Runnable sent) {
    int length = (int) Math.min(piece.length, left);
    left -= length;
    context.executor().execute(() -> write(piece, length, sent));
  }

  private void write(byte[] piece, int length, Runnable sent) {
    Future<?> late = context.executor().schedule(this::cut, LONGEST_SECONDS, TimeUnit.SECONDS);
    var unused =
        context
            .writeAndFlush(new DefaultHttpContent(Unpooled.wrappedBuffer(piece, 0, length)))
            .addListener(
                written -> {
                  late.cancel(false);
                  if (!written.isSuccess()) {
                    cut();
                  } else if (left > 0) {
                    sent.run();
                  } else {
                    var unusedToo = context.writeAndFlush(LastHttpContent.EMPTY_LAST_CONTENT);
                    answered.run();
                  }
                });
  }

  /** Runs something in a while, on the connection's thread. */
  public void later(Duration after, Runnable what) {
    var unused = context.executor().schedule(what, after.toMillis(), TimeUnit.MILLISECONDS);
  }

  /** Nothing more will come: the connection ends, by which its reader knows. */
  public void cut() {
    var unused = context.close();
  }
}
