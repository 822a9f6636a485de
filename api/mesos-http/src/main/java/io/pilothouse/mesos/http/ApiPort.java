package io.pilothouse.mesos.http;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.channel.local.LocalAddress;
import io.netty.channel.local.LocalServerChannel;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.handler.codec.http.HttpObjectAggregator;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.codec.http.HttpServerKeepAliveHandler;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.timeout.ReadTimeoutHandler;
import io.netty.util.concurrent.DefaultThreadFactory;
import io.netty.util.concurrent.GlobalEventExecutor;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;

/**
 * A port with Mesos' HTTP API. Netty, since the JDK's server does not tell when the reader of a
 * stream is gone: docs/decisions/0036-scheduler.md.
 */
public final class ApiPort implements AutoCloseable {
  /** Without a byte from it, on a connection that is no stream. */
  private static final int IDLE_SECONDS = 120;

  static final String IDLE = "idle";

  /**
   * What a port takes on at most.
   *
   * @param threads that serve all of it
   * @param body bytes of one; a larger one is 413
   * @param bodies bytes of all that are under way at a time; then connections are closed
   * @param onHeap keeps buffers where other objects are: slower, and nothing is set aside for them
   */
  public record Bounds(int threads, int connections, int body, long bodies, boolean onHeap) {
    ByteBufAllocator allocator() {
      return onHeap ? new UnpooledByteBufAllocator(false) : ByteBufAllocator.DEFAULT;
    }
  }

  private final EventLoopGroup loops;
  private final ChannelGroup open = new DefaultChannelGroup(GlobalEventExecutor.INSTANCE);
  private final Channel channel;

  /**
   * Serves from now on.
   *
   * @param name of its threads
   * @param tls speaks TLS with this; callers need no certificate
   * @throws IOException when it cannot listen there
   */
  public ApiPort(
      String name,
      InetSocketAddress address,
      Optional<SSLContext> tls,
      Bounds bounds,
      Consumer<Exchange> routes)
      throws IOException {
    this(
        new MultiThreadIoEventLoopGroup(
            bounds.threads(), new DefaultThreadFactory(name, true), NioIoHandler.newFactory()),
        new ServerBootstrap()
            .channel(NioServerSocketChannel.class)
            .option(ChannelOption.SO_BACKLOG, 1024)
            .childOption(ChannelOption.TCP_NODELAY, true),
        address,
        tls,
        bounds,
        routes);
  }

  /**
   * One that is reached from within this process alone.
   *
   * @param threads for connections of the same process; they end with it
   * @throws IOException when another one serves there
   */
  public ApiPort(
      EventLoopGroup threads, LocalAddress address, Bounds bounds, Consumer<Exchange> routes)
      throws IOException {
    this(
        threads,
        new ServerBootstrap().channel(LocalServerChannel.class),
        address,
        Optional.empty(),
        bounds,
        routes);
  }

  private ApiPort(
      EventLoopGroup threads,
      ServerBootstrap server,
      SocketAddress address,
      Optional<SSLContext> tls,
      Bounds bounds,
      Consumer<Exchange> routes)
      throws IOException {
    loops = threads;
    AtomicInteger connections = new AtomicInteger();
    AtomicLong bodies = new AtomicLong();
    ChannelFuture bound =
        server
            .group(loops)
            .childOption(ChannelOption.ALLOCATOR, bounds.allocator())
            .childHandler(
                new ChannelInitializer<Channel>() {
                  @Override
                  protected void initChannel(Channel child) {
                    var unused =
                        child.closeFuture().addListener(f -> connections.decrementAndGet());
                    if (connections.incrementAndGet() > bounds.connections()) {
                      var unusedToo = child.close();
                    }
                    open.add(child);
                    UnderWay held = new UnderWay(bodies, bounds.bodies());
                    fill(child.pipeline(), tls, bounds.body(), held, new Requests(routes, held));
                  }
                })
            .bind(address)
            .awaitUninterruptibly();
    if (!bound.isSuccess()) {
      var unused = loops.shutdownGracefully(0, 1, TimeUnit.SECONDS);
      throw new IOException(bound.cause().getMessage(), bound.cause());
    }
    channel = bound.channel();
  }

  private static void fill(
      ChannelPipeline pipeline,
      Optional<SSLContext> tls,
      int body,
      UnderWay held,
      Requests requests) {
    tls.ifPresent(
        context -> {
          SSLEngine engine = context.createSSLEngine();
          engine.setUseClientMode(false);
          pipeline.addLast(new SslHandler(engine));
        });
    pipeline.addLast(IDLE, new ReadTimeoutHandler(IDLE_SECONDS, TimeUnit.SECONDS));
    pipeline.addLast(new HttpServerCodec());
    pipeline.addLast(new HttpServerKeepAliveHandler());
    pipeline.addLast(held);
    pipeline.addLast(new HttpObjectAggregator(body));
    pipeline.addLast(requests);
  }

  public int port() {
    return ((InetSocketAddress) channel.localAddress()).getPort();
  }

  /** The port is free, and all connections are closed, when this returns. */
  @Override
  public void close() {
    channel.close().awaitUninterruptibly();
    open.close().awaitUninterruptibly();
    var unused = loops.shutdownGracefully(0, 1, TimeUnit.SECONDS);
  }
}
