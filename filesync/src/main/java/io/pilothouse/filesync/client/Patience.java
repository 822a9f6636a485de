package io.pilothouse.filesync.client;

import java.time.Duration;

/**
 * How long a replica may take before another is asked.
 *
 * @param connect to accept a connection
 * @param read to send the next bytes
 * @param whole to send all bytes of one answer, without our own throttle's waits: a replica that
 *     drips would else hold a transfer for ever. What has come is kept.
 * @param busy before it is asked again after it had too much to do
 */
record Patience(Duration connect, Duration read, Duration whole, Duration busy) {
  static final Patience USUAL =
      new Patience(
          Duration.ofSeconds(2),
          Duration.ofSeconds(10),
          Duration.ofSeconds(60),
          Duration.ofSeconds(1));
}
