package io.pilothouse.examples.frameworks;

import io.pilothouse.framework.FrameworkOptions;
import io.pilothouse.mesos.v1.FrameworkInfo;
import io.pilothouse.mesos.v1.Offer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

/**
 * Where a framework goes, and which machines it takes.
 *
 * @param schedulers host:port of each
 * @param role whose share it has
 * @param only an attribute that machines must have, as {@code rack=r1}, and others are declined;
 *     empty: all machines do
 */
public record Site(List<String> schedulers, String role, String only) {
  public static final String USAGE =
      """
        --scheduler HOST:PORT[,HOST:PORT]  of the schedulers (default 127.0.0.1:18555)
        --role ROLE                        whose share it has (default *)
        --only ATTRIBUTE=VALUE             machines it takes, e.g. rack=r1 (default: all)""";

  /** Seconds that its tasks live when it is gone without a word. */
  private static final double FAILOVER_S = 60;

  public Site {
    schedulers = List.copyOf(schedulers);
    if (!only.isEmpty() && !only.matches("[^=]+=.+")) {
      throw new IllegalArgumentException(
          "--only " + only + ": expected an attribute of machines and its value, as rack=r1");
    }
  }

  /**
   * Takes its options out of a command line.
   *
   * @param arguments what it does not know stays, in order
   * @throws IllegalArgumentException says what is wrong with them
   */
  public static Site of(Deque<String> arguments) {
    List<String> schedulers = List.of("127.0.0.1:18555");
    String role = "*";
    String only = "";
    List<String> rest = new ArrayList<>();
    while (!arguments.isEmpty()) {
      String argument = arguments.remove();
      switch (argument) {
        case "--scheduler" -> schedulers = List.of(value(argument, arguments).split(",", -1));
        case "--role" -> role = value(argument, arguments);
        case "--only" -> only = value(argument, arguments);
        default -> rest.add(argument);
      }
    }
    arguments.addAll(rest);
    return new Site(schedulers, role, only);
  }

  /**
   * The value that follows an option.
   *
   * @throws IllegalArgumentException if none does
   */
  public static String value(String option, Deque<String> rest) {
    if (rest.isEmpty()) {
      throw new IllegalArgumentException("the value of " + option + " is missing");
    }
    return rest.remove();
  }

  /**
   * The number that follows an option.
   *
   * @throws IllegalArgumentException if none does, or one outside of 1 to most
   */
  public static int number(String option, Deque<String> rest, int most) {
    String value = value(option, rest);
    if (!value.matches("[1-9][0-9]{0,8}") || Integer.parseInt(value) > most) {
      throw new IllegalArgumentException(
          "%s %s is not a number from 1 to %d".formatted(option, value, most));
    }
    return Integer.parseInt(value);
  }

  /** What a program was called with. */
  public static Deque<String> arguments(String... all) {
    return new ArrayDeque<>(List.of(all));
  }

  /**
   * To subscribe with.
   *
   * @param name the framework's
   * @param knows capabilities beside that of having roles
   */
  public FrameworkOptions options(String name, FrameworkInfo.Capability.Type... knows) {
    FrameworkInfo.Builder info =
        FrameworkInfo.newBuilder()
            .setUser("") // tasks run as who runs the agent
            .setName(name)
            .addRoles(role)
            .setFailoverTimeout(FAILOVER_S);
    info.addCapabilitiesBuilder().setType(FrameworkInfo.Capability.Type.MULTI_ROLE);
    for (FrameworkInfo.Capability.Type each : knows) {
      info.addCapabilitiesBuilder().setType(each);
    }
    return FrameworkOptions.of(schedulers, info.build());
  }

  /** Whether the machine is one that it takes. */
  public boolean takes(Offer offer) {
    return only.isEmpty()
        || offer.getAttributesList().stream()
            .anyMatch(each -> only.equals(each.getName() + "=" + each.getText().getValue()));
  }
}
