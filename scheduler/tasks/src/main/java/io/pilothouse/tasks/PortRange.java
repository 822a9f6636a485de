package io.pilothouse.tasks;

import java.util.ArrayList;
import java.util.List;

/**
 * Where executors may find the agent.
 *
 * @param first 0 with a last of 0 for whichever is free
 * @param last itself included
 */
public record PortRange(int first, int last) {
  /** Whichever is free. */
  public static final PortRange ANY = new PortRange(0, 0);

  /**
   * Nobody but root can take one of these while an agent is replaced, and no service has one: what
   * IANA has not assigned below 1024.
   */
  public static final PortRange ROOTS = new PortRange(914, 952);

  private static final int LAST_PORT = 65_535;

  /** In order, and of few. */
  public PortRange {
    boolean any = first == 0 && last == 0;
    if (!any && (first < 1 || last < first || last > LAST_PORT || last - first >= 1000)) {
      throw new IllegalArgumentException(
          "ports %d-%d; expected two numbers from 1 to 65535, the first not above the last, and"
                  .formatted(first, last)
              + " 1000 ports at most, such as 914-952");
    }
  }

  /**
   * Reads one.
   *
   * @param text {@code 914-952} or {@code any}
   * @throws IllegalArgumentException in words for who wrote it
   */
  public static PortRange parse(String text) {
    if (text.equals("any")) {
      return ANY;
    }
    if (!text.matches("[1-9][0-9]{0,4}-[1-9][0-9]{0,4}")) {
      throw new IllegalArgumentException(
          "\"%s\" is no range of ports; write two numbers, such as 914-952, or any"
              .formatted(text));
    }
    int dash = text.indexOf('-');
    int first = Integer.parseInt(text.substring(0, dash));
    int last = Integer.parseInt(text.substring(dash + 1));
    return new PortRange(first, last);
  }

  boolean has(int port) {
    return port >= first && port <= last && port != 0;
  }

  /** In the order in which they are tried, and 0 for whichever is free at the end. */
  List<Integer> tries(int before) {
    List<Integer> all = new ArrayList<>();
    if (has(before)) {
      all.add(before);
    }
    for (int port = Math.max(1, first); port <= last; port++) {
      if (port != before) {
        all.add(port);
      }
    }
    if (before != 0 && !has(before)) {
      all.add(before);
    }
    all.add(0);
    return all;
  }

  @Override
  public String toString() {
    return equals(ANY) ? "any" : first + "-" + last;
  }
}
