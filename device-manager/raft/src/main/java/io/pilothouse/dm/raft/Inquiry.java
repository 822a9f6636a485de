package io.pilothouse.dm.raft;

import com.google.protobuf.ByteString;
import io.pilothouse.api.log.v1.ReplicaQuestion;
import io.pilothouse.api.log.v1.StateCheck;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Finds out which replicas are wrong when two of them differ at one index: those whose state a
 * majority of all replicas does not have. Each decides about itself alone. Without a majority for
 * any it asks again, as nobody can tell: `pilot status` says so meanwhile.
 */
final class Inquiry {

  private static final Logger log = LoggerFactory.getLogger(Inquiry.class);
  private static final Duration AGAIN = Duration.ofSeconds(1);

  /** Far longer than a restart; a later check begins anew. */
  private static final int ROUNDS = 300;

  private static final int SHOWN = 12;

  private final String self;
  private final StateChecks checks;
  private final Members members;
  private final PeerQuestions questions;
  private final Failure failure;
  private final Consumer<String> diverged;
  private final AtomicBoolean running = new AtomicBoolean();
  private volatile String disagreement = "";

  /**
   * Waits for {@link #begin}.
   *
   * @param diverged told in a sentence when this replica is the one that is wrong
   */
  Inquiry(
      String self,
      StateChecks checks,
      Members members,
      PeerQuestions questions,
      Failure failure,
      Consumer<String> diverged) {
    this.self = self;
    this.checks = checks;
    this.members = members;
    this.questions = questions;
    this.failure = failure;
    this.diverged = diverged;
  }

  /** Another replica's check contradicts this one's. Returns at once. */
  void begin(StateCheck theirs) {
    if (running.compareAndSet(false, true)) {
      log.error(
          "The state at index {} is {} here and {} elsewhere: asking the others",
          theirs.getIndex(),
          checks.at(theirs.getIndex()).map(mine -> shown(mine.getDigest())).orElse("not known"),
          shown(theirs.getDigest()));
      Thread.ofVirtual()
          .name("dm-inquiry")
          .start(
              () -> {
                try {
                  ask(theirs.getIndex());
                } finally {
                  disagreement = "";
                  running.set(false);
                }
              });
    }
  }

  /** What is not decided yet; empty when nothing. */
  String disagreement() {
    return disagreement;
  }

  private void ask(long index) {
    for (int round = 0; round < ROUNDS && !failure.isReported() && !failure.isClosing(); round++) {
      StateCheck mine = checks.at(index).orElse(null);
      if (mine == null || decides(mine)) {
        return;
      }
      try {
        Thread.sleep(AGAIN);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return;
      }
    }
  }

  private boolean decides(StateCheck mine) {
    List<Peer> all = members.voters();
    Map<String, ByteString> said = new TreeMap<>();
    said.put(self, mine.getDigest());
    ReplicaQuestion question = ReplicaQuestion.newBuilder().setMine(mine).build();
    questions
        .askAll(all.stream().filter(peer -> !peer.id().equals(self)).toList(), question)
        .forEach(
            (id, answer) -> {
              if (answer.hasMine() && StateChecks.areComparable(mine, answer.getMine())) {
                said.put(id, answer.getMine().getDigest());
              }
            });
    Map<ByteString, List<String>> groups =
        said.entrySet().stream()
            .collect(
                Collectors.groupingBy(
                    Map.Entry::getValue,
                    Collectors.mapping(Map.Entry::getKey, Collectors.toList())));
    int majority = all.size() / 2 + 1;
    for (Map.Entry<ByteString, List<String>> group : groups.entrySet()) {
      if (group.getValue().size() >= majority) {
        judge(mine, group.getKey(), group.getValue());
        return true;
      }
    }
    disagreement =
        "the state at index %d differs among %s, and no %d of the %d replicas agree yet"
            .formatted(mine.getIndex(), said.keySet(), majority, all.size());
    log.error("{}", disagreement);
    return false;
  }

  private void judge(StateCheck mine, ByteString right, List<String> holders) {
    if (right.equals(mine.getDigest())) {
      log.error(
          "The state at index {} is the same on {}; another replica's differs, and it stops",
          mine.getIndex(),
          holders);
      return;
    }
    diverged.accept(
        ("the state of replica %s at index %d is %s, but %s on %s: a disk, memory or program fault"
                + " changed it here. It stops and serves nobody. Keep its directory for the search"
                + " of the cause, and put a new one in its place:"
                + " `pilot dm replace %s NEW RAFT/GRPC/HTTP`")
            .formatted(
                self, mine.getIndex(), shown(mine.getDigest()), shown(right), holders, self));
  }

  private static String shown(ByteString digest) {
    String hex = java.util.HexFormat.of().formatHex(digest.toByteArray());
    return hex.substring(0, Math.min(SHOWN, hex.length()));
  }
}
