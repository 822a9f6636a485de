package io.pilothouse.dm.raft;

import io.pilothouse.api.log.v1.LogEnd;
import io.pilothouse.api.log.v1.ReplicaAnswer;
import io.pilothouse.api.log.v1.ReplicaQuestion;
import java.time.Duration;
import java.util.Collections;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.apache.ratis.server.protocol.TermIndex;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Notices at once that the leader's process has ended on a machine that is still up: its port
 * refuses connections. Heartbeats tell so after an election timeout only, which must be long enough
 * for a leader that is merely busy.
 *
 * <p>It makes an election begin earlier, and nothing else: who wins, and what is committed, is
 * Raft's. It begins only when a majority of the members finds the port closed, and on the one of
 * them that has the most of the log (of several, by priority and id), which therefore wins.
 */
final class LeaderWatch {

  private static final Logger log = LoggerFactory.getLogger(LeaderWatch.class);
  private static final Duration PAUSE = Duration.ofMillis(100);

  /** By then heartbeats have told. */
  private static final int MOST_TRIES = 50;

  private final String self;
  private final Leadership leadership;
  private final Members members;
  private final RaftNode node;
  private final PeerQuestions questions;
  private final Failure failure;

  LeaderWatch(
      ReplicaParts parts,
      Leadership leadership,
      Members members,
      RaftNode node,
      PeerQuestions questions) {
    self = parts.self();
    this.leadership = leadership;
    this.members = members;
    this.node = node;
    this.questions = questions;
    failure = parts.failure();
  }

  void start() {
    Thread.ofVirtual().name("dm-leader-watch").start(this::rounds);
  }

  /** What another replica is told that found the port of this one closed. */
  ReplicaAnswer answer(String id, ReplicaAnswer.Builder answer) {
    boolean ended = other(members.peer(id)).filter(LeaderLine::refuses).isPresent();
    if (ended) {
      TermIndex last = node.lastEntry();
      answer.setEnd(LogEnd.newBuilder().setTerm(last.getTerm()).setIndex(last.getIndex()));
    }
    return answer.build();
  }

  private void rounds() {
    try {
      while (!failure.isClosing()) {
        Optional<Peer> leader = other(leadership.leader());
        if (leader.isPresent()) {
          LeaderLine.hold(leader.get(), () -> leads(leader.get()));
          if (leads(leader.get()) && LeaderLine.refuses(leader.get())) {
            succeed(leader.get());
          }
        }
        Thread.sleep(PAUSE);
      }
    } catch (InterruptedException | RejectedExecutionException e) {
      log.debug("The leader is watched no more", e); // closed meanwhile
    }
  }

  private void succeed(Peer ended) throws InterruptedException {
    for (int i = 0; i < MOST_TRIES && !failure.isClosing(); i++) {
      Optional<Peer> leader = leadership.leader();
      if (leader.isPresent() && !leader.get().equals(ended)) {
        return;
      }
      if (!LeaderLine.refuses(ended)) {
        return; // it is back, and heartbeats decide
      }
      if (isMine(ended)) {
        log.warn(
            "The leader {} does not run any more, as a majority finds: this replica stands",
            ended.id());
        if (node.stand(ended.id())) {
          return;
        }
      }
      Thread.sleep(PAUSE);
    }
  }

  /** Whether a majority finds that it has ended, and this replica is the first of it. */
  private boolean isMine(Peer ended) {
    Map<String, Member> voters =
        members.all().stream().collect(Collectors.toMap(Member::id, Function.identity()));
    Map<String, Contender> agree = new HashMap<>();
    if (voters.containsKey(self)) {
      agree.put(self, contender(voters.get(self), node.lastEntry()));
    }
    ReplicaQuestion question =
        ReplicaQuestion.newBuilder().setTermOnly(true).setEnded(ended.id()).build();
    questions
        .askAll(
            members.others().stream().filter(each -> !each.id().equals(ended.id())).toList(),
            question)
        .forEach(
            (id, answer) -> {
              if (answer.hasEnd() && voters.containsKey(id)) {
                LogEnd end = answer.getEnd();
                agree.put(
                    id,
                    contender(voters.get(id), TermIndex.valueOf(end.getTerm(), end.getIndex())));
              }
            });
    return members.isMajority(agree.keySet()) && Collections.max(agree.values()).id().equals(self);
  }

  private static Contender contender(Member member, TermIndex end) {
    return new Contender(member.id(), end, member.priority());
  }

  private boolean leads(Peer peer) {
    return !failure.isClosing() && leadership.leader().filter(peer::equals).isPresent();
  }

  private Optional<Peer> other(Optional<Peer> peer) {
    return peer.filter(each -> !each.id().equals(self));
  }
}
