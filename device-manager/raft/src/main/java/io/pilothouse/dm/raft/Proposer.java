package io.pilothouse.dm.raft;

import io.pilothouse.api.log.v1.Entry;
import io.pilothouse.api.log.v1.Refusal;
import io.pilothouse.api.log.v1.Reply;
import io.pilothouse.api.log.v1.Request;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import org.apache.ratis.protocol.ClientId;
import org.apache.ratis.protocol.RaftClientReply;
import org.apache.ratis.protocol.exceptions.ResourceUnavailableException;
import org.jspecify.annotations.Nullable;

/**
 * Gathers requests into log entries. One entry is in flight at a time; what arrives meanwhile goes
 * into the next, because an entry costs the same with one request as with a hundred. All answers
 * come from one thread, so that callers keep the applying thread free.
 */
final class Proposer implements Proposals, AutoCloseable {

  static final int MAX_REQUESTS = 200;

  /**
   * Verdicts in an entry, unless one request has more: readers wait while it is applied, and each
   * takes some 40 µs.
   */
  static final int MAX_VERDICTS = 400;

  static final int MAX_BYTES = 1 << 20;
  static final int MAX_REQUEST_BYTES = 4 << 20;
  static final int MAX_WAITING = 10_000;
  static final Duration TIMEOUT = Duration.ofSeconds(10);

  /** To apply a million machines takes longer than all else: some 5,000 a second. */
  private static final int BYTES_A_SECOND = 800_000;

  /** Of the largest fleet. */
  static final Duration LARGE_TIMEOUT = Duration.ofMinutes(6);

  /** How an entry reaches Raft. */
  interface Log {
    CompletableFuture<RaftClientReply> append(ClientId client, long callId, Entry entry);
  }

  private final ClientId client = ClientId.randomId();
  private final Log log;
  private final Supplier<NotLeaderException> notLeader;
  private final ReplicaMetrics metrics;
  private final ExecutorService thread =
      Executors.newSingleThreadExecutor(
          Thread.ofPlatform().daemon().name("dm-raft-proposer").factory());

  private final Queue<Batch.Waiting> queue = new ArrayDeque<>();
  private boolean running;
  private boolean closed;
  private long lastCallId;
  private volatile @Nullable Batch inFlight;

  Proposer(Log log, Supplier<NotLeaderException> notLeader, ReplicaMetrics metrics) {
    this.log = log;
    this.notLeader = notLeader;
    this.metrics = metrics;
    metrics.gauge("dm.raft.waiting", "Requests that wait for the next entry", this::waiting);
  }

  /** Proposes a request. */
  CompletableFuture<Reply> submit(Request request) {
    int bytes = request.getSerializedSize();
    if (bytes > MAX_REQUEST_BYTES) {
      return CompletableFuture.completedFuture(tooLarge(bytes));
    }
    return enqueue(request, bytes);
  }

  /** Completes when an entry proposed after this call is applied here: proof of leadership. */
  CompletableFuture<Void> barrier() {
    return enqueue(null, 0).thenAccept(reply -> {});
  }

  @Override
  public boolean isOwn(ClientId other) {
    return client.equals(other);
  }

  @Override
  public void appended(long callId) {
    @Nullable Batch batch = inFlight;
    if (batch != null && batch.callId() == callId) {
      batch.markAppended();
    }
  }

  @Override
  public void applied(long callId, List<Reply> replies) {
    @Nullable Batch batch = inFlight;
    if (batch != null && batch.callId() == callId) {
      batch.setReplies(replies);
    }
  }

  @Override
  public void close() {
    Batch left = new Batch(-1);
    synchronized (queue) {
      closed = true;
      queue.forEach(left::add);
      queue.clear();
    }
    if (!left.isEmpty()) {
      left.fail(notLeader.get());
    }
    @Nullable Batch batch = inFlight;
    if (batch != null && !batch.answer()) {
      batch.fail(batch.isAppended() ? unknown("the replica was closed") : notLeader.get());
    }
    thread.shutdown();
  }

  private CompletableFuture<Reply> enqueue(@Nullable Request request, int bytes) {
    CompletableFuture<Reply> answer = new CompletableFuture<>();
    synchronized (queue) {
      if (closed) {
        return CompletableFuture.failedFuture(notLeader.get());
      }
      if (queue.size() >= MAX_WAITING) {
        metrics.overloaded.increment();
        return CompletableFuture.failedFuture(
            new OverloadedException(
                MAX_WAITING + " requests wait for the log already; retry with a growing pause"));
      }
      queue.add(new Batch.Waiting(request, bytes, answer));
      if (!running) {
        running = true;
        thread.execute(this::sendNext);
      }
    }
    Duration patience = patience(request);
    return answer
        .orTimeout(patience.toMillis(), TimeUnit.MILLISECONDS)
        .exceptionallyCompose(e -> CompletableFuture.failedFuture(translate(e, patience)));
  }

  /** By the fleet that is applied; who approves an order does not say what is in it. */
  static Duration patience(@Nullable Request request) {
    if (request == null) {
      return TIMEOUT;
    }
    if (request.getCommand().hasDecideOrder()) {
      return LARGE_TIMEOUT;
    }
    int size = request.getCommand().getApplyFleet().getPackedSize();
    return TIMEOUT.plusSeconds(Math.max(0, size) / BYTES_A_SECOND);
  }

  private void sendNext() {
    @Nullable Batch batch = next();
    if (batch == null) {
      return;
    }
    inFlight = batch;
    metrics.requestsPerEntry.record(batch.size());
    long start = System.nanoTime();
    CompletableFuture<RaftClientReply> committed;
    try {
      committed = log.append(client, batch.callId(), batch.entry());
    } catch (RuntimeException e) {
      committed = CompletableFuture.failedFuture(e);
    }
    // the callers wait for the answers, nobody for this
    CompletableFuture<?> unused =
        committed
            .orTimeout(batch.patience().toMillis(), TimeUnit.MILLISECONDS)
            .whenComplete(
                (reply, error) -> {
                  metrics.commit.record(System.nanoTime() - start, TimeUnit.NANOSECONDS);
                  finishLater(batch, reply, error);
                });
  }

  private void finishLater(
      Batch batch, @Nullable RaftClientReply reply, @Nullable Throwable error) {
    synchronized (queue) {
      if (closed) {
        return;
      }
      thread.execute(
          () -> {
            if (!batch.answer()) {
              batch.fail(failure(batch, reply, error));
            }
            inFlight = null;
            sendNext();
          });
    }
  }

  /** The next entry's requests, without those whose callers gave up; null when none wait. */
  private @Nullable Batch next() {
    synchronized (queue) {
      Batch batch = new Batch(++lastCallId);
      int bytes = 0;
      int verdicts = 0;
      for (Batch.@Nullable Waiting each = queue.peek(); each != null; each = queue.peek()) {
        bytes += each.bytes();
        verdicts += verdicts(each.request());
        if (batch.size() == MAX_REQUESTS
            || (batch.size() > 0 && (bytes > MAX_BYTES || verdicts > MAX_VERDICTS))) {
          break;
        }
        queue.remove();
        if (!each.answer().isDone()) {
          batch.add(each);
        }
      }
      running = !batch.isEmpty();
      return running ? batch : null;
    }
  }

  private static int verdicts(@Nullable Request request) {
    return request == null ? 0 : request.getCommand().getApplyVerdicts().getReportsCount();
  }

  private SubmitException failure(
      Batch batch, @Nullable RaftClientReply reply, @Nullable Throwable error) {
    @Nullable Throwable cause = reply == null ? unwrap(error) : reply.getException();
    if (batch.isAppended()) {
      // Ratis answers that all is well for an entry that the state machine could not apply
      return unknown(
          cause == null
              ? "this replica stops: it could not apply the entry"
              : String.valueOf(cause));
    }
    if (cause instanceof ResourceUnavailableException) {
      metrics.overloaded.increment();
      return new OverloadedException("the log is behind: " + cause.getMessage());
    }
    return notLeader.get();
  }

  private SubmitException translate(Throwable e, Duration patience) {
    @Nullable Throwable cause = unwrap(e);
    if (cause instanceof TimeoutException) {
      return unknown("no majority confirmed it within " + patience.toSeconds() + " s");
    }
    return cause instanceof SubmitException known ? known : unknown(String.valueOf(cause));
  }

  private static @Nullable Throwable unwrap(@Nullable Throwable e) {
    return e instanceof CompletionException && e.getCause() != null ? e.getCause() : e;
  }

  private OutcomeUnknownException unknown(String why) {
    metrics.unknown.increment();
    return new OutcomeUnknownException(
        "the outcome is not known (" + why + "); repeat with the same client id and sequence");
  }

  int waiting() {
    synchronized (queue) {
      return queue.size();
    }
  }

  private static Reply tooLarge(int bytes) {
    return Reply.newBuilder()
        .setRefusal(
            Refusal.newBuilder()
                .setCode(Refusal.Code.INVALID)
                .setMessage(
                    "request of %d bytes; expected at most %d".formatted(bytes, MAX_REQUEST_BYTES))
                .setRemedy("split it"))
        .build();
  }
}
