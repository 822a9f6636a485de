package io.pilothouse.scheduler.allocator;

import io.pilothouse.scheduler.allocator.Explanation.Withheld;
import io.pilothouse.scheduler.allocator.resources.Entry;
import io.pilothouse.scheduler.allocator.resources.Kind;
import io.pilothouse.scheduler.allocator.resources.Quantities;
import io.pilothouse.scheduler.allocator.resources.Resources;
import io.pilothouse.scheduler.allocator.resources.Value;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What of an agent a client may be offered, and if nothing, by which rule. The cycle asks it to
 * decide and explanations ask it to explain, so that they cannot differ.
 */
final class Judge {
  private final Books books;

  /** Scratch: how much may go, by index of the totals. */
  private long[] room = new long[4];

  /** The rule that withheld all, of the last answer that was {@link Resources#NONE}. */
  private Withheld reason = Withheld.OTHERS_FIRST;

  /** Quotas withheld something in the last answer, be it not all. */
  private boolean cut;

  private @Nullable Resources measured;
  private @Nullable List<Quantities> measure;
  private boolean enough;
  private @Nullable Resources looked;
  private int[] indexes = {};

  Judge(Books books) {
    this.books = books;
  }

  Withheld reason() {
    return reason;
  }

  boolean wasCut() {
    return cut;
  }

  /**
   * For guarantees: of what counts towards them as much as is missing; if that is anything, then
   * also all that no quota is about, and what else the limits and the others' guarantees leave.
   */
  Resources first(Client client, Machine machine, Resources available, long now) {
    Resources usable = usable(client, machine, available);
    if (usable.isEmpty()) {
      return usable;
    }
    Resources within = withinLimits(client.role, usable.chargeable());
    Resources guaranteed = shrink(within, missing(client.role));
    if (guaranteed.isEmpty()) {
      return none(Withheld.NOTHING_FREE);
    }
    Resources beyond = withinHeadroom(within.minus(guaranteed));
    return wanted(client, machine, usable.notChargeable().plus(guaranteed).plus(beyond), now);
  }

  /** All that is usable, but for what the limits and guarantees of others forbid. */
  Resources second(Client client, Machine machine, Resources available, long now) {
    Resources usable = usable(client, machine, available);
    if (usable.isEmpty()) {
      return usable;
    }
    Role role = client.role;
    if (!books.isGuarded() && !role.isLimited()) {
      return wanted(client, machine, usable, now);
    }
    Resources charged = usable.chargeable();
    Resources limited = withinLimits(role, charged);
    Resources left = withinHeadroom(limited);
    cut |= !left.is(charged);
    Resources offer = left.is(charged) ? usable : usable.notChargeable().plus(left);
    Resources result = wanted(client, machine, offer, now);
    if (result.isEmpty() && reason == Withheld.BELOW_MINIMUM && !left.is(charged)) {
      reason = limited.is(charged) ? Withheld.HEADROOM : Withheld.LIMIT;
    }
    return result;
  }

  /** What the framework can take of an agent, if it can take the agent at all. */
  private Resources usable(Client client, Machine machine, Resources available) {
    cut = false;
    if (client.constraints != null && !client.constraints.allow(machine.agent)) {
      return none(Withheld.CONSTRAINT);
    }
    if (available.isEmpty()) {
      return none(Withheld.NOTHING_FREE);
    }
    if (!holdsMinimum(client, available)) {
      return none(Withheld.BELOW_MINIMUM);
    }
    Member framework = client.framework;
    if (machine.gpus && books.options.gpusSetAside() && !framework.has(Capability.GPU_RESOURCES)) {
      return none(Withheld.GPUS_SET_ASIDE);
    }
    if (machine.agent.place().isPresent()
        && machine.agent.place().get().remote()
        && !framework.has(Capability.REGION_AWARE)) {
      return none(Withheld.OTHER_REGION);
    }
    if (machine.agent.oneRole()
        && (framework.has(Capability.MULTI_ROLE) || client.role.parent != null)) {
      return none(Withheld.OLD_AGENT);
    }
    if (!available.hasShared() && !available.hasRevocable() && !available.hasRefined()) {
      return available;
    }
    Resources usable = available.filter(entry -> copesWith(framework, entry.kind()));
    return usable.isEmpty() ? none(Withheld.INCAPABLE) : usable;
  }

  private static boolean copesWith(Member framework, Kind kind) {
    return (!kind.isShared() || framework.has(Capability.SHARED_RESOURCES))
        && (!kind.isRevocable() || framework.has(Capability.REVOCABLE_RESOURCES))
        && (!kind.isRefined() || framework.has(Capability.RESERVATION_REFINEMENT));
  }

  private Resources wanted(Client client, Machine machine, Resources offer, long now) {
    if (!holdsMinimum(client, offer)) {
      return none(Withheld.BELOW_MINIMUM);
    }
    if (machine.filters.hides(client.filterKey, offer, now, books.batches)) {
      return none(Withheld.FILTERED);
    }
    return offer;
  }

  @SuppressWarnings("ReferenceEquality") // that is the point: else the question is asked again
  private boolean holdsMinimum(Client client, Resources resources) {
    if (resources.isEmpty()) {
      return false;
    }
    // mostly the same question: one agent's resources, many frameworks with the same minimum
    if (!resources.is(measured) || client.minimum != measure) {
      measured = resources;
      measure = client.minimum;
      enough = client.minimum.isEmpty();
      for (Quantities one : client.minimum) {
        enough |= resources.quantities().contains(one);
      }
    }
    return enough;
  }

  private Resources none(Withheld rule) {
    reason = rule;
    return Resources.NONE;
  }

  // ---- quotas

  private Resources withinLimits(Role role, Resources resources) {
    if (resources.isEmpty() || !role.isLimited()) {
      return resources;
    }
    long[] limits = room();
    resources
        .quantities()
        .forEach(
            (name, milli) -> {
              int index = books.totals.index(name);
              limits[index] = role.room(index);
            });
    return shrink(resources, limits);
  }

  /**
   * Quotas leave the role nothing of this, whoever in it asks: of thousands of roles that have all
   * they may have, none needs a closer look.
   */
  boolean isFull(Role role, Resources available) {
    boolean guarded = books.isGuarded() && !books.roles.required().isZero();
    if (!guarded && !role.isLimited()) {
      return false;
    }
    if (!available.is(looked)) {
      looked = available;
      Quantities charged = available.chargeable().quantities();
      indexes =
          available.notChargeable().isEmpty()
              ? charged.byName().keySet().stream().mapToInt(books.totals::index).toArray()
              : new int[0];
    }
    for (int index : indexes) {
      if (role.room(index) > 0 && (!guarded || surplus(index) > 0)) {
        return false;
      }
    }
    return indexes.length > 0;
  }

  private long surplus(int index) {
    return Math.max(0, books.headroom.get(index) - books.roles.required().get(index));
  }

  /** What is free beyond what all guarantees still need. */
  private Resources withinHeadroom(Resources resources) {
    Amounts required = books.roles.required();
    if (resources.isEmpty() || !books.isGuarded() || required.isZero()) {
      return resources;
    }
    long[] surplus = room();
    for (int i = 0; i < surplus.length; i++) {
      surplus[i] = surplus(i);
    }
    return shrink(resources, surplus);
  }

  private long[] missing(Role role) {
    long[] missing = room();
    for (int i = 0; i < missing.length; i++) {
      missing[i] = role.missingHereOrAbove(i);
    }
    return missing;
  }

  private long[] room() {
    int size = books.totals.size();
    if (room.length < size) {
      room = new long[2 * size];
    }
    Arrays.fill(room, 0);
    return room;
  }

  /**
   * As much of scalars as there is room for; the room is used up. What cannot be divided comes as a
   * whole or not at all. The same object if all of it has room.
   */
  private Resources shrink(Resources resources, long[] left) {
    List<Entry> kept = new ArrayList<>(resources.size());
    boolean all = true;
    for (Entry entry : resources) {
      int index = books.totals.index(entry.kind().name());
      long milli = Math.min(entry.milli(), left[index]);
      if (milli < entry.milli()) {
        all = false;
        if (entry.kind().isWhole()) {
          continue;
        }
      }
      if (milli > 0) {
        left[index] -= milli;
        boolean whole = milli == entry.milli();
        kept.add(whole ? entry : new Entry(entry.kind(), new Value.Scalar(milli)));
      }
    }
    return all ? resources : Resources.of(kept);
  }
}
