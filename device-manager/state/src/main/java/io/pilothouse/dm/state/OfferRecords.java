package io.pilothouse.dm.state;

import io.pilothouse.api.log.v1.Refusal;
import io.pilothouse.api.log.v1.UpdateOffers;
import io.pilothouse.api.v1.FrameworkEnd;
import io.pilothouse.api.v1.Lease;
import io.pilothouse.api.v1.MachineConsent;
import io.pilothouse.api.v1.OfferAgent;
import io.pilothouse.api.v1.OfferFramework;
import io.pilothouse.manifests.offers.RoleNames;
import java.time.Instant;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * What a scheduler must not forget: which frameworks there are ({@link OfferFrameworks}), and which
 * agent each machine has ({@link OfferAgents}); and what frameworks say to machines' being taken
 * ({@link OfferConsents}). It says what is, so a command that comes twice is done once. All of a
 * command is done, or nothing.
 */
public final class OfferRecords {
  /** What a scheduler leads by. */
  public static final String LEASE = "scheduler";

  /** Of an id that a framework or an agent goes by. */
  static final int LONGEST_ID = 255;

  private static final int BRIEF = 64;

  private OfferRecords() {}

  static void update(Draft draft, UpdateOffers command) throws RefusedException {
    Leases.require(draft, LEASE, command.getLeaseToken());
    requireNewest(draft, command.getCore());
    Set<String> ending =
        command.getFrameworksEndedList().stream()
            .map(FrameworkEnd::getId)
            .collect(Collectors.toCollection(TreeSet::new));
    for (OfferFramework each : command.getFrameworksList()) {
      OfferFrameworks.write(draft, each, ending);
    }
    for (FrameworkEnd each : command.getFrameworksEndedList()) {
      OfferFrameworks.end(draft, each);
    }
    OfferFrameworks.forgetOldest(draft);
    // a machine that is in both lists keeps its agent: too much written down does no harm. So does
    // one that is merely offered no more: its tasks may still run
    for (String machine : command.getAgentsGoneList()) {
      OfferAgents.forget(draft, machine);
    }
    for (OfferAgent each : command.getAgentsList()) {
      OfferAgents.write(draft, each);
    }
    for (MachineConsent each : command.getConsentsList()) {
      OfferConsents.write(draft, each);
    }
  }

  /** What one that is over had under way must not change what the next has read. */
  private static void requireNewest(Draft draft, long core) throws RefusedException {
    Lease lease = draft.lease(LEASE).orElseThrow();
    int order = Long.compareUnsigned(core, lease.getCore());
    if (order < 0) {
      throw new RefusedException(
          Refusal.Code.STALE_TOKEN,
          "core %s of the scheduler is over: %s has begun under the same token"
              .formatted(Long.toUnsignedString(core), Long.toUnsignedString(lease.getCore())),
          "begin anew, with a higher number");
    }
    if (order > 0) {
      draft.put(lease.toBuilder().setCore(core).build());
    }
  }

  /**
   * Why a principal may not read what is kept here: only who leads has a use for it.
   *
   * @param at the reader's time, or the state's if that is later
   */
  public static Optional<Refusal> objection(
      Entities state, String principal, long token, Instant at) {
    long now = Math.max(at.toEpochMilli(), state.meta().getNow());
    return Authorization.leaseObjection(state, principal, LEASE)
        .or(() -> Leases.objection(state, LEASE, token, now));
  }

  /**
   * An id is a part of paths and URLs.
   *
   * @param whose with its article
   */
  static void requireId(String whose, String id) throws RefusedException {
    boolean fits =
        !id.isEmpty()
            && id.length() <= LONGEST_ID
            && id.chars().noneMatch(each -> each == '/' || RoleNames.isBlank(each));
    if (!fits) {
      throw new RefusedException(
          Refusal.Code.INVALID,
          "\"%s\" is no id of %s; expected 1 to %s characters, none of them / or a blank"
              .formatted(brief(id), whose, LONGEST_ID),
          "give another id");
    }
  }

  /** The beginning of a text from outside, for a sentence. */
  static String brief(String text) {
    if (text.length() <= BRIEF) {
      return text;
    }
    // half a character cannot be stored
    int end = Character.isHighSurrogate(text.charAt(BRIEF - 1)) ? BRIEF - 1 : BRIEF;
    return text.substring(0, end) + "…";
  }
}
