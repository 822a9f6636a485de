package io.pilothouse.client;

import io.grpc.ConnectivityState;
import io.grpc.ManagedChannel;
import io.grpc.netty.shaded.io.grpc.netty.GrpcSslContexts;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.grpc.netty.shaded.io.netty.channel.EventLoopGroup;
import io.grpc.netty.shaded.io.netty.channel.MultiThreadIoEventLoopGroup;
import io.grpc.netty.shaded.io.netty.channel.nio.NioIoHandler;
import io.grpc.netty.shaded.io.netty.channel.socket.nio.NioSocketChannel;
import io.grpc.netty.shaded.io.netty.handler.ssl.SslContext;
import io.grpc.netty.shaded.io.netty.handler.ssl.SslContextBuilder;
import io.grpc.netty.shaded.io.netty.handler.ssl.SslProvider;
import io.grpc.netty.shaded.io.netty.util.concurrent.DefaultThreadFactory;
import io.pilothouse.tls.Peers;
import io.pilothouse.tls.TlsDirectory;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One channel a server, opened when first asked, all on one event loop thread. */
final class Channels implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(Channels.class);

  // provisioning is told every machine of the fleet
  private static final int MAX_MESSAGE = 64 << 20;

  private final EventLoopGroup eventLoop =
      new MultiThreadIoEventLoopGroup(
          1, new DefaultThreadFactory("dm-client", true), NioIoHandler.newFactory());
  private final Map<ServerAddress, ManagedChannel> open = new HashMap<>();
  private final Optional<SslContext> tls;
  private boolean closed;

  Channels(Optional<TlsDirectory> tls) {
    this.tls = tls.map(each -> context(each, Peers.DEVICE_MANAGER));
  }

  static SslContext context(TlsDirectory tls, Peers peers) {
    try {
      return GrpcSslContexts.configure(SslContextBuilder.forClient(), SslProvider.JDK)
          .protocols(TlsDirectory.PROTOCOL)
          .keyManager(tls.keyManager())
          .trustManager(tls.trustManager(peers))
          .build();
    } catch (SSLException e) {
      throw new IllegalStateException("this JDK has no " + TlsDirectory.PROTOCOL, e);
    }
  }

  synchronized ManagedChannel to(ServerAddress server) {
    if (closed) {
      throw new IllegalStateException("the client of the Device Manager is closed");
    }
    ManagedChannel channel = open.computeIfAbsent(server, this::connect);
    if (channel.getState(false) == ConnectivityState.TRANSIENT_FAILURE) {
      // the pauses are ours: gRPC's own would grow to two minutes while the server is back
      channel.resetConnectBackoff();
    }
    return channel;
  }

  private ManagedChannel connect(ServerAddress server) {
    NettyChannelBuilder builder = NettyChannelBuilder.forAddress(server.host(), server.port());
    tls.ifPresentOrElse(builder::sslContext, builder::usePlaintext);
    return builder
        .eventLoopGroup(eventLoop)
        .channelType(NioSocketChannel.class)
        .directExecutor() // blocking stubs run on their caller; nothing else may block here
        .disableRetry()
        .disableServiceConfigLookUp()
        .maxInboundMessageSize(MAX_MESSAGE)
        .build();
  }

  @Override
  public synchronized void close() {
    closed = true;
    open.values().forEach(ManagedChannel::shutdownNow);
    open.clear();
    boolean ended =
        eventLoop.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly(2_000);
    if (!ended) {
      log.warn("the connections to the Device Manager did not end within 2 s; going on");
    }
  }
}
