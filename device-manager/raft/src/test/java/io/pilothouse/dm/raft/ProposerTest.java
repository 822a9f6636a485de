package io.pilothouse.dm.raft;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.pilothouse.api.log.v1.ApplyVerdicts;
import io.pilothouse.api.log.v1.Command;
import io.pilothouse.api.log.v1.Entry;
import io.pilothouse.api.log.v1.Reply;
import io.pilothouse.api.log.v1.Request;
import io.pilothouse.api.log.v1.VerdictReport;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.apache.ratis.protocol.ClientId;
import org.apache.ratis.protocol.RaftClientReply;
import org.apache.ratis.protocol.RaftGroupId;
import org.apache.ratis.protocol.RaftGroupMemberId;
import org.apache.ratis.protocol.RaftPeerId;
import org.apache.ratis.protocol.exceptions.NotReplicatedException;
import org.apache.ratis.protocol.exceptions.RaftException;
import org.apache.ratis.protocol.exceptions.ResourceUnavailableException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The proposer against a log that answers when the test says so. */
class ProposerTest {

  private record Sent(
      ClientId client, long callId, Entry entry, CompletableFuture<RaftClientReply> reply) {}

  private final BlockingQueue<Sent> sent = new LinkedBlockingQueue<>();
  private final List<CompletableFuture<Reply>> submitted = new ArrayList<>();
  private final Proposer proposer =
      new Proposer(
          (client, callId, entry) -> {
            Sent entrySent = new Sent(client, callId, entry, new CompletableFuture<>());
            sent.add(entrySent);
            return entrySent.reply();
          },
          () -> NotLeaderException.of("dm-1", null),
          new ReplicaMetrics(new SimpleMeterRegistry()));

  @AfterEach
  void close() {
    proposer.close();
  }

  @Test
  void whatArrivesWhileAnEntryIsInFlightSharesTheNext() throws Exception {
    CompletableFuture<Reply> first = proposer.submit(LeaseLedger.put("a"));
    Sent one = next();
    CompletableFuture<Reply> second = proposer.submit(LeaseLedger.put("b"));
    CompletableFuture<Reply> third = proposer.submit(LeaseLedger.put("c"));
    assertThat(roles(one)).containsExactly("a");
    assertThat(sent).isEmpty();

    commit(one);
    Sent two = next();
    commit(two);

    assertThat(roles(two)).containsExactly("b", "c");
    assertThat(Await.get(first).getId()).isEqualTo("a");
    assertThat(Await.get(second).getId()).isEqualTo("b");
    assertThat(Await.get(third).getId()).isEqualTo("c");
    assertThat(two.callId()).isNotEqualTo(one.callId());
    assertThat(proposer.isOwn(two.client())).isTrue();
    assertThat(proposer.isOwn(ClientId.randomId())).isFalse();
  }

  @Test
  void anEntryHasLimits() throws Exception {
    submitted.add(proposer.submit(LeaseLedger.put("a")));
    Sent one = next();
    for (int i = 0; i < 250; i++) {
      submitted.add(proposer.submit(LeaseLedger.put("n-" + i)));
    }
    for (int i = 0; i < 3; i++) {
      submitted.add(proposer.submit(LeaseLedger.put("large-" + i, 700_000)));
    }
    commit(one);
    Sent byCount = next();
    commit(byCount);
    Sent byBytes = next();
    commit(byBytes);
    Sent alone = next();

    assertThat(roles(byCount)).hasSize(Proposer.MAX_REQUESTS);
    assertThat(roles(byBytes)).hasSize(51).last().isEqualTo("large-0");
    assertThat(roles(alone)).containsExactly("large-1");
  }

  @Test
  void readersDoNotWaitForThousandsOfVerdictsAtOnce() throws Exception {
    submitted.add(proposer.submit(verdicts("first", 1)));
    Sent one = next();
    submitted.add(proposer.submit(verdicts("more-than-fits", Proposer.MAX_VERDICTS + 100)));
    submitted.add(proposer.submit(verdicts("half", Proposer.MAX_VERDICTS / 2)));
    submitted.add(proposer.submit(verdicts("other-half", Proposer.MAX_VERDICTS / 2)));
    submitted.add(proposer.submit(LeaseLedger.put("none")));
    submitted.add(proposer.submit(verdicts("one-too-many", 1)));
    commit(one);
    Sent alone = next();
    commit(alone);
    Sent full = next();
    commit(full);

    assertThat(roles(alone)).containsExactly("more-than-fits");
    assertThat(roles(full)).containsExactly("half", "other-half", "none");
    assertThat(roles(next())).containsExactly("one-too-many");
  }

  private static Request verdicts(String id, int count) {
    ApplyVerdicts.Builder all = ApplyVerdicts.newBuilder();
    for (int i = 0; i < count; i++) {
      all.addReports(VerdictReport.getDefaultInstance());
    }
    return Request.newBuilder()
        .setRequestId(id)
        .setCommand(Command.newBuilder().setApplyVerdicts(all))
        .build();
  }

  @Test
  void tooManyWaitingAreTurnedAway() throws Exception {
    submitted.add(proposer.submit(LeaseLedger.put("a")));
    next();
    for (int i = 0; i < Proposer.MAX_WAITING; i++) {
      submitted.add(proposer.submit(LeaseLedger.put("b")));
    }

    Throwable e = Await.failure(proposer.submit(LeaseLedger.put("c")));

    assertThat(e).isInstanceOf(OverloadedException.class).hasMessageContaining("10000 requests");
  }

  @Test
  void aRefusalBeforeTheLogIsCertain() throws Exception {
    CompletableFuture<Reply> request = proposer.submit(LeaseLedger.put("a"));
    refuse(
        next(), new org.apache.ratis.protocol.exceptions.NotLeaderException(member(), null, null));
    assertThat(Await.failure(request)).isInstanceOf(NotLeaderException.class);

    request = proposer.submit(LeaseLedger.put("b"));
    next()
        .reply()
        .completeExceptionally(
            new CompletionException(new ResourceUnavailableException("4096 pending")));
    assertThat(Await.failure(request))
        .isInstanceOf(OverloadedException.class)
        .hasMessageContaining("4096 pending");
  }

  @Test
  void afterTheLogTheOutcomeIsUnknown() throws Exception {
    CompletableFuture<Reply> request = proposer.submit(LeaseLedger.put("a"));
    Sent entry = next();
    proposer.appended(entry.callId());
    refuse(
        entry, new org.apache.ratis.protocol.exceptions.NotLeaderException(member(), null, null));

    assertThat(Await.failure(request))
        .isInstanceOf(OutcomeUnknownException.class)
        .hasMessageContaining("same client id and sequence");
  }

  @Test
  void anEntryThatIsLoggedAndCannotBeAppliedIsToldAsSuch() throws Exception {
    CompletableFuture<Reply> request = proposer.submit(LeaseLedger.put("a"));
    Sent entry = next();
    proposer.appended(entry.callId());
    entry.reply().complete(answer(entry).setSuccess().build());

    assertThat(Await.failure(request))
        .isInstanceOf(OutcomeUnknownException.class)
        .hasMessageContaining("this replica stops: it could not apply the entry");
  }

  @Test
  void anAppliedEntryIsAnsweredWhateverRaftSays() throws Exception {
    CompletableFuture<Reply> request = proposer.submit(LeaseLedger.put("a"));
    Sent entry = next();
    proposer.appended(entry.callId());
    proposer.applied(entry.callId(), replies(entry));
    refuse(entry, new NotReplicatedException(entry.callId(), null, 1));

    assertThat(Await.get(request).getId()).isEqualTo("a");
  }

  @Test
  void aBarrierWaitsForAnEntryThatStartedAfterIt() throws Exception {
    submitted.add(proposer.submit(LeaseLedger.put("a")));
    Sent one = next();
    CompletableFuture<Void> barrier = proposer.barrier();
    commit(one);
    Sent two = next();
    assertThat(barrier).isNotDone();
    assertThat(roles(two)).isEmpty();
    commit(two);
    Await.get(barrier);
  }

  @Test
  void closingAnswersEverybody() throws Exception {
    CompletableFuture<Reply> inFlight = proposer.submit(LeaseLedger.put("a"));
    Sent entry = next();
    proposer.appended(entry.callId());
    CompletableFuture<Reply> waiting = proposer.submit(LeaseLedger.put("b"));

    proposer.close();

    assertThat(Await.failure(inFlight)).isInstanceOf(OutcomeUnknownException.class);
    assertThat(Await.failure(waiting)).isInstanceOf(NotLeaderException.class);
    assertThat(Await.failure(proposer.submit(LeaseLedger.put("c"))))
        .isInstanceOf(NotLeaderException.class);
  }

  private Sent next() throws InterruptedException {
    return Optional.ofNullable(sent.poll(Await.LIMIT.toSeconds(), TimeUnit.SECONDS))
        .orElseThrow(() -> new AssertionError("no entry was sent"));
  }

  private void commit(Sent entry) {
    proposer.appended(entry.callId());
    proposer.applied(entry.callId(), replies(entry));
    entry.reply().complete(answer(entry).setSuccess().build());
  }

  private static void refuse(Sent entry, RaftException e) {
    entry.reply().complete(answer(entry).setException(e).build());
  }

  private static RaftClientReply.Builder answer(Sent entry) {
    return RaftClientReply.newBuilder()
        .setClientId(entry.client())
        .setServerId(member())
        .setCallId(entry.callId());
  }

  private static RaftGroupMemberId member() {
    return RaftGroupMemberId.valueOf(RaftPeerId.valueOf("dm-1"), RaftGroupId.emptyGroupId());
  }

  private static List<Reply> replies(Sent entry) {
    List<Reply> replies = new ArrayList<>();
    roles(entry).forEach(role -> replies.add(Reply.newBuilder().setId(role).build()));
    return replies;
  }

  private static List<String> roles(Sent entry) {
    return entry.entry().getRequestsList().stream().map(Request::getRequestId).toList();
  }
}
