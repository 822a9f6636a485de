package io.pilothouse.dm.raft;

import com.google.protobuf.ByteString;
import io.pilothouse.api.log.v1.ReplicaAnswer;
import io.pilothouse.api.log.v1.ReplicaQuestion;
import io.pilothouse.api.log.v1.StateCheck;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import java.util.function.Supplier;
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
  private static final int SHOWN = 12;

  private final String self;
  private final StateChecks checks;
  private final Jury jury;
  private final Failure failure;
  private final Consumer<String> diverged;
  private final AtomicBoolean running = new AtomicBoolean();
  private final AtomicLong newest = new AtomicLong();
  private volatile String disagreement = "";

  /**
   * Who decides.
   *
   * @param voters all members, this replica included
   * @param ask a question's answers by replica, of those that answer
   * @param again how long until they are asked once more
   */
  record Jury(
      Supplier<List<Peer>> voters,
      BiFunction<List<Peer>, ReplicaQuestion, Map<String, ReplicaAnswer>> ask,
      Duration again) {

    static Jury of(Members members, PeerQuestions questions) {
      return new Jury(members::voters, questions::askAll, Duration.ofSeconds(1));
    }
  }

  /**
   * Waits for {@link #begin}.
   *
   * @param diverged told in a sentence when this replica is the one that is wrong
   */
  Inquiry(String self, StateChecks checks, Jury jury, Failure failure, Consumer<String> diverged) {
    this.self = self;
    this.checks = checks;
    this.jury = jury;
    this.failure = failure;
    this.diverged = diverged;
  }

  /**
   * Another replica's check contradicts this one's. Returns at once. The newest is asked about: one
   * that was down does not know any more what its state was at an older one.
   */
  void begin(StateCheck theirs) {
    newest.accumulateAndGet(theirs.getIndex(), Math::max);
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
                  ask();
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

  /** Until it is decided, or so old that it is not known here any more: a later check differs. */
  private void ask() {
    while (!failure.isReported() && !failure.isClosing()) {
      StateCheck mine = checks.at(newest.get()).orElse(null);
      if (mine == null || decides(mine)) {
        return;
      }
      try {
        Thread.sleep(jury.again());
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return;
      }
    }
  }

  private boolean decides(StateCheck mine) {
    List<Peer> all = jury.voters().get();
    Map<String, ByteString> said = new TreeMap<>();
    said.put(self, mine.getDigest());
    ReplicaQuestion question = ReplicaQuestion.newBuilder().setMine(mine).build();
    jury.ask()
        .apply(all.stream().filter(peer -> !peer.id().equals(self)).toList(), question)
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
    String undecided =
        "the state at index %d differs among %s, and no %d of the %d replicas agree yet"
            .formatted(mine.getIndex(), said.keySet(), majority, all.size());
    if (!undecided.equals(disagreement)) {
      log.error("{}", undecided);
    }
    disagreement = undecided;
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
