package io.pilothouse.scheduler.allocator;

import io.pilothouse.scheduler.allocator.resources.Quantities;
import io.pilothouse.scheduler.allocator.resources.Resources;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * Decides who is offered what. The caller tells it what there is and what became of offers, and
 * asks for the next ones; it holds no clock (times are milliseconds of the caller's), starts
 * nothing and is used by one thread.
 *
 * <p>What {@link #allocate} and {@link #allocateChanged} return counts as allocated from then on,
 * until {@link #recover} gives it back. What is in use and what is offered is the same to it.
 *
 * <p>A framework, agent or role that is named and not known is the caller's fault and throws {@link
 * IllegalArgumentException}, but in {@link #recover}, where either may have gone meanwhile.
 */
public interface Allocator {
  static Allocator create(Options options) {
    return new HierarchicalAllocator(options);
  }

  // ---- frameworks

  /**
   * Active at once. What agents that are known already have of it is counted: see {@link
   * #addAgent}.
   */
  void addFramework(Framework framework);

  /** Roles, capabilities, minimum, constraints: all as in the new one. Filters stay. */
  void updateFramework(Framework framework);

  /**
   * Offers nothing to it any more, and its filters are gone. What it has stays allocated to it, and
   * counts for its roles, until {@link #recover}: its tasks end when they end.
   */
  void removeFramework(String framework);

  /** It can be offered to again, with the roles that were suppressed still so. */
  void activateFramework(String framework);

  /** Offers nothing to it; it keeps what it has. Its filters are gone. */
  void deactivateFramework(String framework);

  /** No offers in these roles (none given: in any) until {@link #revive}. */
  void suppress(String framework, Collection<String> roles);

  /** Offers in these roles again, and forgets their filters; also of roles that had offers. */
  void revive(String framework, Collection<String> roles);

  // ---- agents

  /**
   * A machine that was not known.
   *
   * @param used what frameworks have on it, also those that are not known (yet): an agent is often
   *     back before the framework is
   */
  void addAgent(Agent agent, List<Allocation> used);

  /**
   * Of an agent that is known: its total, attributes and place. What is allocated stays so. Once
   * more is said about it, or something else, what was declined of it is forgotten.
   */
  void updateAgent(Agent agent);

  /**
   * A framework has turned out to have something that was not allocated to it by this allocator.
   */
  void addUse(Allocation used);

  /** With all that is allocated on it. */
  void removeAgent(String agent);

  /**
   * Whether anything on it may be offered. What is allocated there is the caller's matter.
   *
   * @param withheld why not, as a sentence for people; empty: it may
   */
  void setOfferable(String agent, Optional<String> withheld);

  // ---- what operators set

  void setWeight(String role, double weight);

  /** Roles of a higher priority are served first, among siblings; 0 unless set. */
  void setPriority(String role, int priority);

  /** {@link Quota#NONE} removes it. */
  void setQuota(String role, Quota quota);

  // ---- what became of allocations

  /**
   * Declined, rescinded, ended: this is free again. What goes beyond the framework's allocation is
   * ignored: it may have been freed with its agent.
   *
   * @param refuseMillis for how long (from now) this framework does not want these resources in
   *     this role again, or fewer of them; empty or 0: no filter. At least until the next batch
   */
  void recover(Allocation allocation, OptionalLong refuseMillis, long now);

  /**
   * An operation on what a framework has (RESERVE, CREATE, one more user of a shared volume, …):
   * these resources of it have become those. Throws if it has not got them.
   */
  void exchange(String framework, String role, String agent, Resources from, Resources to);

  /**
   * An operation on what nobody has.
   *
   * @return false, and nothing is changed, when not all of it is free
   */
  boolean exchangeFree(String agent, Resources from, Resources to);

  // ---- allocation

  /** A batch: all agents. Returned in the order in which it was decided. */
  List<Allocation> allocate(long now);

  /**
   * At events: only agents to which something happened since the last allocation that could make
   * somebody want them. What was given back waits for the next batch.
   */
  List<Allocation> allocateChanged(long now);

  // ---- agents that are to be taken away

  /**
   * Says that an agent is to be taken away.
   *
   * @param unavailability when it is to be taken; empty: it is not. Answers to an earlier one are
   *     forgotten
   */
  void setUnavailability(String agent, Optional<Unavailability> unavailability);

  /** For frameworks with something on agents that are to be taken, each asked once at a time. */
  List<InverseOffer> inverseOffers(long now);

  /**
   * The framework answered, or (empty) the question was withdrawn.
   *
   * @param refuseMillis not to be asked again for so long
   */
  void answerInverseOffer(
      String framework,
      String agent,
      Optional<Boolean> accepted,
      OptionalLong refuseMillis,
      long now);

  /** Who answered what about an agent, by framework. */
  Map<String, Boolean> inverseAnswers(String agent);

  // ---- why

  /** Why a framework gets in a role what it gets, at this moment. */
  Explanation explain(String framework, String role, long now);

  /** Roles that somebody is in, or that an operator set something of, and those above; by name. */
  List<RoleStanding> roles();

  /**
   * What is missing to guarantees that somebody waits for, and cannot come from what is free on
   * machines that may be offered; by role. What a role below another lacks is not said again of
   * that one.
   */
  List<Shortfall> shortfalls();

  /** What it has on an agent in a role. */
  Resources allocated(String framework, String role, String agent);

  /** What nobody has on an agent, whether or not it can be offered. */
  Resources free(String agent);

  /** So much a role lacks. */
  record Shortfall(String role, Quantities missing) {}

  /** From when until when (empty: for ever) an agent is not there. */
  record Unavailability(long startMillis, OptionalLong durationMillis) {}

  /** Will you do without this agent? */
  record InverseOffer(String framework, String agent, Unavailability unavailability) {}
}
