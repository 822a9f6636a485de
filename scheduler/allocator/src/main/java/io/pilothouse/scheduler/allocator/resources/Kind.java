package io.pilothouse.scheduler.allocator.resources;

import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * All that tells two resources apart but their amount. Amounts of one kind are added up.
 *
 * <p>Ordered and compared by a text that is made once: these comparisons are most of the arithmetic
 * of a cycle, and kinds that are the same object need not even that.
 */
public final class Kind implements Comparable<Kind> {
  private final String name;
  private final List<Reservation> reservations;
  private final @Nullable Disk disk;
  private final boolean shared;
  private final boolean revocable;
  private final String provider;
  private final String key;

  private Kind(
      String name,
      List<Reservation> reservations,
      @Nullable Disk disk,
      boolean shared,
      boolean revocable,
      String provider) {
    if (name.isEmpty()) {
      throw new IllegalArgumentException("a resource without a name: expected one, such as cpus");
    }
    this.name = name;
    this.reservations = reservations;
    this.disk = disk;
    this.shared = shared;
    this.revocable = revocable;
    this.provider = provider;
    boolean plain =
        reservations.isEmpty() && disk == null && !shared && !revocable && provider.isEmpty();
    this.key =
        plain
            ? name
            : String.join(
                "\u0000",
                name,
                revocable ? "revocable" : "",
                shared ? "shared" : "",
                disk == null ? "" : disk.identity(),
                reservations.toString(),
                provider);
  }

  public static Kind of(String name) {
    return new Kind(name, List.of(), null, false, false, "");
  }

  public Kind reserved(Reservation... stack) {
    return reserved(List.of(stack));
  }

  /** In the place of the reservations that it has. */
  public Kind reserved(List<Reservation> stack) {
    return new Kind(name, List.copyOf(stack), disk, shared, revocable, provider);
  }

  public Kind on(Disk place) {
    return new Kind(name, reservations, place, shared, revocable, provider);
  }

  public Kind share() {
    return new Kind(name, reservations, disk, true, revocable, provider);
  }

  public Kind revoke() {
    return new Kind(name, reservations, disk, shared, true, provider);
  }

  /** Of a resource provider on the machine, which tells its resources from the machine's own. */
  public Kind from(String resourceProvider) {
    return new Kind(name, reservations, disk, shared, revocable, resourceProvider);
  }

  public String name() {
    return name;
  }

  public List<Reservation> reservations() {
    return reservations;
  }

  public Optional<Disk> disk() {
    return Optional.ofNullable(disk);
  }

  public boolean isReserved() {
    return !reservations.isEmpty();
  }

  /** Whom it is kept for; empty if for nobody. */
  public Optional<String> role() {
    return reservations.isEmpty()
        ? Optional.empty()
        : Optional.of(reservations.get(reservations.size() - 1).role());
  }

  public boolean isRefined() {
    return reservations.size() > 1;
  }

  public boolean isShared() {
    return shared;
  }

  public boolean isRevocable() {
    return revocable;
  }

  public String provider() {
    return provider;
  }

  /** A volume or a mount: there is no part of it. */
  public boolean isWhole() {
    return disk != null && (disk.whole() || disk.isVolume());
  }

  /** May be offered to this role: kept for nobody, for it, or for one that it is below. */
  public boolean mayGoTo(String candidate) {
    if (reservations.isEmpty()) {
      return true;
    }
    String owner = reservations.get(reservations.size() - 1).role();
    return candidate.startsWith(owner)
        && (candidate.length() == owner.length() || candidate.charAt(owner.length()) == '/');
  }

  @Override
  public int compareTo(Kind other) {
    return this == other ? 0 : key.compareTo(other.key);
  }

  @Override
  public boolean equals(Object other) {
    return this == other || (other instanceof Kind kind && key.equals(kind.key));
  }

  @Override
  public int hashCode() {
    return key.hashCode();
  }

  @Override
  public String toString() {
    StringBuilder text = new StringBuilder(name);
    if (isReserved()) {
      text.append('(');
      for (int i = 0; i < reservations.size(); i++) {
        text.append(i == 0 ? "" : ",").append(reservations.get(i).role());
      }
      text.append(')');
    }
    if (disk != null) {
      text.append('[').append(disk.source()).append(disk.volume()).append(']');
    }
    return text.append(revocable ? "{REV}" : "").append(shared ? "<SHARED>" : "").toString();
  }
}
