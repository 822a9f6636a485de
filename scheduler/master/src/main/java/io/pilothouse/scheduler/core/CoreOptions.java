package io.pilothouse.scheduler.core;

import io.pilothouse.mesos.v1.MasterInfo;
import java.time.Duration;
import java.util.Set;

/**
 * What a core is set up with. Times in milliseconds.
 *
 * @param master who it is; its id begins the ids that it gives
 * @param roles that frameworks may subscribe with; empty: any
 * @param root whether frameworks may run tasks as root
 * @param offerTimeout an offer that was not answered is rescinded then
 * @param heartbeat between two signs of life on a framework's stream
 * @param ping between two to an agent
 * @param pingsLost so many without an answer, and the agent is unreachable
 * @param reregister after a start, for so long agents that an earlier leader wrote down may still
 *     come: of what they run nothing is told, and frameworks are not removed
 * @param revocation which tasks are ended first for roles that lack what they are guaranteed
 * @param most how much is kept
 */
public record CoreOptions(
    MasterInfo master,
    Set<String> roles,
    boolean root,
    long offerTimeout,
    long heartbeat,
    long ping,
    int pingsLost,
    long reregister,
    RevocationOrder revocation,
    Bounds most) {

  public static CoreOptions of(MasterInfo master) {
    return new CoreOptions(
        master,
        Set.of(),
        true,
        Duration.ofMinutes(2).toMillis(),
        Duration.ofSeconds(15).toMillis(),
        Duration.ofSeconds(15).toMillis(),
        5,
        Duration.ofMinutes(10).toMillis(),
        RevocationOrder.YOUNGEST_FIRST,
        new Bounds(10_000, 10_000, 50, 1_000));
  }

  public CoreOptions master(MasterInfo other) {
    return new CoreOptions(
        other, roles, root, offerTimeout, heartbeat, ping, pingsLost, reregister, revocation, most);
  }

  public CoreOptions roles(Set<String> allowed) {
    return new CoreOptions(
        master,
        Set.copyOf(allowed),
        root,
        offerTimeout,
        heartbeat,
        ping,
        pingsLost,
        reregister,
        revocation,
        most);
  }

  public CoreOptions root(boolean allowed) {
    return new CoreOptions(
        master,
        roles,
        allowed,
        offerTimeout,
        heartbeat,
        ping,
        pingsLost,
        reregister,
        revocation,
        most);
  }

  public CoreOptions offerTimeout(Duration timeout) {
    return new CoreOptions(
        master,
        roles,
        root,
        timeout.toMillis(),
        heartbeat,
        ping,
        pingsLost,
        reregister,
        revocation,
        most);
  }

  public CoreOptions heartbeat(Duration interval) {
    return new CoreOptions(
        master,
        roles,
        root,
        offerTimeout,
        interval.toMillis(),
        ping,
        pingsLost,
        reregister,
        revocation,
        most);
  }

  public CoreOptions reregister(Duration time) {
    return new CoreOptions(
        master,
        roles,
        root,
        offerTimeout,
        heartbeat,
        ping,
        pingsLost,
        time.toMillis(),
        revocation,
        most);
  }

  public CoreOptions revocation(RevocationOrder order) {
    return new CoreOptions(
        master, roles, root, offerTimeout, heartbeat, ping, pingsLost, reregister, order, most);
  }

  public CoreOptions bounds(
      int frameworks, int offers, int completedFrameworks, int completedTasks) {
    return new CoreOptions(
        master,
        roles,
        root,
        offerTimeout,
        heartbeat,
        ping,
        pingsLost,
        reregister,
        revocation,
        new Bounds(frameworks, offers, completedFrameworks, completedTasks));
  }

  /**
   * How much is kept.
   *
   * @param frameworks that have not ended
   * @param offers that one framework may hold
   * @param completedFrameworks for people to look at
   * @param completedTasks of each framework
   */
  public record Bounds(int frameworks, int offers, int completedFrameworks, int completedTasks) {}

  /** Without a word from it for so long, an agent is unreachable. */
  long silence() {
    return ping * pingsLost;
  }
}
