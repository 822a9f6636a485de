package io.pilothouse.dm.record;

/**
 * How recording goes.
 *
 * @param stopped why nothing is recorded now; empty when all is well
 * @param since when that began, milliseconds since the epoch
 * @param bytes of all segments
 * @param gaps times that entries were not recorded since the start of the process
 */
public record RecordStatus(String stopped, long since, long bytes, long gaps) {

  /** Whether entries are recorded. */
  public boolean isRecording() {
    return stopped.isEmpty();
  }
}
