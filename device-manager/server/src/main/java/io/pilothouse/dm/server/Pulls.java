package io.pilothouse.dm.server;

import com.google.protobuf.Message;
import io.grpc.Status;
import io.pilothouse.dm.state.State;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Pulls: answered from this replica's applied state, whatever its role, but never from one older
 * than the asker has seen; held back until there is news for the asker.
 */
final class Pulls {

  /** How long a replica that is behind may take to catch up with the asker. */
  private static final Duration CATCH_UP = Duration.ofSeconds(1);

  private static final Duration CATCH_UP_STEP = Duration.ofMillis(10);
  private static final int ASKERS_REMEMBERED = 1000;

  /** An answer and the revision it was read at. */
  record Answer<T>(T message, long revision) {}

  private record Sent(long revision, String digest) {}

  private final Ledger ledger;
  private final Waiters waiters;
  private final OfferablePulls offerable;

  /** Soft: what each satellite was last told here. Its loss costs one answer without news. */
  private final Map<String, Sent> sent =
      new LinkedHashMap<>(64, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Sent> eldest) {
          return size() > ASKERS_REMEMBERED;
        }
      };

  Pulls(Ledger ledger, Waiters waiters) {
    this.ledger = ledger;
    this.waiters = waiters;
    this.offerable = new OfferablePulls(this, waiters);
  }

  /** Of schedulers. */
  OfferablePulls offerable() {
    return offerable;
  }

  /** Reads together with the revision. */
  <T> Answer<T> read(Function<State, T> reader) {
    return ledger.read(state -> new Answer<>(reader.apply(state), ledger.appliedIndex()));
  }

  /** Returns when this replica has applied the log up to {@code revision}. */
  void catchUp(long revision) {
    long end = System.nanoTime() + CATCH_UP.toNanos();
    while (ledger.appliedIndex() < revision) {
      if (System.nanoTime() - end > 0) {
        throw Refusals.of(
            Status.Code.UNAVAILABLE,
            "this replica is at revision %d, behind the %d that you have seen"
                .formatted(ledger.appliedIndex(), revision),
            "ask another replica");
      }
      try {
        Thread.sleep(CATCH_UP_STEP);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw Refusals.shuttingDown();
      }
    }
  }

  /**
   * A satellite's pull: at once when the answer differs from what it was told here last, or it has
   * not seen that; else when it changes or the wait is over.
   *
   * <p>The asker's revision alone cannot tell: it rises by the asker's own writes too, past changes
   * that it was not told of.
   */
  <T extends Message> Answer<T> satellite(
      String method, long revision, long waitMs, Set<Topic> topics, Function<State, T> view) {
    catchUp(revision);
    String asker = Caller.current().principal() + " " + method;
    Patience patience = new Patience(waitMs);
    try (Waiters.Waiter waiter = waiters.open(topics)) {
      while (true) {
        Answer<T> answer = read(view);
        String digest = digest(answer.message());
        if (revision == 0 || patience.isOver() || isNews(asker, revision, digest)) {
          remember(asker, new Sent(answer.revision(), digest));
          return answer;
        }
        waiter.await(patience.left());
      }
    }
  }

  private synchronized boolean isNews(String asker, long revision, String digest) {
    @Nullable Sent last = sent.get(asker);
    return last == null || revision < last.revision() || !digest.equals(last.digest());
  }

  private synchronized void remember(String asker, Sent told) {
    sent.put(asker, told);
  }

  /** An entity tag: the same for equal messages on every replica. */
  static String digest(Message message) {
    try {
      MessageDigest sha256 = MessageDigest.getInstance("SHA-256");
      return HexFormat.of().formatHex(sha256.digest(message.toByteArray()));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }
}
