package io.pilothouse.dm.raft;

import com.google.protobuf.ByteString;
import io.pilothouse.api.log.v1.Entry;
import io.pilothouse.api.log.v1.Request;
import java.security.SecureRandom;
import java.util.function.IntSupplier;

/**
 * What only the leader may decide, and decides once: the time and the randomness of an entry, and
 * by which rules a new cluster begins. Every replica then reads it from the log.
 */
final class Stamp {

  private static final int ENTROPY_BYTES = 16;

  private final LogClock clock;
  private final StateChecks checks;
  private final IntSupplier birth;
  private final SecureRandom random = new SecureRandom();

  /**
   * Stamps by these.
   *
   * @param birth the feature level of a cluster that begins now; 0 when it has begun
   */
  Stamp(LogClock clock, StateChecks checks, IntSupplier birth) {
    this.clock = clock;
    this.checks = checks;
    this.birth = birth;
  }

  /** Never earlier than the stamp before. */
  Entry on(Entry entry) {
    Entry.Builder stamped =
        Entry.newBuilder().setAt(clock.stamp()).setBornAtLevel(birth.getAsInt());
    checks.toCarry().ifPresent(stamped::setCheck);
    for (Request request : entry.getRequestsList()) {
      byte[] entropy = new byte[ENTROPY_BYTES];
      random.nextBytes(entropy);
      stamped.addRequests(request.toBuilder().setEntropy(ByteString.copyFrom(entropy)));
    }
    return stamped.build();
  }
}
