package io.pilothouse.dm.raft;

import com.google.protobuf.InvalidProtocolBufferException;
import io.pilothouse.api.log.v1.ReplicaAnswer;
import io.pilothouse.api.log.v1.ReplicaQuestion;
import io.pilothouse.tls.TlsDirectory;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.apache.ratis.client.RaftClient;
import org.apache.ratis.client.RaftClientConfigKeys;
import org.apache.ratis.conf.RaftProperties;
import org.apache.ratis.protocol.Message;
import org.apache.ratis.protocol.RaftClientReply;
import org.apache.ratis.protocol.RaftGroup;
import org.apache.ratis.protocol.RaftGroupId;
import org.apache.ratis.protocol.RaftPeer;
import org.apache.ratis.protocol.RaftPeerId;
import org.apache.ratis.retry.RetryPolicies;
import org.apache.ratis.thirdparty.com.google.protobuf.UnsafeByteOperations;
import org.apache.ratis.util.TimeDuration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Asks other replicas about themselves, over Ratis' own connections. */
final class PeerQuestions implements AutoCloseable {

  private static final Logger log = LoggerFactory.getLogger(PeerQuestions.class);
  private static final Duration PATIENCE = Duration.ofMillis(1500);

  private final RaftGroupId group;
  private final Optional<TlsDirectory> tls;
  private final Map<Peer, RaftClient> clients = new ConcurrentHashMap<>();
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();

  PeerQuestions(RaftGroupId group, Optional<TlsDirectory> tls) {
    this.group = group;
    this.tls = tls;
  }

  /** The answers by replica, of those that answer soon. */
  Map<String, ReplicaAnswer> askAll(List<Peer> peers, ReplicaQuestion question) {
    Map<String, ReplicaAnswer> answers = new LinkedHashMap<>();
    ask(peers, question)
        .forEach(
            (id, answer) -> {
              try {
                answers.put(id, answer.join());
              } catch (CompletionException e) {
                log.debug("Replica {} does not answer: {}", id, String.valueOf(e.getCause()));
              }
            });
    return answers;
  }

  /** The answers that will come, by replica; those that do not come soon fail. */
  Map<String, CompletableFuture<ReplicaAnswer>> ask(List<Peer> peers, ReplicaQuestion question) {
    Map<String, CompletableFuture<ReplicaAnswer>> asked = new LinkedHashMap<>();
    peers.forEach(
        peer ->
            asked.put(
                peer.id(),
                CompletableFuture.supplyAsync(() -> send(peer, question), threads)
                    .orTimeout(PATIENCE.toMillis(), TimeUnit.MILLISECONDS)));
    return asked;
  }

  private ReplicaAnswer send(Peer peer, ReplicaQuestion question) {
    try {
      RaftClientReply reply =
          clients
              .computeIfAbsent(peer, this::connect)
              .io()
              .sendStaleRead(
                  Message.valueOf(UnsafeByteOperations.unsafeWrap(question.toByteArray())),
                  0,
                  RaftPeerId.valueOf(peer.id()));
      if (!reply.isSuccess()) {
        throw new IOException(String.valueOf(reply.getException()));
      }
      return ReplicaAnswer.parseFrom(reply.getMessage().getContent().asReadOnlyByteBuffer());
    } catch (InvalidProtocolBufferException e) {
      throw new UncheckedIOException(e);
    } catch (IOException e) {
      // a connection that failed may be to a replica that is gone for good
      forget(peer);
      throw new UncheckedIOException(e);
    }
  }

  private RaftClient connect(Peer peer) {
    RaftProperties settings = new RaftProperties();
    RaftClientConfigKeys.Rpc.setRequestTimeout(
        settings, TimeDuration.valueOf(PATIENCE.toMillis(), TimeUnit.MILLISECONDS));
    RaftPeer plain =
        RaftPeer.newBuilder().setId(peer.id()).setAddress(peer.raft().toString()).build();
    return RaftClient.newBuilder()
        .setRaftGroup(RaftGroup.valueOf(group, plain))
        .setProperties(settings)
        .setParameters(RaftTls.parameters(tls))
        .setRetryPolicy(RetryPolicies.noRetry())
        .build();
  }

  private void forget(Peer peer) {
    close(clients.remove(peer));
  }

  private static void close(@org.jspecify.annotations.Nullable RaftClient client) {
    if (client != null) {
      try {
        client.close();
      } catch (IOException e) {
        log.debug("A connection to a replica did not close cleanly", e);
      }
    }
  }

  @Override
  public void close() {
    threads.shutdownNow();
    clients.keySet().forEach(this::forget);
  }
}
