package io.pilothouse.dm.state;

import io.pilothouse.api.log.v1.Refusal;
import io.pilothouse.api.v1.AuditRecord;
import io.pilothouse.api.v1.FrameworkEnd;
import io.pilothouse.api.v1.OfferFramework;
import io.pilothouse.manifests.offers.RoleNames;
import java.time.Instant;
import java.util.Optional;
import java.util.Set;

/**
 * Frameworks as schedulers wrote them down. One that ended is kept for a while, so that its id is
 * not taken again. All that is kept must fit into one answer: a scheduler begins by reading it.
 * Refusals that a later try of the same would get again are INVALID: a scheduler gives that
 * framework up, and waits with nothing else for it.
 */
final class OfferFrameworks {
  /** Of those that have not ended. */
  static final int MOST = 10_000;

  static final int ENDED_KEPT = 1_000;

  /** Of a framework's description; and again of what is said beside it. */
  static final int LARGEST = 64 << 10;

  /** Of all that have not ended. */
  private static final long MOST_BYTES = 32L << 20;

  private static final long ENDED_BYTES = 16L << 20;
  private static final int LONGEST_WHY = 2_000;

  private OfferFrameworks() {}

  /**
   * One that is new, or otherwise than before.
   *
   * @param ending those that the same command ends: when it comes again, that was done already
   */
  static void write(Draft draft, OfferFramework wanted, Set<String> ending)
      throws RefusedException {
    OfferRecords.requireId("a framework", wanted.getId());
    requireSize(wanted);
    requireRoles(wanted);
    Optional<OfferFramework> before = draft.offerFramework(wanted.getId());
    if (before.isPresent() && before.get().getEndedAt() != 0) {
      if (ending.contains(wanted.getId())) {
        return;
      }
      throw new RefusedException(
          Refusal.Code.INVALID,
          "framework %s ended at %s (%s); its id is not taken again"
              .formatted(
                  wanted.getId(),
                  Instant.ofEpochMilli(before.get().getEndedAt()),
                  OfferRecords.brief(before.get().getEndedWhy())),
          "have it subscribe without an id, as a new one");
    }
    OfferFramework kept =
        wanted.toBuilder()
            .setSince(before.map(OfferFramework::getSince).orElse(draft.nowMillis()))
            .clearEndedAt()
            .clearEndedWhy()
            .build();
    requireRoom(draft, kept, before);
    draft.put(kept);
    if (before.isEmpty()) {
      Named roles = new Named().addAll(kept.getRolesList(), OfferRecords::brief);
      record(
          draft,
          kept,
          "\"%s\" %ssubscribed%s"
              .formatted(
                  OfferRecords.brief(kept.getName()),
                  kept.getPrincipal().isEmpty()
                      ? ""
                      : "of " + OfferRecords.brief(kept.getPrincipal()) + " ",
                  roles.isEmpty() ? "" : " in " + roles));
    }
  }

  /** One that ended; what is not known, or ended before, stays as it is. */
  static void end(Draft draft, FrameworkEnd end) throws RefusedException {
    if (end.getWhy().length() > LONGEST_WHY) {
      throw new RefusedException(
          Refusal.Code.INVALID,
          "why framework %s ended has %s characters; expected at most %s"
              .formatted(OfferRecords.brief(end.getId()), end.getWhy().length(), LONGEST_WHY),
          "say it shorter");
    }
    Optional<OfferFramework> framework =
        draft.offerFramework(end.getId()).filter(each -> each.getEndedAt() == 0);
    if (framework.isEmpty()) {
      return;
    }
    OfferFramework ended =
        framework.get().toBuilder().setEndedAt(draft.nowMillis()).setEndedWhy(end.getWhy()).build();
    draft.put(ended);
    record(
        draft,
        ended,
        "\"%s\" ended%s"
            .formatted(
                OfferRecords.brief(ended.getName()),
                end.getWhy().isEmpty() ? "" : ": " + end.getWhy()));
  }

  /** Of those that ended at the same time the first by id goes first. */
  static void forgetOldest(Draft draft) {
    OfferIndex index = draft.indexes().offers;
    while (index.ended().size() > ENDED_KEPT || index.endedBytes() > ENDED_BYTES) {
      draft.removeOfferFramework(index.ended().first().name());
    }
  }

  private static void requireSize(OfferFramework wanted) throws RefusedException {
    int info = wanted.getInfo().size();
    int beside = wanted.toBuilder().clearInfo().clearEndedWhy().build().getSerializedSize();
    if (info > LARGEST || beside > LARGEST) {
      throw new RefusedException(
          Refusal.Code.INVALID,
          "the %s of framework %s has %s bytes; expected at most %s"
              .formatted(
                  info > LARGEST ? "FrameworkInfo" : "name, principal and roles",
                  wanted.getId(),
                  Math.max(info, beside),
                  LARGEST),
          "have it subscribe with less: labels, roles and constraints count");
    }
    if (wanted.getFailoverTimeoutMs() < 0) {
      throw new RefusedException(
          Refusal.Code.INVALID,
          "framework %s has %s ms to fail over; expected 0 or more"
              .formatted(wanted.getId(), wanted.getFailoverTimeoutMs()),
          "correct the request");
    }
  }

  /** What a scheduler writes down, the next one begins with: one that it cannot bear ends all. */
  private static void requireRoles(OfferFramework wanted) throws RefusedException {
    for (String role : wanted.getRolesList()) {
      if (role.length() > RoleNames.LONGEST) {
        throw new RefusedException(
            Refusal.Code.INVALID,
            "role %s of framework %s has %s characters; expected at most %s"
                .formatted(
                    OfferRecords.brief(role), wanted.getId(), role.length(), RoleNames.LONGEST),
            "have it subscribe in a role of a shorter name");
      }
    }
  }

  private static void requireRoom(
      Draft draft, OfferFramework wanted, Optional<OfferFramework> before) throws RefusedException {
    OfferIndex index = draft.indexes().offers;
    if (before.isEmpty() && index.live() >= MOST) {
      throw new RefusedException(
          Refusal.Code.INVALID,
          "there are %s frameworks already, and %s would be one too many"
              .formatted(index.live(), wanted.getId()),
          "tear down those that nobody needs any more");
    }
    int more = wanted.getSerializedSize() - before.map(OfferFramework::getSerializedSize).orElse(0);
    if (more > 0 && index.liveBytes() + more > MOST_BYTES) {
      throw new RefusedException(
          Refusal.Code.INVALID,
          "with framework %s all of them have %s bytes; expected at most %s"
              .formatted(wanted.getId(), index.liveBytes() + more, MOST_BYTES),
          "tear down those that nobody needs any more, or have them subscribe with less");
    }
  }

  private static void record(Draft draft, OfferFramework framework, String text) {
    draft.audit(
        AuditRecord.newBuilder()
            .setKind("OFFERS")
            .setSubject("framework/" + framework.getId())
            .setText(text));
  }
}
