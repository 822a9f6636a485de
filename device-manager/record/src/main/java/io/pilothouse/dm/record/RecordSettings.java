package io.pilothouse.dm.record;

import java.time.Duration;

/**
 * How much is recorded, and when it gives way.
 *
 * @param segmentBytes of entries; then a new segment begins
 * @param segmentAge on the log's clock; then a new segment begins
 * @param keepBytes of all segments together; above it the oldest go
 * @param keepAge on the log's clock; segments that ended longer ago go
 * @param freeBytes recording pauses while its file system has less left: the Device Manager's own
 *     log and database need it more
 * @param queueBytes of entries that wait for the disk; beyond it the segment ends
 * @param retryAfter from an error of the disk to the next try
 * @param syncEvery entries younger than this may be lost with the machine's power
 */
public record RecordSettings(
    long segmentBytes,
    Duration segmentAge,
    long keepBytes,
    Duration keepAge,
    long freeBytes,
    long queueBytes,
    Duration retryAfter,
    Duration syncEvery) {

  private static final long MIB = 1 << 20;

  /** What is used when nobody says otherwise. */
  public static final RecordSettings DEFAULT =
      new RecordSettings(
          64 * MIB,
          Duration.ofDays(1),
          1024 * MIB,
          Duration.ofDays(30),
          256 * MIB,
          32 * MIB,
          Duration.ofSeconds(30),
          Duration.ofSeconds(5));

  /** The same with another retention. */
  public RecordSettings keeping(long bytes, Duration age) {
    return new RecordSettings(
        segmentBytes, segmentAge, bytes, age, freeBytes, queueBytes, retryAfter, syncEvery);
  }
}
