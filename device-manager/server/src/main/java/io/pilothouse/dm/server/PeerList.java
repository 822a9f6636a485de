package io.pilothouse.dm.server;

import io.pilothouse.dm.raft.HostPort;
import io.pilothouse.dm.raft.Peer;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** Reads {@code --peers dm-1=RAFT/GRPC/HTTP,dm-2=…}, each address a {@code host:port}. */
final class PeerList {

  private static final String FORM = "expected ID=RAFT/GRPC/HTTP with a host:port each";

  private PeerList() {}

  /**
   * Reads the list.
   *
   * @throws IllegalArgumentException with one line for each mistake
   */
  static List<Peer> parse(String text) {
    List<Peer> peers = new ArrayList<>();
    List<String> errors = new ArrayList<>();
    for (String each : text.split(",", -1)) {
      try {
        peers.add(peer(each.strip()));
      } catch (IllegalArgumentException e) {
        errors.add("--peers: " + e.getMessage());
      }
    }
    if (!errors.isEmpty()) {
      throw new IllegalArgumentException(String.join(System.lineSeparator(), errors));
    }
    return peers;
  }

  private static Peer peer(String text) {
    int equals = text.indexOf('=');
    if (equals <= 0) {
      throw new IllegalArgumentException("'%s' names no replica; %s".formatted(text, FORM));
    }
    String id = text.substring(0, equals);
    String[] addresses = text.substring(equals + 1).split("/", -1);
    if (addresses.length != 3) {
      throw new IllegalArgumentException(
          "'%s' has %d addresses; %s".formatted(text, addresses.length, FORM));
    }
    return new Peer(
        id,
        HostPort.parse(addresses[0]),
        HostPort.parse(addresses[1]),
        HostPort.parse(addresses[2]));
  }

  /**
   * Refuses addresses that other hosts reach: without TLS nothing authenticates them.
   *
   * @throws IllegalArgumentException with one line for each
   */
  static void requireLoopback(Peer self) {
    List<String> errors =
        Stream.of(self.raft(), self.grpc(), self.http())
            .filter(address -> !isLoopback(address))
            .map(
                address ->
                    ("--peers: %s of %s is not a loopback address, others would reach it and "
                            + "nothing authenticates them; give one, or --tls DIR, or on a network "
                            + "that you trust --listen-beyond-loopback")
                        .formatted(address, self.id()))
            .toList();
    if (!errors.isEmpty()) {
      throw new IllegalArgumentException(String.join(System.lineSeparator(), errors));
    }
  }

  private static boolean isLoopback(HostPort address) {
    try {
      return InetAddress.getByName(address.host()).isLoopbackAddress();
    } catch (UnknownHostException e) {
      throw new IllegalArgumentException(
          "--peers: host '%s' is not known; give a name that resolves, or an address"
              .formatted(address.host()),
          e);
    }
  }
}
