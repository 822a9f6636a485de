package io.pilothouse.mesos.stream;

/** Of an answer to SUBSCRIBE: events, or why there are none. */
sealed interface Body permits EventPieces, Body.Text {

  /** The scheduler's words. */
  record Text(String text) implements Body {}
}
