package io.pilothouse.dm.raft;

import io.pilothouse.api.log.v1.Entry;
import io.pilothouse.api.log.v1.Reply;
import io.pilothouse.api.log.v1.Request;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** Requests that travel in one entry, and those who wait for its commit without one. */
final class Batch {

  /**
   * One who waits.
   *
   * @param request absent for a barrier: only the commit matters
   */
  record Waiting(@Nullable Request request, int bytes, CompletableFuture<Reply> answer) {}

  private final long callId;
  private final List<Waiting> requests = new ArrayList<>();
  private final List<Waiting> barriers = new ArrayList<>();
  private volatile boolean appended;
  private volatile @Nullable List<Reply> replies;

  Batch(long callId) {
    this.callId = callId;
  }

  long callId() {
    return callId;
  }

  void add(Waiting waiting) {
    (waiting.request() == null ? barriers : requests).add(waiting);
  }

  int size() {
    return requests.size();
  }

  boolean isEmpty() {
    return requests.isEmpty() && barriers.isEmpty();
  }

  Entry entry() {
    Entry.Builder entry = Entry.newBuilder();
    for (Waiting waiting : requests) {
      if (waiting.request() != null) {
        entry.addRequests(waiting.request());
      }
    }
    return entry.build();
  }

  /** How long its commit and its application may take: as the most patient request has it. */
  Duration patience() {
    return requests.stream()
        .map(each -> Proposer.patience(each.request()))
        .max(Duration::compareTo)
        .orElse(Proposer.TIMEOUT);
  }

  void markAppended() {
    appended = true;
  }

  boolean isAppended() {
    return appended;
  }

  void setReplies(List<Reply> applied) {
    replies = applied;
  }

  /** Hands out the replies; false when the entry is not applied. */
  boolean answer() {
    @Nullable List<Reply> known = replies;
    if (known == null) {
      return false;
    }
    for (int i = 0; i < requests.size(); i++) {
      requests.get(i).answer().complete(known.get(i));
    }
    barriers.forEach(waiting -> waiting.answer().complete(Reply.getDefaultInstance()));
    return true;
  }

  void fail(SubmitException e) {
    requests.forEach(waiting -> waiting.answer().completeExceptionally(e));
    barriers.forEach(waiting -> waiting.answer().completeExceptionally(e));
  }
}
