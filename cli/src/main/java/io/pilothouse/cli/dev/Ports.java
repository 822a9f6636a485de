package io.pilothouse.cli.dev;

import io.pilothouse.cli.CliException;
import io.pilothouse.cli.ExitCode;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.util.ArrayList;
import java.util.List;

/** Where everything of one fleet listens, all on loopback, all from one base port. */
record Ports(int base) {
  static final int MOST_MACHINES = 240;
  private static final int LAST_OFFSET = 560;

  Ports {
    if (base < 1024 || base + LAST_OFFSET > 65_535) {
      throw CliException.usage(
          "base port " + base + " leaves no room for " + LAST_OFFSET + " ports",
          "use --base-port 1024 to " + (65_535 - LAST_OFFSET));
    }
  }

  String machine(int number) {
    return at(number);
  }

  String agent(int number) {
    return at(250 + number);
  }

  String dmGrpc(int replica) {
    return at(500 + replica);
  }

  String dmRaft(int replica) {
    return at(510 + replica);
  }

  String dmHttp(int replica) {
    return at(520 + replica);
  }

  String deployment(int replica) {
    return at(540 + replica);
  }

  String watchdog() {
    return at(551);
  }

  String repair() {
    return at(552);
  }

  String provisioning() {
    return at(553);
  }

  String enrolment() {
    return at(554);
  }

  String schedulerApi() {
    return at(555);
  }

  String schedulerAgents() {
    return at(556);
  }

  String scheduler() {
    return at(557);
  }

  private String at(int offset) {
    return "127.0.0.1:" + (base + offset);
  }

  /** Fails naming every port that somebody already listens on. */
  static void requireFree(List<String> addresses) {
    List<String> taken = new ArrayList<>();
    for (String address : addresses) {
      int port = Integer.parseInt(address.substring(address.indexOf(':') + 1));
      try (ServerSocket probe = new ServerSocket()) {
        probe.setReuseAddress(true);
        probe.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
      } catch (IOException e) {
        taken.add(address);
      }
    }
    if (!taken.isEmpty()) {
      throw new CliException(
          ExitCode.REFUSED,
          "PORT_IN_USE",
          "in use by another program: " + String.join(", ", taken),
          "stop it, or choose others with --base-port (and another --home for a second fleet)");
    }
  }
}
