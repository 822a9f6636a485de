package io.pilothouse.processes;

import io.pilothouse.manifests.ProcessSpec.Limits;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The control groups of this machine's processes, where the kernel and the agent's rights allow.
 */
public final class Cgroups {
  private static final Logger log = LoggerFactory.getLogger(Cgroups.class);

  /** Where this program's mounts are told (proc(5)). */
  public static final Path MOUNTS = Path.of("/proc/self/mountinfo");

  private static final int MOUNT_POINT = 4;

  private final List<Hierarchy> hierarchies;

  /** Why what is not limited is not; empty when all is. */
  private final String missing;

  private Cgroups(List<Hierarchy> hierarchies, String missing) {
    this.hierarchies = List.copyOf(hierarchies);
    this.missing = missing;
  }

  /** A machine without any. */
  public static Cgroups none(String why) {
    return new Cgroups(List.of(), why);
  }

  /**
   * Looks for what is mounted and can be written.
   *
   * @param mounts {@link #MOUNTS}
   * @param machine path of this machine's groups below each mount
   */
  public static Cgroups find(Path mounts, String machine) {
    List<Hierarchy> found = new ArrayList<>();
    Set<String> reasons = new TreeSet<>();
    try {
      for (Hierarchy each : mounted(mounts, machine)) {
        try {
          each.open();
          found.add(each);
        } catch (IOException e) {
          reasons.add("%s cannot be used (%s)".formatted(each.root(), e.getMessage()));
        }
      }
    } catch (IOException e) {
      reasons.add("%s cannot be read (%s)".formatted(mounts, e.getMessage()));
    }
    Set<Control> limited = controls(found);
    if (limited.size() < Control.values().length && reasons.isEmpty()) {
      reasons.add("the kernel has no such control group mounted");
    }
    String missing = String.join("; ", reasons);
    log.info("limits that are enforced: {}{}", limited, missing.isEmpty() ? "" : ": " + missing);
    return new Cgroups(found, missing);
  }

  private static List<Hierarchy> mounted(Path mounts, String machine) throws IOException {
    List<Hierarchy> found = new ArrayList<>();
    for (String line : Files.readAllLines(mounts)) {
      String[] fields = line.split(" ", -1);
      int type = Arrays.asList(fields).indexOf("-") + 1;
      if (type < 1 || fields.length < type + 3) {
        continue;
      }
      Path mount = Path.of(fields[MOUNT_POINT]);
      if (fields[type].equals("cgroup2")) {
        Set<Control> all =
            named(Files.readString(mount.resolve("cgroup.controllers")).split("\\s"));
        found.addFirst(new CgroupV2(mount, mount.resolve(machine), all));
      } else if (fields[type].equals("cgroup")) {
        Set<Control> all = named(fields[type + 2].split(","));
        if (!all.isEmpty()) {
          found.add(new CgroupV1(mount.resolve(machine), all));
        }
      }
    }
    return found;
  }

  private static Set<Control> named(String[] words) {
    Set<Control> controls = EnumSet.noneOf(Control.class);
    Set<String> all = new HashSet<>(Arrays.asList(words));
    for (Control each : Control.values()) {
      if (all.contains(each.controller())) {
        controls.add(each);
      }
    }
    return controls;
  }

  private static Set<Control> controls(List<Hierarchy> hierarchies) {
    Set<Control> all = EnumSet.noneOf(Control.class);
    hierarchies.forEach(each -> all.addAll(each.controls()));
    return all;
  }

  /** Which of the limits are not enforced here, and why; empty when all are. */
  public Optional<String> notEnforced(Limits limits) {
    Set<Control> unmet = asked(limits);
    unmet.removeAll(controls(hierarchies));
    return unmet.isEmpty()
        ? Optional.empty()
        : Optional.of(
            "%s not enforced: %s"
                .formatted(String.join(", ", unmet.stream().map(Control::key).toList()), missing));
  }

  /** Whether processor time is counted in the groups of those whose processors are limited. */
  public boolean countsProcessorTime() throws IOException {
    for (Hierarchy each : hierarchies) {
      boolean holdsThem = each instanceof CgroupV2 || each.controls().contains(Control.CPU);
      Path group = each.root();
      while (!Files.isDirectory(group) && group.getParent() != null) {
        group = group.getParent(); // the machine's own goes with its last process
      }
      if (holdsThem && each.processorTime(group).isPresent()) {
        return true;
      }
    }
    return false;
  }

  static Set<Control> asked(Limits limits) {
    Set<Control> asked = EnumSet.noneOf(Control.class);
    limits.cpus().ifPresent(each -> asked.add(Control.CPU));
    limits.memory().ifPresent(each -> asked.add(Control.MEMORY));
    limits.pids().ifPresent(each -> asked.add(Control.PIDS));
    return asked;
  }

  /** The groups of a process, made if they are not there; empty on a machine without any. */
  public Optional<Cgroup> make(String process, Limits limits) throws IOException {
    Optional<Cgroup> group = of(process, asked(limits));
    if (group.isPresent()) {
      group.get().make(limits);
    }
    return group;
  }

  /**
   * The same with a share of the processors, whether they are limited or not.
   *
   * @param cpus see {@link Cgroup#weigh}
   */
  public Optional<Cgroup> make(String process, Limits limits, double cpus) throws IOException {
    Set<Control> asked = asked(limits);
    asked.add(Control.CPU);
    Optional<Cgroup> group = of(process, asked);
    if (group.isPresent()) {
      group.get().make(limits);
      group.get().weigh(cpus);
    }
    return group;
  }

  /** The groups that a process is in, after an agent restart; empty when it is in none. */
  public Optional<Cgroup> holding(long pid, String process) throws IOException {
    List<Cgroup.Part> parts = new ArrayList<>();
    for (Hierarchy each : hierarchies) {
      Cgroup.Part part = new Cgroup.Part(each, each.root().resolve(process));
      if (part.pids().contains(pid)) {
        parts.add(part);
      }
    }
    return parts.isEmpty() ? Optional.empty() : Optional.of(new Cgroup(parts));
  }

  /** The groups that a process had that is gone, where it left some; empty when there are none. */
  public Optional<Cgroup> left(String process) {
    List<Cgroup.Part> parts = new ArrayList<>();
    for (Hierarchy each : hierarchies) {
      Path group = each.root().resolve(process);
      if (Files.isDirectory(group)) {
        parts.add(new Cgroup.Part(each, group));
      }
    }
    return parts.isEmpty() ? Optional.empty() : Optional.of(new Cgroup(parts));
  }

  /** One group at least, to find what a process starts, and one for each of these. */
  private Optional<Cgroup> of(String process, Set<Control> asked) {
    if (hierarchies.isEmpty()) {
      return Optional.empty();
    }
    List<Cgroup.Part> parts = new ArrayList<>();
    for (Hierarchy each : hierarchies) {
      boolean limiting = each.controls().stream().anyMatch(asked::contains);
      if (parts.isEmpty() || limiting) {
        parts.add(new Cgroup.Part(each, each.root().resolve(process)));
      }
    }
    return Optional.of(new Cgroup(parts));
  }

  /** Kills what is left in groups of processes that are not among these, and removes the groups. */
  public void retain(Set<String> processes) throws IOException, InterruptedException {
    for (Hierarchy hierarchy : hierarchies) {
      if (!Files.isDirectory(hierarchy.root())) {
        continue;
      }
      List<Path> others;
      try (Stream<Path> list = Files.list(hierarchy.root())) {
        others =
            list.filter(Files::isDirectory)
                .filter(each -> !processes.contains(each.getFileName().toString()))
                .toList();
      }
      for (Path each : others) {
        log.info("{} is of no process that is wanted: removed", each);
        Cgroup left = new Cgroup(List.of(new Cgroup.Part(hierarchy, each)));
        left.kill();
        left.remove();
      }
      if (processes.isEmpty() && Cgroup.isRemoved(hierarchy.root())) {
        // that of all machines goes with the last of them
        Cgroup.isRemoved(hierarchy.root().getParent());
      }
    }
  }
}
