package io.pilothouse.tls;

import java.util.Set;
import java.util.TreeSet;

/**
 * Who may be at the other end of a connection, beside being of the same cluster. This takes the
 * place of matching host names: machines move and addresses change, and a program's role is what a
 * caller relies on.
 *
 * @param kinds of {@link PeerName}; empty = any
 */
public record Peers(Set<String> kinds) {
  /** Any program of the cluster; who may do what is then decided call by call. */
  public static final Peers ANY = new Peers(Set.of());

  /** A replica of the Device Manager. */
  public static final Peers DEVICE_MANAGER = new Peers(Set.of("dm"));

  /** Who serves contents: deployment replicas, and machines that hand them on. */
  public static final Peers CONTENTS = new Peers(Set.of("satellite", "machine"));

  /** A satellite's service. */
  public static final Peers SATELLITE = new Peers(Set.of("satellite"));

  /** A machine's agent. */
  public static final Peers MACHINE = new Peers(Set.of("machine"));

  public Peers {
    kinds = Set.copyOf(kinds);
  }

  boolean include(PeerName name) {
    return kinds.isEmpty() || kinds.contains(name.kind());
  }

  String text() {
    return String.join(" or ", new TreeSet<>(kinds).stream().map(each -> each + "/NAME").toList());
  }
}
