package io.pilothouse.dm.server;

import io.grpc.Status;
import io.pilothouse.api.v1.ChangeMembersReply;
import io.pilothouse.api.v1.ChangeMembersRequest;
import io.pilothouse.api.v1.ReplicaAddress;
import io.pilothouse.dm.raft.HostPort;
import io.pilothouse.dm.raft.Member;
import io.pilothouse.dm.raft.Membership;
import io.pilothouse.dm.raft.MembershipException;
import io.pilothouse.dm.raft.Peer;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Changes of who the replicas are. They outlast the call that asks: bringing one up takes time. */
final class MemberWrites {

  private static final Logger log = LoggerFactory.getLogger(MemberWrites.class);
  private static final Duration LONGEST_WAIT = Duration.ofSeconds(20);

  private final Membership membership;

  MemberWrites(Membership membership) {
    this.membership = membership;
  }

  ChangeMembersReply change(ChangeMembersRequest request) {
    try {
      CompletableFuture<Void> change = begin(request);
      log.info(
          "{} of {} asked for by {}: {}",
          request.getVerb(),
          request.getId(),
          Caller.current().principal(),
          request.getContext().getReason());
      long wait = Math.clamp(request.getWaitMs(), 0, LONGEST_WAIT.toMillis());
      try {
        change.get(wait, TimeUnit.MILLISECONDS);
        return ChangeMembersReply.newBuilder().setDone(true).build();
      } catch (TimeoutException e) {
        return ChangeMembersReply.getDefaultInstance();
      }
    } catch (MembershipException e) {
      throw refused(e);
    } catch (ExecutionException e) {
      throw e.getCause() instanceof MembershipException refused ? refused(refused) : Refusals.of(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw Refusals.shuttingDown();
    }
  }

  private CompletableFuture<Void> begin(ChangeMembersRequest request) throws MembershipException {
    String id = request.getId();
    return switch (request.getVerb()) {
      case ADD -> membership.add(new Member(peer(request.getAddress()), priority(request)));
      case REMOVE -> membership.remove(id);
      case REPLACE -> membership.replace(id, peer(request.getAddress()));
      case TRANSFER -> membership.transfer(id);
      case PRIORITISE -> membership.prioritise(id, priority(request));
      case VERB_UNSPECIFIED, UNRECOGNIZED ->
          throw invalid("the request says not what to do", "set verb");
    };
  }

  private static int priority(ChangeMembersRequest request) {
    if (request.getPriority() < 0 || request.getPriority() > 100) {
      throw invalid("priority " + request.getPriority() + "; expected 0 to 100", "correct it");
    }
    return request.getPriority();
  }

  private static Peer peer(ReplicaAddress address) {
    try {
      Peer peer =
          new Peer(
              address.getId(),
              HostPort.parse(address.getRaft()),
              HostPort.parse(address.getGrpc()),
              HostPort.parse(address.getHttp()));
      Membership.requireName(peer.id());
      return peer;
    } catch (IllegalArgumentException e) {
      throw invalid(
          "replica '%s': %s".formatted(address.getId(), e.getMessage()),
          "give ID=RAFT/GRPC/HTTP with a host:port each");
    }
  }

  private static RuntimeException invalid(String message, String remedy) {
    return Refusals.of(Status.Code.INVALID_ARGUMENT, message, remedy);
  }

  private static RuntimeException refused(MembershipException e) {
    return Refusals.of(Status.Code.FAILED_PRECONDITION, String.valueOf(e.getMessage()), e.remedy());
  }
}
