package io.pilothouse.scheduler.allocator;

import io.pilothouse.scheduler.allocator.resources.Quantities;
import java.util.SortedMap;

/**
 * Why a framework gets in a role what it gets. Computed when it is asked for, from the same
 * predicates that decide, by asking them about every agent.
 *
 * @param share the role's dominant share, 0 to 1, of all there is
 * @param frameworkShare this framework's
 * @param rank of the framework in this role, from 1, in the order of the next pass; 0: not in it
 * @param roleRank of the role
 * @param consumed what is charged against the quota
 * @param headroom what is held back, for guarantees not met, by name
 * @param offeredLastCycle agents that it was offered in the last cycle that asked about it
 * @param offersEver to it in this role
 * @param withheld agents by the rule that withholds them now
 */
public record Explanation(
    String framework,
    String role,
    double share,
    double frameworkShare,
    double weight,
    int priority,
    int roleRank,
    int rank,
    Quota quota,
    Quantities consumed,
    Quantities headroom,
    long offeredLastCycle,
    long offersEver,
    SortedMap<Withheld, Long> withheld,
    SortedMap<String, Long> notOfferable) {
  /** The first rule, in this order, that keeps an agent from being offered. */
  public enum Withheld {
    /** The framework is disconnected. */
    INACTIVE,
    /** The role does not want offers. */
    SUPPRESSED,
    /** The fleet keeps the agent back; the explanation counts its reasons. */
    NOT_OFFERABLE,
    /** The role's offer constraints exclude the agent. */
    CONSTRAINT,
    /** All is allocated, or reserved for others. */
    NOTHING_FREE,
    /** What is free is less than an offer must hold. */
    BELOW_MINIMUM,
    /** It has GPUs, and the framework does not know of them. */
    GPUS_SET_ASIDE,
    /** Another region, and the framework does not know of them. */
    OTHER_REGION,
    /** The agent is too old for frameworks of several roles. */
    OLD_AGENT,
    /** What is free needs a capability that the framework has not. */
    INCAPABLE,
    /** The role's quota is used up, or less than an offer's minimum is left of it. */
    LIMIT,
    /** Held back for guarantees of others. */
    HEADROOM,
    /** Declined, not long ago. */
    FILTERED,
    /** Nothing: it is offered as soon as nobody is before this framework. */
    OTHERS_FIRST
  }
}
