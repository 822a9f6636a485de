package io.pilothouse.client;

import io.grpc.Channel;
import io.grpc.ClientInterceptors;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.MetadataUtils;
import io.pilothouse.tls.Peers;
import io.pilothouse.tls.TlsDirectory;
import java.util.Optional;

/**
 * A connection to one other program than the Device Manager, for streams: each call says who asks,
 * and none has a deadline. Whoever opens it tries again by itself.
 */
public final class PeerConnection implements AutoCloseable {
  private final ManagedChannel channel;
  private final Channel named;

  /**
   * @param principal who asks
   * @param peers who may be there, when there is TLS
   */
  public PeerConnection(
      ServerAddress to, String principal, Peers peers, Optional<TlsDirectory> tls) {
    NettyChannelBuilder builder = NettyChannelBuilder.forAddress(to.host(), to.port());
    tls.ifPresentOrElse(
        each -> builder.sslContext(Channels.context(each, peers)), builder::usePlaintext);
    channel = builder.disableRetry().disableServiceConfigLookUp().build();
    Metadata headers = new Metadata();
    headers.put(CallHeaders.PRINCIPAL, principal);
    named =
        ClientInterceptors.intercept(channel, MetadataUtils.newAttachHeadersInterceptor(headers));
  }

  /** To call through. */
  public Channel channel() {
    return named;
  }

  @Override
  public void close() {
    channel.shutdownNow();
  }
}
