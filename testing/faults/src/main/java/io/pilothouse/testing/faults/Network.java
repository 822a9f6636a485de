package io.pilothouse.testing.faults;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * The network between replicas and clients: the loopback of the network namespace that this process
 * runs in. Each replica has an address and a group of its own, so a rule of the packet filter can
 * name both ends. Rules end with {@link #heal}.
 */
final class Network {
  /** Of this process, which is where the clients are. */
  private static final int CLIENTS = 0;

  private Network() {}

  /** What one sends to the other is lost; the answers of connections that exist are not. */
  static void cut(Node from, Node to) throws IOException, InterruptedException {
    drop("-d", to.address(), "-m", "owner", "--gid-owner", Integer.toString(from.group()));
  }

  /** Neither hears the other. */
  static void part(Node one, Node other) throws IOException, InterruptedException {
    cut(one, other);
    cut(other, one);
  }

  static void cutClients(Node from) throws IOException, InterruptedException {
    drop("-d", from.address(), "-m", "owner", "--gid-owner", Integer.toString(CLIENTS));
  }

  /** Each packet is lost with this probability. */
  static void lose(double share) throws IOException, InterruptedException {
    drop("-m", "statistic", "--mode", "random", "--probability", Double.toString(share));
  }

  /** So many bits per second for all together. */
  static void slow(int mbit) throws IOException, InterruptedException {
    Commands.run(
        "tc",
        "qdisc",
        "add",
        "dev",
        "lo",
        "root",
        "tbf",
        "rate",
        mbit + "mbit",
        "burst",
        "32kb",
        "latency",
        "400ms");
  }

  static void heal() throws IOException, InterruptedException {
    Commands.run("iptables", "-w", "-F", "OUTPUT");
    Commands.run("tc", "qdisc", "replace", "dev", "lo", "root", "pfifo");
  }

  private static void drop(String... match) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(List.of("iptables", "-w", "-A", "OUTPUT", "-o", "lo"));
    command.addAll(List.of(match));
    command.addAll(List.of("-j", "DROP"));
    Commands.run(command.toArray(String[]::new));
  }
}
