package io.pilothouse.processes;

import io.pilothouse.manifests.ProcessSpec.Limits;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalLong;
import java.util.Set;

/**
 * A controller of version 1, or several that are mounted together.
 *
 * @param root of this machine's groups
 */
record CgroupV1(Path root, Set<Control> controls) implements Hierarchy {
  private static final String MEMORY = "memory.limit_in_bytes";
  private static final long SHARES = 1024;
  private static final long LEAST_SHARES = 10;

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
    Path both = group.resolve("memory.memsw.limit_in_bytes");
    // with swap it would be slow for hours instead of gone
    boolean swaps = Files.exists(both);
    boolean more = swaps && Long.parseLong(Files.readString(both).strip()) < bytes;
    if (more) {
      write(group, "memory.memsw.limit_in_bytes", bytes); // never below the other
    }
    write(group, MEMORY, bytes);
    if (swaps && !more) {
      write(group, "memory.memsw.limit_in_bytes", bytes);
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

  /** As little as Mesos gives to what is revocable. */
  @Override
  public void weigh(Path group, boolean least) throws IOException {
    if (controls.contains(Control.CPU)) {
      write(group, "cpu.shares", least ? LEAST_SHARES : SHARES);
    }
  }

  /** Counted by a controller that is mostly mounted with that of processors, but need not be. */
  @Override
  public OptionalLong processorTime(Path group) throws IOException {
    Path file = group.resolve("cpuacct.usage");
    return Files.exists(file)
        ? OptionalLong.of(Long.parseLong(Files.readString(file).strip()))
        : OptionalLong.empty();
  }

  @Override
  public long outOfMemory(Path group) throws IOException {
    return controls.contains(Control.MEMORY)
        ? Hierarchy.number(group.resolve("memory.oom_control"), "oom_kill")
        : 0;
  }

  private static void write(Path group, String file, long value) throws IOException {
    Files.writeString(group.resolve(file), Long.toString(value));
  }
}
