package io.pilothouse.scheduler.allocator.resources;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Iterator;
import java.util.List;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * What a machine has, or a part of it. Immutable; one entry for each kind, in the kinds' order.
 *
 * <p>The laws that callers rely on: {@code a.plus(b).minus(b)} equals a; {@code a.contains(b)} if
 * and only if {@code a.minus(b).plus(b)} equals a (b's kinds being a's). Adding to nothing and
 * taking nothing away return the same object, and taking all away returns {@link #NONE}: an agent
 * that is offered as a whole and declined as a whole costs no arithmetic.
 */
public final class Resources implements Iterable<Entry> {
  public static final Resources NONE = new Resources(new Entry[0]);

  private static final int RESERVED = 1;
  private static final int REVOCABLE = 2;
  private static final int SHARED = 4;
  private static final int REFINED = 8;
  private static final int NOT_SCALAR = 16;

  private final Entry[] entries;
  private final int flags;
  private @Nullable Quantities quantities;
  private @Nullable Resources chargeable;
  private int hash;

  private Resources(Entry[] entries) {
    this.entries = entries;
    int found = 0;
    for (Entry entry : entries) {
      Kind kind = entry.kind();
      found |= kind.isReserved() ? RESERVED : 0;
      found |= kind.isRevocable() ? REVOCABLE : 0;
      found |= kind.isShared() ? SHARED : 0;
      found |= kind.isRefined() ? REFINED : 0;
      found |= entry.isScalar() ? 0 : NOT_SCALAR;
    }
    this.flags = found;
  }

  public static Resources of(Entry... entries) {
    return of(List.of(entries));
  }

  /** In any order; entries of one kind are added up. */
  public static Resources of(Collection<Entry> entries) {
    List<Entry> sorted = new ArrayList<>(entries);
    sorted.removeIf(entry -> entry.value().isNothing());
    sorted.sort((a, b) -> a.kind().compareTo(b.kind()));
    List<Entry> merged = new ArrayList<>();
    for (Entry entry : sorted) {
      int last = merged.size() - 1;
      if (last >= 0 && merged.get(last).kind().equals(entry.kind())) {
        merged.set(last, merged.get(last).plus(entry));
      } else {
        merged.add(entry);
      }
    }
    return of(merged.toArray(Entry[]::new), merged.size());
  }

  /** {@code cpus:2;mem:512;ports:[1-9,20-30];zones:{a,b};disk(ads):10}; see {@link Parser}. */
  public static Resources parse(String text) {
    return Parser.parse(text);
  }

  public static Resources scalar(String name, long milli) {
    return of(new Entry(Kind.of(name), new Value.Scalar(milli)));
  }

  private static Resources of(Entry[] entries, int size) {
    if (size == 0) {
      return NONE;
    }
    return new Resources(size == entries.length ? entries : Arrays.copyOf(entries, size));
  }

  /** The very same object: what was handed on untouched is known without a look into it. */
  @SuppressWarnings("ReferenceEquality")
  public boolean is(@Nullable Resources other) {
    return this == other;
  }

  public boolean isEmpty() {
    return entries.length == 0;
  }

  public boolean hasReserved() {
    return (flags & RESERVED) != 0;
  }

  public boolean hasRevocable() {
    return (flags & REVOCABLE) != 0;
  }

  public boolean hasShared() {
    return (flags & SHARED) != 0;
  }

  public boolean hasRefined() {
    return (flags & REFINED) != 0;
  }

  public boolean hasNotScalar() {
    return (flags & NOT_SCALAR) != 0;
  }

  public int size() {
    return entries.length;
  }

  @Override
  public Iterator<Entry> iterator() {
    return Arrays.asList(entries).iterator();
  }

  public Resources plus(Resources other) {
    if (isEmpty()) {
      return other;
    }
    if (other.isEmpty()) {
      return this;
    }
    Entry[] mine = entries;
    Entry[] theirs = other.entries;
    Entry[] result = new Entry[mine.length + theirs.length];
    int size = 0;
    int i = 0;
    int j = 0;
    while (i < mine.length && j < theirs.length) {
      int order = mine[i].kind().compareTo(theirs[j].kind());
      if (order == 0) {
        result[size++] = mine[i++].plus(theirs[j++]);
      } else {
        result[size++] = order < 0 ? mine[i++] : theirs[j++];
      }
    }
    while (i < mine.length) {
      result[size++] = mine[i++];
    }
    while (j < theirs.length) {
      result[size++] = theirs[j++];
    }
    return of(result, size);
  }

  /** What is left; of kinds that are not here nothing is taken. */
  public Resources minus(Resources other) {
    if (is(other)) {
      return NONE;
    }
    if (isEmpty() || other.isEmpty()) {
      return this;
    }
    Entry[] mine = entries;
    Entry[] theirs = other.entries;
    Entry[] result = new Entry[mine.length];
    int size = 0;
    int j = 0;
    boolean changed = false;
    for (Entry entry : mine) {
      while (j < theirs.length && theirs[j].kind().compareTo(entry.kind()) < 0) {
        j++;
      }
      Entry left = entry;
      if (j < theirs.length && theirs[j].kind().equals(entry.kind())) {
        left = entry.minus(theirs[j]);
        changed = true;
      }
      if (left != null) {
        result[size++] = left;
      }
    }
    return changed ? of(result, size) : this;
  }

  public boolean contains(Resources other) {
    if (is(other)) {
      return true;
    }
    if (other.entries.length > entries.length) {
      return false;
    }
    int i = 0;
    for (Entry wanted : other.entries) {
      while (i < entries.length && entries[i].kind().compareTo(wanted.kind()) < 0) {
        i++;
      }
      if (i == entries.length
          || !entries[i].kind().equals(wanted.kind())
          || !entries[i].contains(wanted)) {
        return false;
      }
    }
    return true;
  }

  /** The same object if all of it passes. */
  public Resources filter(Predicate<Entry> wanted) {
    Entry[] result = new Entry[entries.length];
    int size = 0;
    for (Entry entry : entries) {
      if (wanted.test(entry)) {
        result[size++] = entry;
      }
    }
    return size == entries.length ? this : of(result, size);
  }

  /** What this role may be offered: see {@link Kind#mayGoTo}. */
  public Resources forRole(String role) {
    return hasReserved() ? filter(entry -> entry.kind().mayGoTo(role)) : this;
  }

  public Resources shared() {
    return hasShared() ? filter(entry -> entry.kind().isShared()) : NONE;
  }

  public Resources notShared() {
    return hasShared() ? filter(entry -> !entry.kind().isShared()) : this;
  }

  /** What is shared is there once, however often it was given out: one copy of each. */
  public Resources once() {
    if (!hasShared()) {
      return this;
    }
    List<Entry> single = new ArrayList<>(entries.length);
    for (Entry entry : entries) {
      single.add(entry.copies() == 1 ? entry : new Entry(entry.kind(), entry.value()));
    }
    return of(single);
  }

  /** Scalars that are kept for nobody and are not revocable: those that quotas are about. */
  public Resources chargeable() {
    Resources known = chargeable;
    if (known == null) {
      known = filter(Resources::isChargeable);
      chargeable = known;
    }
    return known;
  }

  public Resources notChargeable() {
    return (flags & (RESERVED | REVOCABLE | NOT_SCALAR)) == 0
        ? NONE
        : filter(entry -> !isChargeable(entry));
  }

  private static boolean isChargeable(Entry entry) {
    return entry.isScalar() && !entry.kind().isReserved() && !entry.kind().isRevocable();
  }

  /** Of all its scalars, by name. */
  public Quantities quantities() {
    Quantities known = quantities;
    if (known == null) {
      known = Quantities.of(this);
      quantities = known;
    }
    return known;
  }

  @Override
  public boolean equals(Object other) {
    return this == other
        || (other instanceof Resources resources
            && hashCode() == resources.hashCode()
            && Arrays.equals(entries, resources.entries));
  }

  @Override
  public int hashCode() {
    if (hash == 0) {
      hash = Arrays.hashCode(entries);
    }
    return hash;
  }

  @Override
  public String toString() {
    StringBuilder text = new StringBuilder();
    for (Entry entry : entries) {
      text.append(text.isEmpty() ? "" : "; ").append(entry);
    }
    return text.toString();
  }
}
