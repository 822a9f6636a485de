package io.pilothouse.mesos.http;

import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.handler.codec.DecoderException;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.timeout.ReadTimeoutException;
import io.pilothouse.mesos.Printable;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The requests of one connection, one after the other: answers come in the order of questions. */
final class Requests extends SimpleChannelInboundHandler<FullHttpRequest> {
  private static final Logger log = LoggerFactory.getLogger(Requests.class);
  private static final int PIPELINED = 16;

  private final Consumer<Exchange> routes;
  private final UnderWay held;
  private final Deque<FullHttpRequest> waiting = new ArrayDeque<>();
  private boolean busy;

  Requests(Consumer<Exchange> routes, UnderWay held) {
    this.routes = routes;
    this.held = held;
  }

  @Override
  protected void channelRead0(ChannelHandlerContext context, FullHttpRequest request) {
    if (!request.decoderResult().isSuccess() || waiting.size() >= PIPELINED) {
      var unused = context.close();
      return;
    }
    waiting.add(request.retain());
    next(context);
  }

  private void next(ChannelHandlerContext context) {
    while (!busy && !waiting.isEmpty()) {
      FullHttpRequest request = waiting.remove();
      try {
        busy = true;
        int size = request.content().readableBytes();
        Exchange exchange =
            new Exchange(
                context,
                request,
                () -> {
                  held.release(size);
                  busy = false;
                  next(context);
                },
                () -> held.release(size));
        try {
          routes.accept(exchange);
        } catch (RuntimeException e) {
          log.error("{} {} failed", exchange.method(), exchange.uri(), e);
          exchange.text(500, "failed: " + e);
        }
      } finally {
        request.release();
      }
    }
  }

  @Override
  public void channelInactive(ChannelHandlerContext context) throws Exception {
    waiting.forEach(FullHttpRequest::release);
    waiting.clear();
    super.channelInactive(context);
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
    if (cause instanceof IOException || cause instanceof ReadTimeoutException) {
      log.debug("{} is gone", context.channel().remoteAddress(), cause);
    } else if (cause instanceof DecoderException) {
      // anybody who can connect can send it: a line, and no more
      log.info(
          "{}: what it sends cannot be read, its connection is closed: {}",
          context.channel().remoteAddress(),
          Printable.of(String.valueOf(cause.getMessage())));
    } else {
      log.warn("{}: {}; its connection is closed", context.channel().remoteAddress(), cause, cause);
    }
    var unused = context.close();
  }
}
