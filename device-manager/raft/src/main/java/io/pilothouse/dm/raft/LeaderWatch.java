package io.pilothouse.dm.raft;

import io.pilothouse.api.log.v1.LogEnd;
import io.pilothouse.api.log.v1.ReplicaAnswer;
import io.pilothouse.api.log.v1.ReplicaQuestion;
import io.pilothouse.tls.SilentLine;
import java.time.Duration;
import java.util.Collections;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.apache.ratis.server.protocol.TermIndex;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Notices at once that the leader's process has ended on a machine that is still up: its port
 * refuses connections. Heartbeats tell so after an election timeout only, which must be long enough
 * for a leader that is merely busy. Whoever hears the leader after that does not agree.
 *
 * <p>It makes an election begin earlier, and nothing else: who wins, and what is committed, is
 * Raft's. It begins only when a majority of the members finds the port closed, and on the one of
 * them that has the most of the log (of several, by priority and id), which therefore wins.
 */
final class LeaderWatch {

  private static final Logger log = LoggerFactory.getLogger(LeaderWatch.class);
  private static final Duration PAUSE = Duration.ofMillis(100);

  /** To one that lives and takes no line. */
  private static final Duration LATER = Duration.ofSeconds(1);

  /** Between questions. */
  private static final Duration AGAIN = Duration.ofMillis(30);

  /** What it said at its end may be read so much after it. */
  private static final long IN_FLIGHT_MS = 100;

  /** Who does not say within this long is not waited for. */
  private static final Duration AT_ONCE = Duration.ofMillis(300);

  /** By then heartbeats have told. */
  private static final int MOST_TRIES = 100;

  /**
   * A leader whose line broke, and whose port then refused another.
   *
   * @param at nanoseconds of the system's clock for intervals
   */
  private record Ended(Peer leader, long at) {}

  private final String self;
  private final Leadership leadership;
  private final Members members;
  private final RaftNode node;
  private final PeerQuestions questions;
  private final Failure failure;
  private final SilentLine line = new SilentLine(System::nanoTime);
  private volatile @Nullable Ended ended;

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

  /** Whether the end of the present leader's process would be noticed. */
  boolean isWatching() {
    return line.isHeld();
  }

  /** What another replica is told that found the leader ended. */
  ReplicaAnswer answer(String id, ReplicaAnswer.Builder answer) {
    Ended seen = ended;
    if (seen != null && seen.leader().id().equals(id) && !isHeardSince(seen)) {
      TermIndex last = node.lastEntry();
      answer.setEnd(LogEnd.newBuilder().setTerm(last.getTerm()).setIndex(last.getIndex()));
    }
    return answer.build();
  }

  private void rounds() {
    try {
      while (!failure.isClosing()) {
        try {
          round();
        } catch (RuntimeException e) {
          if (!failure.isClosing()) {
            log.warn("The leader is not watched for a moment", e);
          }
        } finally {
          ended = null;
        }
        Thread.sleep(PAUSE);
      }
    } catch (InterruptedException e) {
      log.debug("The leader is watched no more", e);
    }
  }

  private void round() throws InterruptedException {
    Peer leader = leadership.leader().filter(each -> !each.id().equals(self)).orElse(null);
    if (leader == null) {
      return;
    }
    SilentLine.End end = line.hold(leader.raft().host(), leader.raft().port(), () -> leads(leader));
    if (end == SilentLine.End.BROKE && leads(leader) && refuses(leader)) {
      succeed(new Ended(leader, System.nanoTime()));
    } else if (leads(leader)) {
      Thread.sleep(LATER);
    }
  }

  private static boolean refuses(Peer leader) {
    return SilentLine.refuses(leader.raft().host(), leader.raft().port());
  }

  private void succeed(Ended seen) throws InterruptedException {
    ended = seen;
    for (int i = 0; i < MOST_TRIES && !failure.isClosing(); i++) {
      Optional<Peer> leader = leadership.leader();
      if ((leader.isPresent() && !leader.get().equals(seen.leader()))
          || isHeardSince(seen)
          || node.term() > node.lastEntry().getTerm()
          || !refuses(seen.leader())) {
        return; // another one leads, or it is back, or heartbeats decide
      }
      if (isMine(seen.leader()) && node.stand(seen.leader().id())) {
        log.warn(
            "The leader {} does not run any more, as a majority finds: this replica stands",
            seen.leader().id());
        return;
      }
      Thread.sleep(AGAIN);
    }
  }

  /** Whether its end was an error: it has said something since. */
  private boolean isHeardSince(Ended seen) {
    long since = (System.nanoTime() - seen.at()) / 1_000_000;
    return leads(seen.leader()) && node.leaderSilentMillis() < since - IN_FLIGHT_MS;
  }

  /** Whether a majority finds that it has ended, and this replica is the first of it. */
  private boolean isMine(Peer gone) {
    Map<String, Member> voters =
        members.all().stream().collect(Collectors.toMap(Member::id, Function.identity()));
    if (members.isChanging() || !voters.containsKey(self)) {
      return false; // two majorities decide together, or others do: heartbeats are enough then
    }
    Map<String, Contender> agree = new HashMap<>();
    agree.put(self, contender(voters.get(self), node.lastEntry()));
    ask(gone)
        .forEach(
            (id, end) -> {
              if (voters.containsKey(id)) {
                agree.put(
                    id,
                    contender(voters.get(id), TermIndex.valueOf(end.getTerm(), end.getIndex())));
              }
            });
    return members.isMajority(agree.keySet()) && Collections.max(agree.values()).id().equals(self);
  }

  /** How far the logs go of those who find so, too, as far as they say it at once. */
  private Map<String, LogEnd> ask(Peer gone) {
    ReplicaQuestion question =
        ReplicaQuestion.newBuilder().setTermOnly(true).setEnded(gone.id()).build();
    Map<String, CompletableFuture<ReplicaAnswer>> asked =
        questions.ask(
            members.others().stream().filter(each -> !each.id().equals(gone.id())).toList(),
            question);
    CompletableFuture<?> all =
        CompletableFuture.allOf(
                asked.values().stream()
                    .map(each -> each.handle((answer, error) -> null))
                    .toArray(CompletableFuture[]::new))
            .completeOnTimeout(null, AT_ONCE.toMillis(), TimeUnit.MILLISECONDS);
    all.join();
    Map<String, LogEnd> agree = new HashMap<>();
    asked.forEach(
        (id, answer) -> {
          if (answer.state() == Future.State.SUCCESS && answer.resultNow().hasEnd()) {
            agree.put(id, answer.resultNow().getEnd());
          }
        });
    return agree;
  }

  private static Contender contender(Member member, TermIndex end) {
    return new Contender(member.id(), end, member.priority());
  }

  private boolean leads(Peer peer) {
    return !failure.isClosing() && leadership.leader().filter(peer::equals).isPresent();
  }
}
