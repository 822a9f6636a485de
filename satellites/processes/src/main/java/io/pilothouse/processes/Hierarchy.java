package io.pilothouse.processes;

import io.pilothouse.manifests.ProcessSpec.Limits;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;

/**
 * A tree of control groups: the one of version 2, or the one of a controller of version 1. Both are
 * directories with files to write; they differ in the files' names.
 */
public sealed interface Hierarchy permits CgroupV1, CgroupV2 {
  /** The kernel's period of processor time, in microseconds. */
  long PERIOD = 100_000;

  /** The kernel refuses less, in microseconds a period. */
  long LEAST_QUOTA = 1000;

  /** The group of this machine's processes, with a group for each of them below it. */
  Path root();

  /** What can be limited here. */
  Set<Control> controls();

  /** Makes the group of this machine. */
  void open() throws IOException;

  /** Sets the limits that this hierarchy has the controllers for. */
  void limit(Path group, Limits limits) throws IOException;

  /** Removes a limit. */
  void lift(Path group, Control control) throws IOException;

  /**
   * How much of the processors the group has among its siblings when there are too few for all.
   *
   * @param cpus that it was given; a group of which nothing is said counts as one with 1
   */
  void weigh(Path group, double cpus) throws IOException;

  /** Bytes that the group may have at most; the largest number for as much as there is. */
  long memory(Path group) throws IOException;

  /** Has the group start no other process, so that it can be killed. */
  void stopForks(Path group) throws IOException;

  /** How often the kernel killed one of the group for its memory. */
  long outOfMemory(Path group) throws IOException;

  /** Bytes that the group had at most; 0 where the kernel does not tell. */
  long memoryPeak(Path group) throws IOException;

  /** How often the kernel refused the group another process; 0 where it does not tell. */
  long forksRefused(Path group) throws IOException;

  /** Processor time a period. */
  static long quota(double cpus) {
    return Math.max(LEAST_QUOTA, Math.round(cpus * PERIOD));
  }

  /** The only number of a file; 0 without it. */
  static long number(Path file) throws IOException {
    return Files.exists(file) ? Long.parseLong(Files.readString(file).strip()) : 0;
  }

  /** The number behind a word of a file with a word and a number a line; 0 without it. */
  static long number(Path file, String word) throws IOException {
    if (!Files.exists(file)) {
      return 0; // an older kernel, or the group is gone
    }
    return Files.readAllLines(file).stream()
        .filter(each -> each.startsWith(word + " "))
        .mapToLong(each -> Long.parseLong(each.substring(word.length() + 1).strip()))
        .findFirst()
        .orElse(0);
  }
}
