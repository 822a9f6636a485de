package io.pilothouse.processes;

import io.pilothouse.manifests.ProcessSpec.Limits;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;

/**
 * A controller of version 1, or several that are mounted together.
 *
 * @param root of this machine's groups
 */
record CgroupV1(Path root, Set<Control> controls) implements Hierarchy {
  private static final String MEMORY = "memory.limit_in_bytes";
  private static final String WITH_SWAP = "memory.memsw.limit_in_bytes";

  /** The kernel's own of a group of which nothing is said, and what it takes. */
  private static final double SHARES = 1024;

  private static final long LEAST_SHARES = 2;
  private static final long MOST_SHARES = 1 << 18;

  CgroupV1 {
    controls = Set.copyOf(controls);
  }

  @Override
  public void open() throws IOException {
    Files.createDirectories(root);
  }

  @Override
  public void limit(Path group, Limits limits) throws IOException {
    for (Control control : controls) {
      switch (control) {
        case CPU -> {
          if (limits.cpus().isPresent()) {
            write(group, "cpu.cfs_period_us", PERIOD);
            write(group, "cpu.cfs_quota_us", Hierarchy.quota(limits.cpus().get()));
          }
        }
        case MEMORY -> {
          if (limits.memory().isPresent()) {
            memory(group, limits.memory().get());
          }
        }
        case PIDS -> {
          if (limits.pids().isPresent()) {
            write(group, "pids.max", limits.pids().getAsInt());
          }
        }
      }
    }
  }

  private static void memory(Path group, long bytes) throws IOException {
    Path both = group.resolve(WITH_SWAP);
    // with swap it would be slow for hours instead of gone
    boolean swaps = Files.exists(both);
    boolean more = swaps && Long.parseLong(Files.readString(both).strip()) < bytes;
    if (more) {
      write(group, WITH_SWAP, bytes); // never below the other
    }
    write(group, MEMORY, bytes);
    if (swaps && !more) {
      write(group, WITH_SWAP, bytes);
    }
  }

  @Override
  public void lift(Path group, Control control) throws IOException {
    switch (control) {
      case CPU -> write(group, "cpu.cfs_quota_us", -1);
      case MEMORY -> {
        if (Files.exists(group.resolve(WITH_SWAP))) {
          write(group, WITH_SWAP, -1); // never below the other
        }
        write(group, MEMORY, -1);
      }
      case PIDS -> Files.writeString(group.resolve("pids.max"), "max");
    }
  }

  @Override
  public void weigh(Path group, double cpus) throws IOException {
    if (controls.contains(Control.CPU)) {
      long shares = Math.round(SHARES * cpus);
      write(group, "cpu.shares", Math.clamp(shares, LEAST_SHARES, MOST_SHARES));
    }
  }

  /** The kernel writes a number near the largest where there is no limit. */
  @Override
  public long memory(Path group) throws IOException {
    return Long.parseLong(Files.readString(group.resolve(MEMORY)).strip());
  }

  @Override
  public void stopForks(Path group) throws IOException {
    if (controls.contains(Control.PIDS)) {
      write(group, "pids.max", 0);
    }
  }

  @Override
  public long outOfMemory(Path group) throws IOException {
    return controls.contains(Control.MEMORY)
        ? Hierarchy.number(group.resolve("memory.oom_control"), "oom_kill")
        : 0;
  }

  @Override
  public long memoryPeak(Path group) throws IOException {
    return Hierarchy.number(group.resolve("memory.max_usage_in_bytes"));
  }

  @Override
  public long forksRefused(Path group) throws IOException {
    return Hierarchy.number(group.resolve("pids.events"), "max");
  }

  private static void write(Path group, String file, long value) throws IOException {
    Files.writeString(group.resolve(file), Long.toString(value));
  }
}
