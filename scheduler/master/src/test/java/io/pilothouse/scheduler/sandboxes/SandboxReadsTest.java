package io.pilothouse.scheduler.sandboxes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import io.pilothouse.api.v1.SandboxReply;
import io.pilothouse.api.v1.SandboxRequest;
import io.pilothouse.api.v1.SandboxTrouble;
import io.pilothouse.scheduler.core.AgentLink;
import io.pilothouse.scheduler.core.SandboxPlace;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Looks into sandboxes that are under way: how they end, and how many there may be. */
class SandboxReadsTest {
  private final List<SandboxRequest> asked = new ArrayList<>();
  private final Set<AgentLink> attached = new HashSet<>();
  private final SandboxReads reads = reads(Duration.ofHours(1));

  private SandboxReads reads(Duration patience) {
    return new SandboxReads(
        (link, message) -> asked.add(message.getSandbox()), attached::contains, patience);
  }

  private CompletableFuture<SandboxReply> ask(SandboxReads of, long link) {
    attached.add(new AgentLink(link));
    return of.ask(place(link), SandboxRequest.newBuilder().setPath("stdout"));
  }

  private static SandboxPlace place(long link) {
    return new SandboxPlace(new AgentLink(link), "m" + link, "f", "e", "t", "c", false);
  }

  private static void failed(
      CompletableFuture<SandboxReply> look, SandboxException.Why why, String... words) {
    assertThatThrownBy(() -> look.get(20, TimeUnit.SECONDS))
        .cause()
        .isInstanceOfSatisfying(SandboxException.class, e -> assertThat(e.why()).isEqualTo(why))
        .message()
        .contains(words);
  }

  @Test
  void theAgentIsAskedForTheRunAndItsAnswerIsTheAnswer() throws Exception {
    CompletableFuture<SandboxReply> look = ask(reads, 1);
    SandboxRequest question = asked.getFirst();
    assertThat(question.getFrameworkId()).isEqualTo("f");
    assertThat(question.getExecutorId()).isEqualTo("e");
    assertThat(question.getContainerId()).isEqualTo("c");
    assertThat(question.getPath()).isEqualTo("stdout");
    SandboxReply reply =
        SandboxReply.newBuilder()
            .setId(question.getId())
            .setData(ByteString.copyFromUtf8("hi"))
            .build();
    reads.heard(new AgentLink(2), reply);
    assertThat(look).as("another agent's word").isNotDone();
    reads.heard(new AgentLink(1), reply.toBuilder().setId(99).build());
    assertThat(look).as("an answer to nothing").isNotDone();
    reads.heard(new AgentLink(1), reply);
    assertThat(look.get()).isEqualTo(reply);
    assertThat(reads.underWay()).isZero();
  }

  @ParameterizedTest
  @CsvSource({
    "SANDBOX_GONE, NOT_FOUND",
    "SANDBOX_NO_FILE, NOT_FOUND",
    "SANDBOX_REFUSED, REFUSED",
    "SANDBOX_BUSY, BUSY",
    "SANDBOX_FAILED, FAILED"
  })
  void whatTroublesTheAgentIsTold(SandboxTrouble trouble, SandboxException.Why why) {
    CompletableFuture<SandboxReply> look = ask(reads, 1);
    reads.heard(
        new AgentLink(1),
        SandboxReply.newBuilder()
            .setId(asked.getFirst().getId())
            .setTrouble(trouble)
            .setText("so it is")
            .build());
    failed(look, why, "machine m1: so it is");
  }

  @Test
  void anAgentThatGoesAwayAnswersNothingMore() {
    CompletableFuture<SandboxReply> look = ask(reads, 1);
    CompletableFuture<SandboxReply> other = ask(reads, 2);
    reads.gone(new AgentLink(1));
    failed(look, SandboxException.Why.AWAY, "the agent of machine m1 is not connected any more");
    assertThat(other).isNotDone();
    failed(
        reads.ask(place(7), SandboxRequest.newBuilder()),
        SandboxException.Why.AWAY,
        "machine m7 is not connected");
  }

  @Test
  void oneThatIsSilentIsWaitedForNoLongerThanThat() {
    SandboxReads impatient = reads(Duration.ofMillis(1));
    failed(
        ask(impatient, 1),
        SandboxException.Why.SILENT,
        "the agent of machine m1 does not answer",
        "a release that does not know the question");
    assertThat(impatient.underWay()).isZero();
  }

  @Test
  void onlySoManyAreUnderWay() {
    List<CompletableFuture<SandboxReply>> all = new ArrayList<>();
    for (int i = 0; i < SandboxReads.MOST_AT_AN_AGENT; i++) {
      all.add(ask(reads, 1));
    }
    failed(ask(reads, 1), SandboxException.Why.BUSY, "8 into those of machine m1", "ask again");
    assertThat(asked).hasSize(8);
    all.getFirst().cancel(false); // whoever asked is gone
    assertThat(ask(reads, 1)).isNotDone();
    for (long link = 2; reads.underWay() < SandboxReads.MOST; link++) {
      for (int i = 0; i < SandboxReads.MOST_AT_AN_AGENT; i++) {
        all.add(ask(reads, link));
      }
    }
    failed(ask(reads, 99), SandboxException.Why.BUSY, "64 looks into sandboxes are under way");
    assertThat(all.subList(1, all.size())).noneMatch(CompletableFuture::isDone);
  }
}
