package io.pilothouse.dm.raft;

import static java.util.Objects.requireNonNull;

/**
 * Where a port of a replica is reached: {@code 127.0.0.1:18511}, {@code [::1]:18511}.
 *
 * @param host name or address, without the brackets of IPv6
 */
public record HostPort(String host, int port) {

  /** Refuses an empty host and a port outside of 1 to 65535. */
  public HostPort {
    requireNonNull(host, "host");
    if (host.isBlank() || port < 1 || port > 65535) {
      throw new IllegalArgumentException(
          "'%s:%d' is not an address; expected HOST:PORT with a port from 1 to 65535"
              .formatted(host, port));
    }
  }

  /** Reads {@code HOST:PORT}. */
  public static HostPort parse(String text) {
    int colon = text.lastIndexOf(':');
    if (colon > 0) {
      String host = text.substring(0, colon);
      if (host.startsWith("[") && host.endsWith("]")) {
        host = host.substring(1, host.length() - 1);
      }
      String port = text.substring(colon + 1);
      if (port.matches("[0-9]{1,5}")) {
        return new HostPort(host, Integer.parseInt(port));
      }
    }
    throw new IllegalArgumentException("'" + text + "' is not an address; expected HOST:PORT");
  }

  @Override
  public String toString() {
    return (host.indexOf(':') >= 0 ? "[" + host + "]" : host) + ":" + port;
  }
}
