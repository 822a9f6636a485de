package io.pilothouse.scheduler.allocator.resources;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What is reserved of a machine, against what the machine has: its configuration says amounts that
 * are kept for nobody, and what is reserved is a part of them.
 */
public final class Reserved {
  private Reserved() {}

  /** Those that are kept for somebody. */
  public static Resources of(Resources all) {
    return all.hasReserved() ? all.filter(entry -> entry.kind().isReserved()) : Resources.NONE;
  }

  /** The same amounts, kept for nobody and without volumes. */
  public static Resources plain(Resources of) {
    List<Entry> entries = new ArrayList<>(of.size());
    of.forEach(entry -> entries.add(plain(entry, entry.value())));
    return Resources.of(entries);
  }

  private static Entry plain(Entry entry, Value value) {
    return new Entry(Kind.of(entry.kind().name()), value);
  }

  /**
   * What can be offered of a machine: its own, with what is reserved of it in place of as much that
   * is not. As much is never offered as more than the machine has: see {@link #within}.
   *
   * @param own of kinds without reservations
   */
  public static Resources total(Resources own, Resources reserved) {
    if (reserved.isEmpty()) {
      return own;
    }
    Resources rest = own;
    for (Entry entry : reserved) {
      if (valueOf(own, entry).isPresent()) {
        rest = rest.minus(Resources.of(plain(entry, entry.value())));
      }
    }
    return rest.plus(within(own, reserved));
  }

  /**
   * As much of what is reserved as the machine has. It can have less than that, when its
   * configuration was changed: then volumes, which hold data, come before the rest, and what cannot
   * be divided and does not fit is left out.
   */
  public static Resources within(Resources own, Resources reserved) {
    List<Entry> order = new ArrayList<>();
    reserved.filter(entry -> entry.kind().isWhole()).forEach(order::add);
    reserved.filter(entry -> !entry.kind().isWhole()).forEach(order::add);
    Resources room = own;
    List<Entry> fitting = new ArrayList<>();
    for (Entry entry : order) {
      Optional<Value> has = valueOf(room, entry);
      if (has.isEmpty()) {
        continue;
      }
      Value fits = common(has.get(), entry.value());
      if (!fits.isNothing() && (!entry.kind().isWhole() || fits.equals(entry.value()))) {
        fitting.add(new Entry(entry.kind(), fits, entry.copies()));
      }
      room = room.minus(Resources.of(plain(entry, fits))); // a volume's data is there all the same
    }
    return Resources.of(fitting);
  }

  /** Of the same name and shape; a name may have got another shape since. */
  private static Optional<Value> valueOf(Resources own, Entry reserved) {
    Kind kind = Kind.of(reserved.kind().name());
    for (Entry entry : own) {
      if (entry.kind().equals(kind)
          && entry.value().getClass().equals(reserved.value().getClass())) {
        return Optional.of(entry.value());
      }
    }
    return Optional.empty();
  }

  private static Value common(Value a, Value b) {
    return a.minus(a.minus(b));
  }

  /**
   * The same, with volumes as they are called where they are held: how a task uses one is not what
   * it is.
   */
  public static Resources named(Resources as, Resources these) {
    if (as.isEmpty() || !these.hasReserved()) {
      return these;
    }
    List<Entry> entries = new ArrayList<>(these.size());
    for (Entry entry : these) {
      Kind kind = entry.kind();
      if (kind.isReserved() && kind.isWhole()) {
        for (Entry held : as) {
          kind = held.kind().equals(kind) ? held.kind() : kind;
        }
      }
      entries.add(new Entry(kind, entry.value(), entry.copies()));
    }
    return Resources.of(entries);
  }
}
