package io.pilothouse.examples.farm;

import java.time.Instant;

/** A server of the farm, from its launch to its end. */
final class Server {
  /** Only forward, but for DRAINING, from which it may come back to serve. */
  enum Stage {
    /** Told to start; nothing was heard yet, or it does not run yet. */
    LAUNCHED,
    /** Its process runs; it does not answer yet. */
    RUNNING,
    /** Users are sent to it. */
    SERVING,
    /** It answers those that it has. */
    DRAINING,
    /** Told to end. */
    KILLED
  }

  final String task;
  final int slot;
  final String host;
  final int port;
  Stage stage = Stage.LAUNCHED;

  /** Of the stage. */
  Instant since;

  Server(String task, int slot, String host, int port, Instant since) {
    this.task = task;
    this.slot = slot;
    this.host = host;
    this.port = port;
    this.since = since;
  }

  void is(Stage next, Instant now) {
    stage = next;
    since = now;
  }

  /** Whether it serves, or is going to. */
  boolean counts() {
    return stage == Stage.LAUNCHED || stage == Stage.RUNNING || stage == Stage.SERVING;
  }
}
