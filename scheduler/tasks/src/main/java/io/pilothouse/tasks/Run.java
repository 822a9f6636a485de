package io.pilothouse.tasks;

import io.pilothouse.tasks.lending.Usage;
import java.io.IOException;
import java.util.List;

/**
 * Processes of a task or an executor, whose end is to be seen to. Called under the monitor of
 * {@link Tasks} but for {@link #clear} and {@link #forget}, which wait for processes.
 */
interface Run {
  String container();

  /** What it may have on the disk; none while it does not run. */
  List<DiskQuota> quotas();

  /** It has too much of something, and is to end for that. */
  void exceeded(Cause cause);

  /** What it has of processors, and has used of them. */
  Usage.Load load();

  /** Whether it ended, and that is not written down yet. */
  boolean endsNow();

  /** Its end could not be seen to: later. */
  void postpone();

  /** Waits for what it left behind. */
  void clear() throws IOException, InterruptedException;

  /** It is gone: says how. */
  void ended() throws IOException;

  /** Removes its groups, and its container, once nothing of it runs; waits for the kernel. */
  void forget() throws IOException, InterruptedException;
}
