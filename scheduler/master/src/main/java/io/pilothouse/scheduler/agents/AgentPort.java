package io.pilothouse.scheduler.agents;

import io.grpc.Metadata;
import io.grpc.Server;
import io.grpc.ServerCall;
import io.grpc.ServerCallExecutorSupplier;
import io.grpc.netty.shaded.io.grpc.netty.GrpcSslContexts;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import io.grpc.netty.shaded.io.netty.channel.EventLoopGroup;
import io.grpc.netty.shaded.io.netty.channel.local.LocalAddress;
import io.grpc.netty.shaded.io.netty.channel.local.LocalServerChannel;
import io.grpc.netty.shaded.io.netty.handler.ssl.ClientAuth;
import io.grpc.netty.shaded.io.netty.handler.ssl.SslContextBuilder;
import io.grpc.netty.shaded.io.netty.handler.ssl.SslProvider;
import io.pilothouse.api.v1.SchedulerQueriesGrpc;
import io.pilothouse.client.ServerAddress;
import io.pilothouse.kit.ProgramException;
import io.pilothouse.tls.Peers;
import io.pilothouse.tls.TlsDirectory;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The port that agents attach to, and people ask at. Plain only on loopback: then a header says who
 * calls.
 */
public final class AgentPort implements AutoCloseable {
  /** A machine's tasks when it registers. */
  private static final int LARGEST_MESSAGE = 16 << 20;

  /**
   * Threads that take what agents say to the core. They wait for nothing, so a few are enough; gRPC
   * by itself makes one for each that comes while others work, thousands when all come at once.
   */
  private static final int THREADS = Math.max(2, Runtime.getRuntime().availableProcessors());

  private final Server server;
  private final ExecutorService streaming =
      Executors.newFixedThreadPool(
          THREADS, Thread.ofPlatform().name("agents-", 0).daemon(true).factory());

  /** People's questions may wait for the Device Manager. */
  private final ExecutorService asking = Executors.newVirtualThreadPerTaskExecutor();

  public AgentPort(
      ServerAddress address, Optional<TlsDirectory> tls, AgentStreams streams, Queries queries) {
    InetSocketAddress socket = new InetSocketAddress(address.host(), address.port());
    if (tls.isEmpty() && (socket.isUnresolved() || !socket.getAddress().isLoopbackAddress())) {
      throw new ProgramException(
          "will not let agents attach on "
              + address
              + " without TLS: anybody could say that he is a machine; give --tls DIR, or a"
              + " loopback address");
    }
    NettyServerBuilder builder = serving(NettyServerBuilder.forAddress(socket), streams, queries);
    try {
      if (tls.isPresent()) {
        builder.sslContext(
            GrpcSslContexts.configure(
                    SslContextBuilder.forServer(tls.get().keyManager()), SslProvider.JDK)
                .protocols(TlsDirectory.PROTOCOL)
                .trustManager(tls.get().trustManager(Peers.ANY))
                .clientAuth(ClientAuth.REQUIRE)
                .sessionTimeout(TlsDirectory.SESSION_SECONDS)
                .build());
      }
      server = builder.build().start();
    } catch (IOException e) {
      throw new ProgramException(
          "cannot serve agents on %s: %s: stop the program that has the port, `ss -ltnp` names it,"
                  .formatted(address, e)
              + " or give another --agents",
          e);
    }
  }

  /**
   * For a rehearsal: of the same making, but no connection comes to it from outside of this
   * process.
   *
   * @param threads that take the place of those of the network
   */
  public AgentPort(
      LocalAddress address, EventLoopGroup threads, AgentStreams streams, Queries queries) {
    NettyServerBuilder builder =
        NettyServerBuilder.forAddress(address)
            .channelType(LocalServerChannel.class)
            .bossEventLoopGroup(threads)
            .workerEventLoopGroup(threads);
    try {
      server = serving(builder, streams, queries).build().start();
    } catch (IOException e) {
      throw new ProgramException("cannot serve agents within the process: " + e, e);
    }
  }

  private NettyServerBuilder serving(
      NettyServerBuilder builder, AgentStreams streams, Queries queries) {
    return builder
        .addService(UnreadableMessage.told(streams, Callers.machines()))
        .addService(UnreadableMessage.told(queries, Callers.operators()))
        .executor(streaming)
        .callExecutor(
            new ServerCallExecutorSupplier() {
              @Override
              public <A, B> @Nullable Executor getExecutor(
                  ServerCall<A, B> call, Metadata headers) {
                return SchedulerQueriesGrpc.SERVICE_NAME.equals(
                        call.getMethodDescriptor().getServiceName())
                    ? asking
                    : null;
              }
            })
        .maxInboundMessageSize(LARGEST_MESSAGE)
        .permitKeepAliveTime(5, TimeUnit.SECONDS)
        .permitKeepAliveWithoutCalls(true)
        .keepAliveTime(30, TimeUnit.SECONDS)
        .keepAliveTimeout(10, TimeUnit.SECONDS);
  }

  public int port() {
    return server.getPort();
  }

  @Override
  public void close() {
    server.shutdownNow();
    streaming.shutdown();
    asking.shutdown();
  }
}
