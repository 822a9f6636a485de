package io.pilothouse.dm.state;

import io.pilothouse.api.v1.Limit;
import io.pilothouse.api.v1.ProbationCause;
import io.pilothouse.api.v1.Repair;
import io.pilothouse.api.v1.RolloutPolicy;
import io.pilothouse.api.v1.Thing;

/** Phrases of the explanations. */
final class Words {
  private Words() {}

  static String cause(ProbationCause cause) {
    return switch (cause) {
      case CAUSE_JOINING -> "it joins the fleet";
      case CAUSE_DO_NOTHING -> "after DoNothing";
      case CAUSE_REPAIR -> "after a repair";
      case CAUSE_ROLLOUT -> "a rollout switched it";
      case CAUSE_INSTALL -> "its first version was switched on";
      case CAUSE_ROLLBACK -> "it was switched back";
      case CAUSE_MAINTENANCE -> "back from maintenance";
      case PROBATION_CAUSE_UNSPECIFIED, UNRECOGNIZED -> "for a reason not recorded";
    };
  }

  /** With its article. */
  static String thing(Thing thing) {
    return switch (thing) {
      case THING_MANIFEST -> "a manifest";
      case THING_IMAGE -> "an image";
      case THING_WATCHDOG_SET -> "a watchdog set";
      case THING_AGENT -> "an agent";
      case UNRECOGNIZED -> "something unknown";
    };
  }

  static String verification(Repair repair) {
    return switch (repair.getAction()) {
      case REBOOT -> "DONE once a boot id other than " + repair.getBootIdBefore() + " is seen";
      case RE_IMAGE -> "DONE once it is back in service from a fresh image";
      case REPLACE -> "DONE once the replaced machine is back in service";
      case DO_NOTHING, ESCALATE, ACTION_UNSPECIFIED, UNRECOGNIZED -> "nothing";
    };
  }

  static String policy(RolloutPolicy policy) {
    return "policy %s: %s of a unit at once, %s%% of it must succeed within %s, on failure %s"
        .formatted(
            policy.getName().isEmpty() ? "default" : policy.getName(),
            limit(policy.getMaxUnavailable()),
            share(policy.getSuccessShare()),
            Texts.span(policy.getDeadlineMs()),
            policy.getOnFailure() == RolloutPolicy.OnFailure.PAUSE ? "pause" : "roll back");
  }

  private static String limit(Limit limit) {
    return limit.getAbsolute() > 0
        ? Integer.toString(limit.getAbsolute())
        : share(limit.getPercent()) + "%";
  }

  private static String share(double percent) {
    return percent == StrictMath.rint(percent)
        ? Long.toString((long) percent)
        : Double.toString(percent);
  }
}
