package io.pilothouse.dm.raft;

import io.pilothouse.tls.Peers;
import io.pilothouse.tls.TlsDirectory;
import java.util.Optional;
import org.apache.ratis.conf.Parameters;
import org.apache.ratis.grpc.GrpcConfigKeys;
import org.apache.ratis.grpc.GrpcTlsConfig;

/**
 * Ratis' connections behind mutual TLS. Ratis authenticates nobody itself, and who reaches its port
 * may write the log: both sides must have the certificate of a replica of this cluster. It is given
 * managers rather than files or certificates, because those it would read once and never again.
 */
final class RaftTls {
  private RaftTls() {}

  /** What servers and clients of Ratis are to be built with; plain without TLS. */
  static Parameters parameters(Optional<TlsDirectory> tls) {
    Parameters parameters = new Parameters();
    tls.ifPresent(
        each ->
            // the boolean settings raft.grpc.tls.* have no effect beside this
            GrpcConfigKeys.TLS.setConf(
                parameters,
                new GrpcTlsConfig(
                    each.keyManager(), each.trustManager(Peers.DEVICE_MANAGER), true)));
    return parameters;
  }
}
