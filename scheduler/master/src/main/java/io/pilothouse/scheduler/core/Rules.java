package io.pilothouse.scheduler.core;

import io.pilothouse.scheduler.allocator.Explanation.Withheld;

/** The allocator's rules in words: what each means, and what one could do about it. */
final class Rules {
  private Rules() {}

  static String meaning(Withheld rule) {
    return switch (rule) {
      case INACTIVE -> "the framework is not connected, and is offered nothing while it is away";
      case SUPPRESSED -> "the framework wants no offers in this role: it has said SUPPRESS";
      case NOT_OFFERABLE -> "the fleet keeps them back";
      case CONSTRAINT -> "the framework's own offer constraints exclude them";
      case NOTHING_FREE -> "all of them is in use, offered to somebody, or reserved for others";
      case BELOW_MINIMUM -> "what is free of them is less than an offer must hold";
      case GPUS_SET_ASIDE -> "they have GPUs, and the framework does not say that it knows of GPUs";
      case OTHER_REGION ->
          "they are in another region, and the framework does not say that it knows of regions";
      case OLD_AGENT -> "their agents are too old for frameworks of several roles";
      case INCAPABLE -> "what is free of them needs a capability that the framework does not have";
      case LIMIT -> "the limit of the role, or of one above it, is used up";
      case HEADROOM -> "they are held back for guarantees of others that are not met";
      case FILTERED -> "the framework has declined them, not long ago";
      case OTHERS_FIRST ->
          "nothing keeps them back: they are offered as soon as nobody goes before this framework";
    };
  }

  static String remedy(Withheld rule) {
    return switch (rule) {
      case INACTIVE -> "start the framework, or look why it does not subscribe again";
      case SUPPRESSED -> "have the framework call REVIVE";
      case NOT_OFFERABLE ->
          "`pilot explain machine NAME` tells why the fleet keeps one back, and what comes next; where"
              + " the agent is not connected (/slaves: not active), its log says why";
      case CONSTRAINT -> "have the framework ask for other machines (UPDATE_FRAMEWORK)";
      case NOTHING_FREE ->
          "wait until tasks end, end some, or set aside more of the machines (`offers:` of their"
              + " types)";
      case BELOW_MINIMUM ->
          "wait until more is free, or have the framework ask for less"
              + " (offer_filters.min_allocatable_resources)";
      case GPUS_SET_ASIDE -> "give the framework the capability GPU_RESOURCES";
      case OTHER_REGION -> "give the framework the capability REGION_AWARE";
      case OLD_AGENT -> "roll out a newer agent";
      case INCAPABLE ->
          "give the framework the capability: REVOCABLE_RESOURCES, SHARED_RESOURCES or"
              + " RESERVATION_REFINEMENT";
      case LIMIT -> "end tasks in the role, or raise its limit (`kind: Role`, `pilot apply`)";
      case HEADROOM ->
          "wait until the guarantees are met, or lower them (`kind: Role`, `pilot apply`)";
      case FILTERED -> "have the framework call REVIVE, or decline for a shorter time";
      case OTHERS_FIRST ->
          "wait a second; if others always go first, give the role more weight or priority"
              + " (`kind: Role`, `pilot apply`)";
    };
  }
}
