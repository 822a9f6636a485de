package io.pilothouse.dm.state;

import io.pilothouse.api.log.v1.AcquireLease;
import io.pilothouse.api.log.v1.Refusal;
import io.pilothouse.api.log.v1.ReleaseLease;
import io.pilothouse.api.v1.AuditRecord;
import io.pilothouse.api.v1.Lease;
import java.time.Instant;
import java.util.Optional;
import java.util.Set;

/** Leader leases of the satellites, each with a fencing token that only ever rises. */
final class Leases {
  static final Set<String> ROLES = Set.of("provisioning", "repair", "scheduler");

  /**
   * Those that may be taken from a holder before their time. Whoever does it may be wrong, and the
   * holder at work: agents and this log refuse what a scheduler does under an old token. A power
   * switch knows no tokens, so of the others the time must have passed.
   */
  private static final Set<String> FENCED = Set.of("scheduler");

  private static final long LONGEST_MS = 300_000;
  private static final String ADDRESS = "[A-Za-z0-9.:_\\[\\]-]{1,255}:[0-9]{1,5}";

  private Leases() {}

  /**
   * Takes or renews. A holder that renews in time keeps its token. One whose process has ended, as
   * the next one says by its token, holds it no more; nor does one that was started anew: what is
   * said of the process before it must not be true of this one.
   */
  static Lease acquire(Draft draft, AcquireLease wanted) throws RefusedException {
    if (!ROLES.contains(wanted.getRole())) {
      throw new RefusedException(
          Refusal.Code.INVALID,
          "\"" + wanted.getRole() + "\" is not a role that has a lease",
          "use provisioning, repair or scheduler");
    }
    if (wanted.getHolder().isEmpty() || wanted.getTtlMs() <= 0 || wanted.getTtlMs() > LONGEST_MS) {
      throw new RefusedException(
          Refusal.Code.INVALID,
          "a lease needs a holder and a time of 1 ms to 5 min, not \"%s\" and %s ms"
              .formatted(wanted.getHolder(), wanted.getTtlMs()),
          "correct the request");
    }
    requireAddress(wanted.getAddress());
    requireAddress(wanted.getApi());
    requireFenced(wanted);
    Optional<Lease> held = held(draft, wanted.getRole());
    if (held.isPresent() && isEnded(held.get(), wanted)) {
      end(draft, held.get(), "its process has ended, as %s found".formatted(wanted.getHolder()));
      held = Optional.empty();
    } else if (held.isPresent() && isAnew(held.get(), wanted)) {
      end(draft, held.get(), "its process was started anew");
      held = Optional.empty();
    }
    if (held.isPresent() && !held.get().getHolder().equals(wanted.getHolder())) {
      throw new RefusedException(
          Refusal.Code.PRECONDITION,
          "the lease %s is held by %s until %s"
              .formatted(
                  wanted.getRole(),
                  held.get().getHolder(),
                  Instant.ofEpochMilli(held.get().getExpiresAt())),
          "stand by and ask again");
    }
    Lease.Builder lease =
        Lease.newBuilder()
            .setRole(wanted.getRole())
            .setHolder(wanted.getHolder())
            .setAddress(wanted.getAddress())
            .setApi(wanted.getApi())
            .setProcess(wanted.getProcess())
            .setExpiresAt(draft.nowMillis() + wanted.getTtlMs());
    if (held.isPresent()) {
      lease.setToken(held.get().getToken()).setCore(held.get().getCore());
    } else {
      lease.setToken(draft.nextToken());
      audit(draft, wanted.getRole(), "", wanted.getHolder(), "token " + lease.getToken());
    }
    draft.put(lease.build());
    if (held.isEmpty() && wanted.getRole().equals("repair")) {
      Repairs.leaseLost(draft);
    }
    return lease.build();
  }

  private static Optional<Lease> held(Draft draft, String role) {
    return draft.lease(role).filter(each -> isHeld(each, draft.nowMillis()));
  }

  /** Of a token that is not the holder's any more nothing follows. */
  private static boolean isEnded(Lease held, AcquireLease wanted) {
    return wanted.getEnded() == held.getToken() && !held.getHolder().equals(wanted.getHolder());
  }

  /** One that says no process after one that did is another, too: of an older build. */
  private static boolean isAnew(Lease held, AcquireLease wanted) {
    return FENCED.contains(held.getRole())
        && held.getHolder().equals(wanted.getHolder())
        && held.getProcess() != 0
        && held.getProcess() != wanted.getProcess();
  }

  private static void requireFenced(AcquireLease wanted) throws RefusedException {
    if (wanted.getEnded() != 0 && !FENCED.contains(wanted.getRole())) {
      throw new RefusedException(
          Refusal.Code.INVALID,
          "the lease %s is not taken from a holder that has ended (token %s): what it does is not"
                  .formatted(wanted.getRole(), Long.toUnsignedString(wanted.getEnded()))
              + " refused under an old token everywhere",
          "wait for its end, and ask without a token");
    }
  }

  static void release(Draft draft, ReleaseLease released) throws RefusedException {
    require(draft, released.getRole(), released.getToken());
    end(draft, draft.lease(released.getRole()).orElseThrow(), "released");
  }

  /** Ends leases that were not renewed in time. */
  static void expire(Draft draft) {
    for (String role : draft.due(Table.LEASE).keySet()) {
      end(draft, draft.lease(role).orElseThrow(), "not renewed in time");
    }
  }

  /** Refuses a write under a token that is no longer the lease's. */
  static void require(Draft draft, String role, long token) throws RefusedException {
    Optional<Refusal> objection = objection(draft, role, token, draft.nowMillis());
    if (objection.isPresent()) {
      throw new RefusedException(objection.get());
    }
  }

  /**
   * Why a token is not the lease's; empty when it is.
   *
   * @param now milliseconds since the epoch
   */
  static Optional<Refusal> objection(Entities state, String role, long token, long now) {
    Optional<Lease> lease = state.lease(role).filter(each -> isHeld(each, now));
    return lease.isPresent() && lease.get().getToken() == token
        ? Optional.empty()
        : Optional.of(
            new RefusedException(
                    Refusal.Code.STALE_TOKEN,
                    "token %s of the lease %s is stale%s"
                        .formatted(
                            token,
                            role,
                            lease.map(each -> "; " + each.getHolder() + " holds it").orElse("")),
                    "stop acting, and acquire the lease again")
                .refusal());
  }

  private static void requireAddress(String address) throws RefusedException {
    if (!address.isEmpty() && !address.matches(ADDRESS)) {
      throw new RefusedException(
          Refusal.Code.INVALID,
          "\"%s\" is not where a holder can be reached".formatted(address),
          "write HOST:PORT, or leave the address out");
    }
  }

  private static boolean isHeld(Lease lease, long now) {
    return !lease.getHolder().isEmpty() && lease.getExpiresAt() > now;
  }

  /** The addresses stay: who looks for the next holder has one to ask until there is another. */
  private static void end(Draft draft, Lease lease, String why) {
    draft.put(lease.toBuilder().setHolder("").setExpiresAt(0).build());
    audit(draft, lease.getRole(), lease.getHolder(), "", why);
    if (lease.getRole().equals("repair")) {
      Repairs.leaseLost(draft);
    }
  }

  private static void audit(Draft draft, String role, String from, String to, String text) {
    draft.audit(
        AuditRecord.newBuilder()
            .setKind("LEASE")
            .setSubject("lease/" + role)
            .setFrom(from)
            .setTo(to)
            .setText(text));
  }
}
