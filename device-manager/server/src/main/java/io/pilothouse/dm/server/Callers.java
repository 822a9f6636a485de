package io.pilothouse.dm.server;

import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What each caller has used of its rate. Only so many are kept, and a caller that rests is as one
 * never seen: it makes room. For one thread at a time.
 */
final class Callers {

  /** Looked at for one newcomer: the table shrinks faster than it grows, at a fixed cost. */
  private static final int LOOKED_AT = 4;

  /** One caller's account. */
  static final class Account {
    private final CallerRate rate;
    private final TokenBucket bucket;
    int working;
    int open;

    private Account(CallerRate rate, long nanoTime) {
      this.rate = rate;
      this.bucket = new TokenBucket(rate.quota(), nanoTime);
    }

    CallerRate rate() {
      return rate;
    }

    TokenBucket bucket(long nanoTime) {
      return bucket.refilled(rate.quota(), nanoTime);
    }

    private boolean rests(long nanoTime) {
      return open == 0 && bucket(nanoTime).isFull();
    }
  }

  private final int most;

  /** The least recently seen first. */
  private final LinkedHashMap<Principal, Account> known = new LinkedHashMap<>(64, 0.75f, true);

  private final Map<Principal.Kind, Account> shared = new EnumMap<>(Principal.Kind.class);

  Callers(int most) {
    this.most = most;
  }

  Account of(Principal principal, long nanoTime) {
    @Nullable Account account = known.get(principal);
    if (account != null) {
      return account;
    }
    makeRoom(nanoTime);
    CallerRate rate = CallerRate.of(principal.kind());
    if (known.size() >= most) {
      return shared.computeIfAbsent(principal.kind(), kind -> new Account(rate.shared(), nanoTime));
    }
    Account fresh = new Account(rate, nanoTime);
    known.put(principal, fresh);
    return fresh;
  }

  private void makeRoom(long nanoTime) {
    for (int i = 0; i < LOOKED_AT && !known.isEmpty(); i++) {
      Map.Entry<Principal, Account> eldest = known.firstEntry();
      if (eldest.getValue().rests(nanoTime)) {
        known.remove(eldest.getKey());
      } else {
        var unused = known.get(eldest.getKey()); // to the end: others may rest
      }
    }
  }

  int size() {
    return known.size();
  }
}
