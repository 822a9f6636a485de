package io.pilothouse.dm.raft;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.pilothouse.api.log.v1.ReplicaAnswer;
import io.pilothouse.api.log.v1.ReplicaQuestion;
import io.pilothouse.api.log.v1.StateCheck;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Of dm-1, whose state differs from dm-2's, while dm-3 is down at first. */
class InquiryTest {

  private static final int LEVEL = 2;

  private final StateChecks checks = new StateChecks(5);
  private final Failure failure = new Failure("dm-1");
  private final Map<String, StateCheck> answers = new ConcurrentHashMap<>();
  private final AtomicInteger rounds = new AtomicInteger();
  private final Queue<String> diverged = new ConcurrentLinkedQueue<>();
  private final List<Peer> voters = Cluster.peers(3);
  private final Inquiry inquiry =
      new Inquiry(
          "dm-1",
          checks,
          new Inquiry.Jury(() -> voters, this::asked, Duration.ZERO),
          failure,
          diverged::add);

  private Map<String, ReplicaAnswer> asked(List<Peer> others, ReplicaQuestion question) {
    assertThat(others).extracting(Peer::id).containsExactly("dm-2", "dm-3");
    rounds.incrementAndGet();
    Map<String, ReplicaAnswer> said = new TreeMap<>();
    answers.forEach(
        (id, check) -> {
          if (check.getIndex() == question.getMine().getIndex()) {
            said.put(id, ReplicaAnswer.newBuilder().setMine(check).build());
          }
        });
    return said;
  }

  private void begins() {
    differs(5);
    Await.until("a first round", () -> !inquiry.disagreement().isEmpty());
  }

  private void differs(long index) {
    checks.applied(index, LEVEL, () -> new byte[] {1});
    answers.put("dm-2", check(index, 2));
    inquiry.begin(check(index, 2));
  }

  private StateCheck check(long index, int digest) {
    return checks.at(index).orElseThrow().toBuilder()
        .setDigest(ByteString.copyFrom(new byte[] {(byte) digest}))
        .build();
  }

  @AfterEach
  void end() {
    failure.expectClose();
  }

  @Test
  void aDifferenceIsToldForAsLongAsNobodyCanDecide() {
    begins();
    Await.until("many rounds", () -> rounds.get() > 1_000);
    assertThat(inquiry.disagreement())
        .isEqualTo(
            "the state at index 5 differs among [dm-1, dm-2], and no 2 of the 3 replicas agree yet");
    assertThat(diverged).isEmpty();

    answers.put("dm-3", check(5, 2));
    Await.until("the end", () -> inquiry.disagreement().isEmpty());
    assertThat(diverged)
        .singleElement()
        .asString()
        .startsWith("the state of replica dm-1 at index 5 is 01, but 02 on [dm-2, dm-3]");
  }

  @Test
  void oneThatKnowsOfLaterTimesAloneIsHeardAfterTheNextCheck() {
    begins();
    checks.applied(10, LEVEL, () -> new byte[] {1});
    answers.put("dm-3", check(10, 2));
    assertThat(inquiry.disagreement()).contains("at index 5");

    differs(10);
    Await.until("the end", () -> inquiry.disagreement().isEmpty());
    assertThat(diverged).singleElement().asString().contains("at index 10 is 01");
  }

  @Test
  void itEndsWhenTheMajorityHasTheSame() {
    begins();
    answers.put("dm-3", check(5, 1));

    Await.until("the end", () -> inquiry.disagreement().isEmpty());
    assertThat(diverged).isEmpty();
  }

  @Test
  void itEndsWhenTheStateOfThenIsNotKnownAnyMore() {
    begins();
    checks.replaced();

    Await.until("the end", () -> inquiry.disagreement().isEmpty());
    assertThat(diverged).isEmpty();
  }
}
