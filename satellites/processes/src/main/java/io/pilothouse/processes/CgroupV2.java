package io.pilothouse.processes;

import io.pilothouse.manifests.ProcessSpec.Limits;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * The tree of version 2.
 *
 * @param mount where it is mounted
 * @param root of this machine's groups, below it
 * @param controls that it has; version 1 may have taken some, or all
 */
record CgroupV2(Path mount, Path root, Set<Control> controls) implements Hierarchy {
  private static final String MEMORY = "memory.max";

  /** The kernel's own of a group of which nothing is said, and what it takes. */
  private static final double WEIGHT = 100;

  private static final long LEAST_WEIGHT = 1;
  private static final long MOST_WEIGHT = 10_000;

  CgroupV2 {
    controls = Set.copyOf(controls);
  }

  /** A group has the controllers that each of those above it hands down. */
  @Override
  public void open() throws IOException {
    Files.createDirectories(root);
    if (controls.isEmpty()) {
      return;
    }
    String wanted =
        controls.stream()
            .map(each -> "+" + each.controller())
            .sorted()
            .collect(Collectors.joining(" "));
    List<Path> above = new ArrayList<>();
    for (Path each = root; each != null && each.startsWith(mount); each = each.getParent()) {
      above.addFirst(each);
    }
    for (Path each : above) {
      Files.writeString(each.resolve("cgroup.subtree_control"), wanted);
    }
  }

  @Override
  public void limit(Path group, Limits limits) throws IOException {
    if (controls.contains(Control.CPU) && limits.cpus().isPresent()) {
      write(group, "cpu.max", Hierarchy.quota(limits.cpus().get()) + " " + PERIOD);
    }
    if (controls.contains(Control.MEMORY) && limits.memory().isPresent()) {
      write(group, MEMORY, Long.toString(limits.memory().get()));
      // with swap it would be slow for hours instead of gone
      write(group, "memory.swap.max", "0");
      // without one of its processes the others are of no use
      write(group, "memory.oom.group", "1");
    }
    if (controls.contains(Control.PIDS) && limits.pids().isPresent()) {
      write(group, "pids.max", Integer.toString(limits.pids().getAsInt()));
    }
  }

  @Override
  public void lift(Path group, Control control) throws IOException {
    switch (control) {
      case CPU -> write(group, "cpu.max", "max " + PERIOD);
      case MEMORY -> write(group, MEMORY, "max");
      case PIDS -> write(group, "pids.max", "max");
    }
  }

  @Override
  public void weigh(Path group, double cpus) throws IOException {
    if (controls.contains(Control.CPU)) {
      long weight = Math.clamp(Math.round(WEIGHT * cpus), LEAST_WEIGHT, MOST_WEIGHT);
      write(group, "cpu.weight", Long.toString(weight));
    }
  }

  @Override
  public long memory(Path group) throws IOException {
    String most = Files.readString(group.resolve(MEMORY)).strip();
    return most.equals("max") ? Long.MAX_VALUE : Long.parseLong(most);
  }

  @Override
  public void stopForks(Path group) throws IOException {
    Path kill = group.resolve("cgroup.kill");
    if (Files.exists(kill)) {
      Files.writeString(kill, "1"); // since Linux 5.14, all at once
    } else if (controls.contains(Control.PIDS)) {
      write(group, "pids.max", "0");
    }
  }

  @Override
  public long outOfMemory(Path group) throws IOException {
    return Hierarchy.number(group.resolve("memory.events"), "oom_kill");
  }

  @Override
  public long memoryPeak(Path group) throws IOException {
    return Hierarchy.number(group.resolve("memory.peak")); // since Linux 5.19
  }

  @Override
  public long forksRefused(Path group) throws IOException {
    return Hierarchy.number(group.resolve("pids.events"), "max");
  }

  private static void write(Path group, String file, String value) throws IOException {
    Files.writeString(group.resolve(file), value);
  }
}
