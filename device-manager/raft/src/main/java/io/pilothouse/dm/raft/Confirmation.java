package io.pilothouse.dm.raft;

import io.pilothouse.api.log.v1.ReplicaAnswer;
import io.pilothouse.api.log.v1.ReplicaQuestion;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;

/**
 * Makes sure that this replica still leads, without an entry in the log: a majority says, after it
 * was asked, that the term is still this leader's. Whoever was elected later needs the vote of one
 * of them, which knows the later term from then on; so all that another leader acknowledged was
 * acknowledged after the question.
 *
 * <p>One round of questions is under way at a time; who comes meanwhile waits for the next, as the
 * answers of the present one may be older than he is.
 */
final class Confirmation {

  /** A majority that is up answers within a few ms; an entry in the log takes the place of it. */
  private static final Duration PATIENCE = Duration.ofMillis(500);

  private static final ReplicaQuestion QUESTION =
      ReplicaQuestion.newBuilder().setTermOnly(true).build();

  private final String self;
  private final BooleanSupplier leads;
  private final LongSupplier term;
  private final Members members;
  private final PeerQuestions questions;
  private List<CompletableFuture<Boolean>> waiting = new ArrayList<>();
  private boolean asking;

  /**
   * Asks nobody yet.
   *
   * @param leads whether this replica leads and has applied what earlier leaders acknowledged
   * @param term that this replica is in
   */
  Confirmation(
      String self,
      BooleanSupplier leads,
      LongSupplier term,
      Members members,
      PeerQuestions questions) {
    this.self = self;
    this.leads = leads;
    this.term = term;
    this.members = members;
    this.questions = questions;
  }

  /** Completes with whether a majority confirmed it; with false when it did not answer soon. */
  CompletableFuture<Boolean> confirm() {
    CompletableFuture<Boolean> confirmed = new CompletableFuture<>();
    synchronized (this) {
      waiting.add(confirmed);
      if (asking) {
        return confirmed;
      }
      asking = true;
    }
    round();
    return confirmed;
  }

  private void round() {
    List<CompletableFuture<Boolean>> answered;
    synchronized (this) {
      answered = waiting;
      waiting = new ArrayList<>();
    }
    CompletableFuture<?> unused = // it always completes, with a value
        ask()
            .completeOnTimeout(false, PATIENCE.toMillis(), TimeUnit.MILLISECONDS)
            .thenAccept(
                confirmed -> {
                  if (isAnybodyWaiting()) {
                    round();
                  }
                  answered.forEach(each -> each.complete(confirmed));
                });
  }

  private synchronized boolean isAnybodyWaiting() {
    asking = !waiting.isEmpty();
    return asking;
  }

  private CompletableFuture<Boolean> ask() {
    long asked = term.getAsLong();
    CompletableFuture<Boolean> confirmed = new CompletableFuture<>();
    Set<String> same = new HashSet<>();
    List<CompletableFuture<?>> all = new ArrayList<>();
    settle(self, asked, asked, same, confirmed);
    for (Map.Entry<String, CompletableFuture<ReplicaAnswer>> each :
        questions.ask(members.others(), QUESTION).entrySet()) {
      String id = each.getKey();
      all.add(
          each.getValue()
              .handle(
                  (answer, error) -> {
                    if (answer != null) {
                      settle(id, answer.getTerm(), asked, same, confirmed);
                    }
                    return null;
                  }));
    }
    CompletableFuture<?> unused = // those who fail were handled
        CompletableFuture.allOf(all.toArray(CompletableFuture[]::new))
            .thenRun(() -> confirmed.complete(false));
    return confirmed;
  }

  /** A replica of another term, or of a version that does not say, confirms nothing. */
  private void settle(
      String id, long theirs, long asked, Set<String> same, CompletableFuture<Boolean> confirmed) {
    if (theirs != asked) {
      return;
    }
    boolean majority;
    synchronized (same) {
      same.add(id);
      majority = members.isMajority(same);
    }
    if (majority && leads.getAsBoolean() && term.getAsLong() == asked) {
      confirmed.complete(true);
    }
  }
}
