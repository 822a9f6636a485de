package io.pilothouse.tasks;

import io.pilothouse.mesos.v1.TaskState;
import io.pilothouse.mesos.v1.TaskStatus.Reason;
import java.io.IOException;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;

/** How a command ended, in the words that frameworks know (wait(2), strsignal(3)). */
final class Ending {
  /** Above it, a status is that of a signal (sh(1)). */
  private static final int SIGNALLED = 128;

  private static final Map<Integer, String> SIGNALS =
      Map.ofEntries(
          Map.entry(1, "Hangup"),
          Map.entry(2, "Interrupt"),
          Map.entry(3, "Quit"),
          Map.entry(4, "Illegal instruction"),
          Map.entry(6, "Aborted"),
          Map.entry(7, "Bus error"),
          Map.entry(8, "Floating point exception"),
          Map.entry(9, "Killed"),
          Map.entry(10, "User defined signal 1"),
          Map.entry(11, "Segmentation fault"),
          Map.entry(12, "User defined signal 2"),
          Map.entry(13, "Broken pipe"),
          Map.entry(14, "Alarm clock"),
          Map.entry(15, "Terminated"),
          Map.entry(24, "CPU time limit exceeded"),
          Map.entry(25, "File size limit exceeded"));

  private Ending() {}

  /**
   * {@code Command exited with status 1}.
   *
   * @param who it was
   */
  static String words(String who, OptionalInt status) {
    if (status.isEmpty()) {
      return who + " ended, and nobody saw how";
    }
    int value = status.getAsInt();
    int signal = value - SIGNALLED;
    return signal > 0 && signal <= 64
        ? who + " terminated with signal " + SIGNALS.getOrDefault(signal, Integer.toString(signal))
        : who + " exited with status " + value;
  }

  /** Why the tasks of an executor are over that nobody ended. */
  static Cause ofExecutor(Container processes) throws IOException {
    Optional<Cause> outOfMemory = processes.outOfMemory();
    return outOfMemory.isPresent()
        ? outOfMemory.get()
        : new Cause(
            TaskState.TASK_FAILED, Reason.REASON_EXECUTOR_TERMINATED, processes.words("Executor"));
  }

  /** The same as wait(2) gives it; what nobody saw was killed, as far as anybody can tell. */
  static int waited(OptionalInt status) {
    int value = status.orElse(SIGNALLED + 9);
    int signal = value - SIGNALLED;
    return signal > 0 && signal <= 64 ? signal : value << 8;
  }
}
