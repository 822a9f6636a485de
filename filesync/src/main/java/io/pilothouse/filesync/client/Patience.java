package io.pilothouse.filesync.client;

import java.time.Duration;

/**
 * How long a source may take before another is asked.
 *
 * @param connect to accept a connection
 * @param read for a replica to send the next bytes
 * @param neighbour for an agent to do so: there are many of them, and each that is dead costs this
 * @param whole to send all bytes of one answer, without our own throttle's waits: a replica that
 *     drips would else hold a transfer for ever. What has come is kept.
 * @param busy before it is asked again after it had too much to do
 */
record Patience(
    Duration connect, Duration read, Duration neighbour, Duration whole, Duration busy) {
  static final Patience USUAL =
      new Patience(
          Duration.ofSeconds(2),
          Duration.ofSeconds(10),
          Duration.ofSeconds(4),
          Duration.ofSeconds(60),
          Duration.ofSeconds(1));
}
