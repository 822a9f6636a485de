package io.pilothouse.dm.raft;

import com.google.protobuf.ByteString;
import io.pilothouse.api.log.v1.Entry;
import io.pilothouse.api.log.v1.Request;
import java.security.SecureRandom;

/**
 * What only the leader may decide, and decides once: the time and the randomness of an entry. Every
 * replica then reads both from the log.
 */
final class Stamp {

  private static final int ENTROPY_BYTES = 16;

  private final LogClock clock;
  private final StateChecks checks;
  private final SecureRandom random = new SecureRandom();

  Stamp(LogClock clock, StateChecks checks) {
    this.clock = clock;
    this.checks = checks;
  }

  /** Never earlier than the stamp before. */
  Entry on(Entry entry) {
    Entry.Builder stamped = Entry.newBuilder().setAt(clock.stamp());
    checks.toCarry().ifPresent(stamped::setCheck);
    for (Request request : entry.getRequestsList()) {
      byte[] entropy = new byte[ENTROPY_BYTES];
      random.nextBytes(entropy);
      stamped.addRequests(request.toBuilder().setEntropy(ByteString.copyFrom(entropy)));
    }
    return stamped.build();
  }
}
