package io.pilothouse.scheduler.agents;

import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.pilothouse.api.v1.AccessObjection;
import io.pilothouse.api.v1.CheckAccessReply;
import io.pilothouse.client.DmException;
import io.pilothouse.client.UnreachableException;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Who may ask, and who may end something: the Device Manager says, by the fleet's access.yaml. For
 * a look its answer of a few seconds ago will do, and while it cannot be asked one of some minutes
 * ago; for an order it is asked each time.
 */
public final class Rights {
  /** Asks the Device Manager. */
  public interface Judge {
    CheckAccessReply check(String principal);
  }

  private static final Duration FRESH = Duration.ofSeconds(5);
  private static final Duration KEPT = Duration.ofMinutes(10);

  /** After it could not be asked, those who are known need not wait for it for so long. */
  private static final Duration PAUSE = Duration.ofSeconds(5);

  private static final int MOST = 1_000;

  private final Judge judge;
  private final LongSupplier nanos;

  private record Known(CheckAccessReply reply, long at) {}

  private final Map<String, Known> known =
      new LinkedHashMap<>() {
        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Known> eldest) {
          return size() > MOST;
        }
      };

  private @Nullable Long failedAt;

  /**
   * @param nanos a clock that passes as System.nanoTime does
   */
  public Rights(Judge judge, LongSupplier nanos) {
    this.judge = judge;
    this.nanos = nanos;
  }

  /** Returns when the principal may look; else PERMISSION_DENIED, or UNAVAILABLE: nobody knows. */
  void mayLook(String principal) {
    long now = nanos.getAsLong();
    @Nullable Known before = remembered(principal, now);
    if (before != null && (isWithin(now - before.at, FRESH) || hasFailedJustNow(now))) {
      heed(before.reply.hasRead(), before.reply.getRead());
      return;
    }
    CheckAccessReply reply;
    try {
      reply = ask(principal);
    } catch (DmException | UnreachableException e) {
      if (before == null) {
        throw unknown(principal + " may look", e);
      }
      reply = before.reply;
    }
    heed(reply.hasRead(), reply.getRead());
  }

  /** The same for one who would end something. */
  void mayOrder(String principal) {
    CheckAccessReply reply;
    try {
      reply = ask(principal);
    } catch (DmException | UnreachableException e) {
      throw unknown(principal + " may do this", e);
    }
    heed(reply.hasOperate(), reply.getOperate());
  }

  private CheckAccessReply ask(String principal) {
    try {
      CheckAccessReply reply = judge.check(principal);
      synchronized (this) {
        failedAt = null;
        known.remove(principal);
        known.put(principal, new Known(reply, nanos.getAsLong()));
      }
      return reply;
    } catch (DmException | UnreachableException e) {
      synchronized (this) {
        failedAt = nanos.getAsLong();
      }
      throw e;
    }
  }

  private synchronized @Nullable Known remembered(String principal, long now) {
    @Nullable Known before = known.get(principal);
    return before != null && isWithin(now - before.at, KEPT) ? before : null;
  }

  private synchronized boolean hasFailedJustNow(long now) {
    return failedAt != null && isWithin(now - failedAt, PAUSE);
  }

  private static boolean isWithin(long nanos, Duration time) {
    return nanos < time.toNanos();
  }

  private static void heed(boolean objects, AccessObjection objection) {
    if (objects) {
      throw Status.PERMISSION_DENIED
          .withDescription("%s: %s".formatted(objection.getMessage(), objection.getRemedy()))
          .asRuntimeException();
    }
  }

  private static StatusRuntimeException unknown(String what, RuntimeException why) {
    return Status.UNAVAILABLE
        .withDescription(
            "whether %s is for the Device Manager to say, and it cannot be asked: %s"
                .formatted(what, why.getMessage()))
        .asRuntimeException();
  }
}
