package io.pilothouse.dm.state;

import io.pilothouse.api.log.v1.ApplyFleet;
import io.pilothouse.api.log.v1.Command;
import io.pilothouse.api.log.v1.Meta;
import io.pilothouse.api.log.v1.Refusal;
import io.pilothouse.api.log.v1.SetFeatureLevel;
import io.pilothouse.api.v1.AuditRecord;
import io.pilothouse.api.v1.Fleet;
import io.pilothouse.api.v1.MachineType;
import java.util.Optional;

/**
 * Which rules are in force. A rule or text that another release would give otherwise asks for a
 * level here, so that replicas of both decide the same while both run; an operator raises the level
 * when all are upgraded. It never goes back, and what a level means never changes: the logs of each
 * release are kept as golden files.
 */
public final class FeatureLevel {

  /** The rules of the first clusters, which knew no levels: a state that holds none. */
  public static final int FIRST = 1;

  /** What is kept of a request ({@link RequestBounds}) and of an apply's lines is bounded. */
  public static final int BOUNDED_REQUESTS = 2;

  /** Large fleets come packed ({@link PackedFleet}). */
  public static final int PACKED_FLEETS = 2;

  /** The newest sessions outlive a clock that jumps ahead. */
  static final int KEPT_SESSIONS = 3;

  /**
   * Machine types set aside resources for offers; a holder of a lease says where it serves; what a
   * scheduler must not forget is kept.
   */
  public static final int OFFERS = 3;

  /** Machines get their certificates by one-time tokens ({@link Enrolments}). */
  public static final int ENROLMENT = 3;

  /** A fleet that is too large for one entry comes in parts ({@link StagedFleet}). */
  public static final int STAGED_FLEETS = 3;

  /** Whoever has a hold end earlier ends it, see {@link OrderCount}. */
  static final int SHORTENED_HOLDS = 3;

  /** Who may be a deployment replica, and that one which is gone is forgotten. */
  static final int OWN_REPLICAS = 3;

  /** The last of them. */
  static final int NEWEST = OFFERS;

  /** Far above what releases need: a slip must not end every replica there will ever be. */
  private static final int MOST = 1000;

  private FeatureLevel() {}

  /** The one in force. */
  public static int of(Meta meta) {
    return Math.max(FIRST, meta.getFeatureLevel());
  }

  /** The one in force. */
  public static int of(Entities state) {
    return of(state.meta());
  }

  /** Whether the rules of a level are in force. */
  static boolean has(Entities state, int level) {
    return of(state) >= level;
  }

  /**
   * Why a command is none yet. The leader asks before it is logged, as a replica of an older build
   * would stop at a command that it does not know; the rules ask once more.
   *
   * @param inForce the level
   */
  public static Optional<Refusal> objection(int inForce, Command command) {
    int needed = neededBy(command, inForce);
    return needed <= inForce
        ? Optional.empty()
        : Optional.of(
            Refusal.newBuilder()
                .setCode(Refusal.Code.PRECONDITION)
                .setMessage(
                    "%s needs feature level %s, and %s is in force"
                        .formatted(command.getKindCase(), needed, inForce))
                .setRemedy(
                    "when all replicas are upgraded: pilot dm finalise; `pilot dm feature-level`"
                        + " shows how far they are")
                .build());
  }

  static void require(Draft draft, Command command) throws RefusedException {
    Optional<Refusal> objection = objection(of(draft), command);
    if (objection.isPresent()) {
      throw new RefusedException(objection.get());
    }
  }

  /**
   * The level from which on replicas know a command, with those of its fields that are set. A new
   * kind or field: {@link #NEWEST}, once the level before is out.
   */
  private static int neededBy(Command command, int inForce) {
    return switch (command.getKindCase()) {
      case APPLY_FLEET -> neededBy(command.getApplyFleet(), inForce);
      case ACQUIRE_LEASE ->
          command.getAcquireLease().getAddress().isEmpty()
                  && command.getAcquireLease().getApi().isEmpty()
                  && command.getAcquireLease().getEnded() == 0
                  && command.getAcquireLease().getProcess() == 0
              ? FIRST
              : OFFERS;
      case UPDATE_OFFERS -> OFFERS;
      case STAGE_FLEET -> STAGED_FLEETS;
      case OPEN_ENROLMENT, REDEEM_ENROLMENT -> ENROLMENT;
      case TICK,
          DISCOVER,
          REGISTER_MACHINE,
          OBSERVE_MACHINE,
          APPLY_VERDICTS,
          NOTICE_SILENCE,
          RELEASE_LEASE,
          CLAIM_REPAIR,
          REPORT_REPAIR,
          REPORT_PROVISIONING,
          REGISTER_MANIFEST,
          REMOVE_MANIFEST,
          OBSERVE_REPLICA,
          START_ROLLOUT,
          CONTROL_ROLLOUT,
          HOLD_MACHINE,
          UNHOLD_MACHINE,
          MACHINE_REPLACED,
          SET_FREEZE,
          PROMOTE_WATCHDOG,
          DRAIN_MACHINE,
          UNDRAIN_MACHINE,
          DECOMMISSION_MACHINE,
          RETRY_PROVISIONING,
          RESOLVE_INCIDENT,
          DECIDE_REPAIR,
          HOLD_DOMAIN,
          DECIDE_ORDER,
          // what raises the level comes before it
          SET_FEATURE_LEVEL,
          KIND_NOT_SET ->
          FIRST;
    };
  }

  /** A large fleet is unpacked for it only while that matters. */
  private static int neededBy(ApplyFleet command, int inForce) {
    if (StagedFleet.is(command)) {
      return STAGED_FLEETS;
    }
    int form = command.getPacked().isEmpty() ? FIRST : PACKED_FLEETS;
    if (inForce >= OFFERS || inForce < form) {
      return form;
    }
    try {
      Fleet fleet = PackedFleet.of(command, PackedFleet.MOST_BEFORE);
      boolean offers =
          fleet.getOfferRolesCount() > 0
              || fleet.getTypesList().stream().anyMatch(MachineType::hasOffers);
      return offers ? OFFERS : form;
    } catch (RefusedException e) {
      return form; // the rules say what is wrong with it
    }
  }

  /**
   * Raises it. That every replica applies the new level is not known here: who submits it has asked
   * them, and one that does not stops at this entry.
   */
  static void raise(Draft draft, SetFeatureLevel command) throws RefusedException {
    int before = of(draft);
    int level = command.getLevel();
    if (level < FIRST || level > MOST) {
      throw new RefusedException(
          Refusal.Code.INVALID,
          "feature level %s; expected %s to %s"
              .formatted(Integer.toUnsignedString(level), FIRST, MOST),
          "`pilot dm feature-level` shows what all replicas apply");
    }
    if (level < before) {
      throw new RefusedException(
          Refusal.Code.PRECONDITION,
          "feature level %s is in force and never goes back, here to %s".formatted(before, level),
          "to go back, restore a backup from before it was raised: docs/operations/device-manager.md");
    }
    if (level == before) {
      return;
    }
    draft.put(draft.meta().toBuilder().setFeatureLevel(level).build());
    draft.audit(
        AuditRecord.newBuilder()
            .setKind("OPERATOR")
            .setSubject("dm/feature-level")
            .setFrom(Integer.toString(before))
            .setTo(Integer.toString(level))
            .setText("builds that do not know level %s cannot go on".formatted(level)));
  }
}
