package io.pilothouse.dm.server;

import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import io.grpc.netty.shaded.io.netty.channel.Channel;
import io.grpc.netty.shaded.io.netty.channel.ChannelHandler.Sharable;
import io.grpc.netty.shaded.io.netty.channel.ChannelHandlerContext;
import io.grpc.netty.shaded.io.netty.channel.ChannelInboundHandlerAdapter;
import io.grpc.netty.shaded.io.netty.channel.EventLoopGroup;
import io.grpc.netty.shaded.io.netty.channel.IoHandlerFactory;
import io.grpc.netty.shaded.io.netty.channel.MultiThreadIoEventLoopGroup;
import io.grpc.netty.shaded.io.netty.channel.ServerChannel;
import io.grpc.netty.shaded.io.netty.channel.epoll.Epoll;
import io.grpc.netty.shaded.io.netty.channel.epoll.EpollIoHandler;
import io.grpc.netty.shaded.io.netty.channel.epoll.EpollServerSocketChannel;
import io.grpc.netty.shaded.io.netty.channel.nio.NioIoHandler;
import io.grpc.netty.shaded.io.netty.channel.socket.nio.NioServerSocketChannel;
import io.grpc.netty.shaded.io.netty.handler.ssl.SslHandler;
import io.grpc.netty.shaded.io.netty.util.concurrent.DefaultThreadFactory;
import io.pilothouse.tls.PeerName;
import io.pilothouse.tls.TlsException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLSession;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The connections of the port: so many in all, at most half of them from one address once three
 * quarters are taken, few by one certificate, and none whose other end does not read what it is
 * sent. gRPC sees only those that are let in.
 */
@Sharable
final class Connections extends ChannelInboundHandlerAdapter implements AutoCloseable {

  private static final Logger log = LoggerFactory.getLogger(Connections.class);
  private static final Duration BETWEEN_LINES = Duration.ofMinutes(1);

  private final int most;
  private final Duration stall;
  private final boolean epoll = Epoll.isAvailable();
  private final EventLoopGroup acceptor = threads("grpc-accept", 1);
  private final EventLoopGroup workers = threads("grpc-io", 0);
  private final Map<InetAddress, Integer> byAddress = new HashMap<>();
  private final Map<String, Integer> byCertificate = new HashMap<>();
  private int open;
  private long refused;
  private long saidAt = System.nanoTime() - BETWEEN_LINES.toNanos();

  /**
   * None yet.
   *
   * @param most so many at once; what is beyond is closed unanswered
   * @param stall an end that takes nothing for so long, while there is something to send, is cut
   *     off
   */
  Connections(int most, Duration stall) {
    this.most = most;
    this.stall = stall;
  }

  private EventLoopGroup threads(String name, int count) {
    IoHandlerFactory io = epoll ? EpollIoHandler.newFactory() : NioIoHandler.newFactory();
    return new MultiThreadIoEventLoopGroup(count, new DefaultThreadFactory(name, true), io);
  }

  /** Has the port accept its connections here. */
  NettyServerBuilder guard(NettyServerBuilder port) {
    return port.bossEventLoopGroup(acceptor)
        .workerEventLoopGroup(workers)
        .channelFactory(
            () -> {
              ServerChannel accepting =
                  epoll ? new EpollServerSocketChannel() : new NioServerSocketChannel();
              accepting.pipeline().addFirst(this);
              return accepting;
            });
  }

  /** Of the accepting channel: what is read there are connections. */
  @Override
  public void channelRead(ChannelHandlerContext accepting, Object message) {
    Channel connection = (Channel) message;
    InetAddress address = address(connection.remoteAddress());
    if (!enter(address)) {
      connection.unsafe().closeForcibly();
      return;
    }
    connection.pipeline().addLast(new Watched(address));
    accepting.fireChannelRead(connection);
  }

  private static InetAddress address(SocketAddress remote) {
    return remote instanceof InetSocketAddress internet
        ? internet.getAddress()
        : InetAddress.getLoopbackAddress();
  }

  private synchronized boolean enter(InetAddress address) {
    int ofAddress = byAddress.getOrDefault(address, 0);
    // on loopback there is but one address; behind one of a router there may be a whole fleet
    boolean tooMany =
        !address.isLoopbackAddress()
            && open >= most - most / 4
            && ofAddress >= Math.max(1, most / 2);
    if (open >= most || tooMany) {
      refuse(
          ("from %s is closed: %d are open, %d of them from there; at most %d are taken, half of"
                  + " them from one address when it gets full")
              .formatted(address.getHostAddress(), open, ofAddress, most));
      return false;
    }
    open++;
    byAddress.put(address, ofAddress + 1);
    return true;
  }

  private synchronized boolean certified(String principal) {
    int its = byCertificate.getOrDefault(principal, 0);
    int mostOfIt = CallerRate.connections(principal);
    if (its >= mostOfIt) {
      refuse("of %s is closed: it has %d, and more are not taken".formatted(principal, its));
      return false;
    }
    byCertificate.put(principal, its + 1);
    return true;
  }

  private void refuse(String why) {
    refused++;
    long now = System.nanoTime();
    if (now - saidAt >= BETWEEN_LINES.toNanos()) {
      saidAt = now;
      log.warn("A connection {} ({} closed so far)", why, refused);
    }
  }

  private synchronized void leave(InetAddress address, @Nullable String principal) {
    open--;
    leave(byAddress, address);
    if (principal != null) {
      leave(byCertificate, principal);
    }
  }

  private static <K> void leave(Map<K, Integer> counts, K key) {
    counts.computeIfPresent(key, (each, count) -> count == 1 ? null : count - 1);
  }

  synchronized int open() {
    return open;
  }

  synchronized long refused() {
    return refused;
  }

  /** One connection. */
  private final class Watched extends ChannelInboundHandlerAdapter {
    private final InetAddress address;
    private boolean left;
    private boolean begun;
    private @Nullable String principal;
    private @Nullable Future<?> cut;

    Watched(InetAddress address) {
      this.address = address;
    }

    /** By the first bytes gRPC has put its own handlers behind this one, TLS among them. */
    @Override
    public void channelRead(ChannelHandlerContext connection, Object message) {
      if (!begun) {
        begun = true;
        @Nullable SslHandler tls = connection.pipeline().get(SslHandler.class);
        if (tls != null) {
          var unused = // the same future
              tls.handshakeFuture()
                  .addListener(done -> handshakeDone(connection, done.isSuccess(), tls.engine()));
        }
      }
      connection.fireChannelRead(message);
    }

    private void handshakeDone(
        ChannelHandlerContext connection, boolean isSuccess, SSLEngine engine) {
      if (!isSuccess || left) {
        return;
      }
      String whose = whose(engine.getSession());
      if (certified(whose)) {
        principal = whose;
      } else {
        var unused = connection.close(); // its end is seen below
      }
    }

    private static String whose(SSLSession session) {
      try {
        return PeerName.of(session).principal();
      } catch (TlsException e) {
        return CallerIdentity.NOBODY; // its calls are told what is wrong
      }
    }

    /** The buffer to the other end is full, or has room again. */
    @Override
    public void channelWritabilityChanged(ChannelHandlerContext connection) {
      if (cut != null) {
        cut.cancel(false);
        cut = null;
      }
      if (!connection.channel().isWritable()) {
        cut =
            connection
                .executor()
                .schedule(() -> cut(connection), stall.toMillis(), TimeUnit.MILLISECONDS);
      }
      connection.fireChannelWritabilityChanged();
    }

    private void cut(ChannelHandlerContext connection) {
      log.warn(
          "The client at {} has read nothing for {} s and is cut off",
          connection.channel().remoteAddress(),
          stall.toSeconds());
      var unused = connection.close(); // its end is seen below
    }

    @Override
    public void channelInactive(ChannelHandlerContext connection) {
      connection.fireChannelInactive();
      end();
    }

    @Override
    public void handlerRemoved(ChannelHandlerContext connection) {
      end();
    }

    private void end() {
      if (cut != null) {
        cut.cancel(false);
        cut = null;
      }
      if (!left) {
        left = true;
        leave(address, principal);
      }
    }
  }

  /** After the port: its connections end with these threads. */
  @Override
  public void close() {
    var unused = acceptor.shutdownGracefully(0, 1, TimeUnit.SECONDS); // idle by now
    if (!workers.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly(2_000)) {
      log.warn("The threads of the gRPC port did not end within 2 s; going on");
    }
  }
}
