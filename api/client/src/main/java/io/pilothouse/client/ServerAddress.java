package io.pilothouse.client;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Where one server listens: {@code host:port}, or {@code [v6-address]:port}. */
public record ServerAddress(String host, int port) {

  /**
   * Reads {@code host:port}.
   *
   * @throws IllegalArgumentException naming what is wrong with the text
   */
  public static ServerAddress parse(String text) {
    String trimmed = text.trim();
    int colon = trimmed.lastIndexOf(':');
    if (colon <= 0) {
      throw bad(text, "there is no port");
    }
    String host = trimmed.substring(0, colon);
    if (host.startsWith("[") && host.endsWith("]")) {
      host = host.substring(1, host.length() - 1);
    } else if (host.contains(":") || host.contains("/")) {
      throw bad(text, "the host may not hold ':' or '/'");
    }
    int port;
    try {
      port = Integer.parseInt(trimmed.substring(colon + 1));
    } catch (NumberFormatException e) {
      throw bad(text, "the port is not a number");
    }
    if (port < 1 || port > 65535) {
      throw bad(text, "the port is not within 1 to 65535");
    }
    return new ServerAddress(host, port);
  }

  /** Reads each; at least one is needed. */
  public static List<ServerAddress> parseAll(List<String> texts) {
    if (texts.isEmpty()) {
      throw new IllegalArgumentException("no server was given: expected host:port,host:port,…");
    }
    // no stream here, nor record methods below: the command line would pay 30 ms for setting up
    // both
    Set<ServerAddress> addresses = new LinkedHashSet<>();
    for (String text : texts) {
      addresses.add(parse(text));
    }
    return List.copyOf(addresses);
  }

  private static IllegalArgumentException bad(String text, String why) {
    return new IllegalArgumentException(
        "bad server address '" + text + "': " + why + "; expected host:port");
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof ServerAddress that && port == that.port && host.equals(that.host);
  }

  @Override
  public int hashCode() {
    return 31 * host.hashCode() + port;
  }

  @Override
  public String toString() {
    return (host.contains(":") ? "[" + host + "]" : host) + ":" + port;
  }
}
