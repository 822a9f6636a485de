package io.pilothouse.scheduler.core;

/** Since the start; for metrics. */
final class Counts {
  long revoked;
  long offers;
  long declined;
  long rescinded;
  long launched;
  long refusedTasks;
  long operations;
  long updates;
  long acknowledged;
}
