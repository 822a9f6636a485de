package io.pilothouse.dm.raft;

import com.google.protobuf.ByteString;
import io.pilothouse.api.log.v1.Entry;
import io.pilothouse.api.log.v1.Request;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.concurrent.atomic.AtomicLong;

/**
 * What only the leader may decide, and decides once: the time and the randomness of an entry. Every
 * replica then reads both from the log.
 */
final class Stamp {

  private static final int ENTROPY_BYTES = 16;

  private final InstantSource clock;
  private final SecureRandom random = new SecureRandom();
  private final AtomicLong last = new AtomicLong();

  Stamp(InstantSource clock) {
    this.clock = clock;
  }

  /** Never earlier than the stamp before, though the clock may be set back. */
  Entry on(Entry entry) {
    long at = last.accumulateAndGet(clock.millis(), Math::max);
    Entry.Builder stamped = Entry.newBuilder().setAt(at);
    for (Request request : entry.getRequestsList()) {
      byte[] entropy = new byte[ENTROPY_BYTES];
      random.nextBytes(entropy);
      stamped.addRequests(request.toBuilder().setEntropy(ByteString.copyFrom(entropy)));
    }
    return stamped.build();
  }
}
