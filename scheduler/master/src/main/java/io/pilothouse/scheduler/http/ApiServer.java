package io.pilothouse.scheduler.http;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.handler.codec.http.HttpObjectAggregator;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.codec.http.HttpServerKeepAliveHandler;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.timeout.ReadTimeoutHandler;
import io.netty.util.concurrent.DefaultThreadFactory;
import io.pilothouse.kit.ProgramException;
import java.net.InetSocketAddress;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;

/**
 * The port that frameworks and operators' tools connect to. Netty, since the JDK's server does not
 * tell when the reader of a stream is gone: docs/decisions/0036-scheduler.md.
 */
public final class ApiServer implements AutoCloseable {
  /** A task list of thousands. */
  private static final int LARGEST_BODY = 16 << 20;

  private static final int MOST_CONNECTIONS = 20_000;

  /** Without a byte from it, on a connection that is no stream. */
  static final int IDLE_SECONDS = 120;

  static final String IDLE = "idle";

  private final EventLoopGroup loops =
      new MultiThreadIoEventLoopGroup(
          2, new DefaultThreadFactory("scheduler-http", true), NioIoHandler.newFactory());
  private final Channel channel;

  /**
   * @param tls speaks TLS with this; clients need no certificate, since frameworks have none
   */
  public ApiServer(InetSocketAddress address, Optional<SSLContext> tls, Consumer<Exchange> routes) {
    AtomicInteger connections = new AtomicInteger();
    ChannelFuture bound =
        new ServerBootstrap()
            .group(loops)
            .channel(NioServerSocketChannel.class)
            .option(ChannelOption.SO_BACKLOG, 1024)
            .childOption(ChannelOption.TCP_NODELAY, true)
            .childHandler(
                new ChannelInitializer<SocketChannel>() {
                  @Override
                  protected void initChannel(SocketChannel child) {
                    var unused =
                        child.closeFuture().addListener(f -> connections.decrementAndGet());
                    if (connections.incrementAndGet() > MOST_CONNECTIONS) {
                      var unusedToo = child.close();
                    }
                    fill(child.pipeline(), tls, routes);
                  }
                })
            .bind(address)
            .awaitUninterruptibly();
    if (!bound.isSuccess()) {
      close();
      throw new ProgramException(
          "cannot serve the Mesos API on %s: %s: stop the program that has the port, `ss -ltnp`"
                  .formatted(address, bound.cause().getMessage())
              + " names it, or give another --api",
          bound.cause());
    }
    channel = bound.channel();
  }

  private static void fill(
      ChannelPipeline pipeline, Optional<SSLContext> tls, Consumer<Exchange> routes) {
    tls.ifPresent(
        context -> {
          SSLEngine engine = context.createSSLEngine();
          engine.setUseClientMode(false);
          pipeline.addLast(new SslHandler(engine));
        });
    pipeline.addLast(IDLE, new ReadTimeoutHandler(IDLE_SECONDS, TimeUnit.SECONDS));
    pipeline.addLast(new HttpServerCodec());
    pipeline.addLast(new HttpServerKeepAliveHandler());
    pipeline.addLast(new HttpObjectAggregator(LARGEST_BODY));
    pipeline.addLast(new Requests(routes));
  }

  public int port() {
    return ((InetSocketAddress) channel.localAddress()).getPort();
  }

  @Override
  public void close() {
    var unused = loops.shutdownGracefully(0, 1, TimeUnit.SECONDS);
  }
}
